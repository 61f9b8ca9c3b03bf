/**
 * The steps of an upgrade, pure: the same input gives the same plan. The new versions lie beside the old ones and nothing
 * starts them; then one sector of the boot environment names them. A power cut at any moment leaves the old deployment or
 * the new one to be started, each of them whole.
 */
import { posix } from 'node:path';
import { type Deployment, deploymentText, foldersOf, variablesOf } from '../boot/deployment.ts';
import { newTrial, triesVariable } from '../boot/trial.ts';
import { type Manifest, manifestPath, renderManifest } from '../media/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import { deltaStep } from '../steps/files/copy-delta.ts';
import type { Step } from '../steps/index.ts';
import type { CheckedUpgrade } from './check.ts';
import { filesOf, type Node, provenOf } from './node.ts';
import type { FileToCopy } from './source/placed-files.ts';
import type { Source } from './source/source.ts';
import { renderStaged, type Staged, stagedPath } from './staged.ts';

/** Names of the plan. */
export const upgradeRefs = { root: 'node:root', state: 'mount:state', esp: 'part:esp' } as const;

export interface UpgradeInput extends CheckedUpgrade {
  readonly node: Node;
  readonly source: Source;
  readonly mode: 'commit' | 'stage';
  /** Tries of the new deployment, 1 to 9. */
  readonly tries: number;
  /** ISO 8601. */
  readonly at: string;
}

export function planUpgrade(input: UpgradeInput): Plan<Step> {
  const { node, source, placement, mode, pruneFirst } = input;
  const { deployment } = placement;
  const after = pruneFirst ? forgetful(node) : node;
  const base = pruneFirst ? withoutOld(node) : { manifest: node.manifest, text: node.manifestText };
  const steps = [
    ...(pruneFirst ? pruneSteps(node, base.text) : []),
    ...copySteps(source, placement.copy, node),
    ...manifestSteps(base, input),
    ...(mode === 'stage'
      ? [stagedStep(node.staged, stagedOf(input))]
      : commitSteps(after, deployment, input.tries)),
  ];
  return { v: 1, operation: 'upgrade', target: targetText(node, deployment), steps };
}

export const targetText = ({ current, devices }: Node, deployment: Deployment): string =>
  `${devices.state}: ${current.os} to ${deploymentText(deployment)}`;

/** Reads all of a deployment that is on the disk. */
export const verifyStep = (manifest: Manifest, deployment: Deployment): Step => ({
  ...{ id: 'verify-system', kind: 'verify-files', at: upgradeRefs.state },
  files: filesOf(manifest.files, [deployment]),
});

/** Copies what the node lacks and reads it back. */
function copySteps(source: Source, copy: readonly FileToCopy[], node: Node): Step[] {
  if (copy.length === 0) return [];
  const at = upgradeRefs.state;
  const folders = [...new Set(copy.map(({ path }) => posix.dirname(path)))].toSorted();
  const steps = copyFrom(source, copy, node);
  // A step that copies a squashfs by its blocks reads it back itself.
  const readBack = new Set(steps.flatMap((step) => (step.kind === 'copy-delta' ? [step.file.path] : [])));
  const files = copy
    .filter(({ path }) => !readBack.has(path))
    .map(({ from: _, ...file }) => file)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return [
    { id: 'claim-folders', kind: 'claim-folders', at, folders },
    ...steps,
    ...(files.length === 0 ? [] : [{ id: 'verify-system', kind: 'verify-files' as const, at, files }]),
  ];
}

/** Of a squashfs out of an image only what no squashfs of the node has is fetched. */
function copyFrom({ mediumRoot, image }: Source, copy: readonly FileToCopy[], node: Node): Step[] {
  const to = upgradeRefs.state;
  if (image === undefined) {
    const files = copy.map(({ from, ...file }) => (from === file.path ? file : { ...file, source: from }));
    return [{ id: 'copy-system', kind: 'copy-files', from: mediumRoot, to, files }];
  }
  const places = new Map(image.files.map((file) => [file.path, file]));
  const files = copy.flatMap(({ from, path }) => {
    const placed = places.get(from);
    return placed === undefined ? [] : [{ ...placed, path }];
  });
  // A digest of the whole image can be compared only by reading the whole image.
  if (image.sha256 !== null) return [{ id: 'copy-system', kind: 'copy-from-image', ...image, files, to }];
  const others = files.filter(({ path }) => !isSquashfs(path));
  return [
    ...(others.length === 0
      ? []
      : [{ id: 'copy-system', kind: 'copy-from-image' as const, ...image, files: others, to }]),
    ...files
      .filter(({ path }) => isSquashfs(path))
      .map((file) =>
        deltaStep(`copy-${posix.basename(file.path, '.squashfs')}`, { ref: image.image, files }, file, {
          ...{ to, locals: squashfsOn(node, posix.basename(file.path)) },
        }),
      ),
  ];
}

const isSquashfs = (path: string): boolean => path.endsWith('.squashfs');

/** Those of this name in the deployments of the node: the one that starts next is the most similar. */
const squashfsOn = ({ state, manifest, current }: Node, name: string): string[] =>
  [...filesOf(manifest.files, [current]), ...manifest.files]
    .filter(({ path }) => posix.basename(path) === name)
    .map(({ path }) => `${state}/${path}`)
    .filter((path, index, all) => all.indexOf(path) === index);

/** The manifest says what the installation has from now on. */
function manifestSteps(
  base: { readonly manifest: Manifest; readonly text: string },
  { node, placement, mode }: UpgradeInput,
): Step[] {
  const { deployment, files } = placement;
  const united = new Map([...base.manifest.files, ...files].map((file) => [file.path, file]));
  const manifest = { ...base.manifest, files: [...united.values()] };
  // What waits is not what starts: the versions stay those of today, and nothing goes.
  const text = mode === 'stage' ? renderManifest(manifest) : committedManifest(manifest, node, deployment);
  return text === base.text ? [] : [manifestStep('write-manifest', base.text, text)];
}

/** What is there after a commit: the new deployment, and the one that is known to start. */
const keptBy = (node: Node, deployment: Deployment): Deployment[] => [deployment, provenOf(node)];

/** The text of the manifest for that, of one that lists everything. */
export const committedManifest = (manifest: Manifest, node: Node, deployment: Deployment): string =>
  renderManifest({
    ...manifest,
    ...deployment,
    files: filesOf(manifest.files, keptBy(node, deployment)),
  });

export const manifestStep = (id: string, before: string, text: string): Step => ({
  ...{ id, kind: 'replace-file', at: upgradeRefs.state, path: manifestPath, mode: 0o644 },
  ...{ before, text },
});

/** `current` and `previous` of each component. */
export function linkStep(current: Deployment, previous: Deployment): Step {
  const links = Object.entries({ current, previous }).flatMap(([name, deployment]) =>
    foldersOf(deployment).map((folder) => ({
      path: `${posix.dirname(folder)}/${name}`,
      target: posix.basename(folder),
    })),
  );
  return { id: 'make-links', kind: 'make-links', at: upgradeRefs.state, links };
}

const stagedOf = ({ placement: { deployment }, source: { shown }, at }: UpgradeInput): Staged => ({
  ...{ v: 1, deployment, source: shown, at },
});

const stagedStep = (before: Staged | undefined, next: Staged | null): Step => ({
  ...{ id: 'write-staged', kind: 'replace-file', at: upgradeRefs.state, path: stagedPath, mode: 0o644 },
  before: before === undefined ? null : renderStaged(before),
  text: next === null ? null : renderStaged(next),
});

const removeStep = (id: string, folders: readonly string[]): Step => ({
  ...{ id, kind: 'remove-deployments', at: upgradeRefs.state, folders: [...folders] },
});

/** One sector names the new deployment; then what is older than the old one goes. */
export function commitSteps(node: Node, deployment: Deployment, tries: number): Step[] {
  const { countsBoots, staged } = node;
  const proven = provenOf(node);
  const changes = {
    ...variablesOf('current', deployment),
    ...variablesOf('previous', proven),
    ...(countsBoots ? { [triesVariable]: newTrial(tries) } : {}),
  };
  const obsolete = unusedFolders(node, keptBy(node, deployment));
  return [
    ...menuSteps(node),
    environmentStep('commit', node, `Boot ${deployment.os} from the next start on`, changes),
    linkStep(deployment, proven),
    ...(staged === undefined ? [] : [stagedStep(staged, null)]),
    ...(obsolete.length === 0 ? [] : [removeStep('remove-old', obsolete)]),
  ];
}

/** A menu that counts starts comes before anything is to be counted. */
function menuSteps({ menu, countsBoots }: Node): Step[] {
  if (menu.kind !== 'older' || !countsBoots) return [];
  const { path, before, text } = menu;
  if (path !== 'settings')
    return [{ id: 'replace-menu', kind: 'replace-menu', at: upgradeRefs.state, path, before, text }];
  const content = (words: string) => ({ from: 'text' as const, text: words });
  return [
    {
      ...{ id: 'replace-menu', kind: 'edit-settings', partition: upgradeRefs.esp },
      settings: { menu: content(text), config: content('') },
    },
  ];
}

/** Changes variables of the boot environment of the node; undefined removes one. */
export function environmentStep(
  id: string,
  { variables, devices }: Node,
  does: string,
  changes: Readonly<Record<string, string | undefined>>,
): Step {
  const names = Object.keys(changes);
  const values = (of: (name: string) => string | undefined) =>
    Object.fromEntries(names.map((name) => [name, of(name) ?? null]));
  return {
    ...{ id, kind: 'change-environment', root: upgradeRefs.root, at: upgradeRefs.state, devices, does },
    changes: values((name) => changes[name]),
    before: values((name) => variables.get(name)),
  };
}

/** Folders of versions on the disk that these deployments do not need, what a power cut has left among them. */
function unusedFolders({ folders }: Node, deployments: readonly Deployment[]): string[] {
  const kept = new Set(deployments.flatMap(foldersOf));
  return folders.filter((folder) => !kept.has(folder));
}

/** Without room for a third deployment the oldest one goes first: the boot loader forgets it before it is deleted. */
function pruneSteps(node: Node, text: string): Step[] {
  return [
    environmentStep('forget-previous', node, 'Change the boot menu: the oldest version leaves it', {
      ...variablesOf('previous', undefined),
    }),
    manifestStep('shorten-manifest', node.manifestText, text),
    removeStep('make-room', unusedFolders(node, [node.current, provenOf(node)])),
  ];
}

/** The node as it is after that. */
function forgetful(node: Node): Node {
  const gone = new Set(Object.keys(variablesOf('previous', undefined)));
  const left = [node.current, provenOf(node)].flatMap(foldersOf);
  return {
    ...node,
    manifest: withoutOld(node).manifest,
    folders: node.folders.filter((folder) => left.includes(folder)),
    variables: new Map([...node.variables].filter(([name]) => !gone.has(name))),
  };
}

function withoutOld(node: Node): { readonly manifest: Manifest; readonly text: string } {
  const files = filesOf(node.manifest.files, [node.current, provenOf(node)]);
  const manifest = { ...node.manifest, files };
  return { manifest, text: renderManifest(manifest) };
}
