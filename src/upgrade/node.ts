/** What an upgrade knows of the node that it works on. */
import { join } from 'node:path';
import {
  boardKernel,
  components,
  type Deployment,
  deploymentIn,
  foldersOf,
  namedDeployment,
} from '../boot/deployment.ts';
import { noReturnVariable, renderBootEnvironment } from '../boot/environment.ts';
import { readInstalledEnvironment, statePath } from '../boot/installed-environment.ts';
import { type Try, triesOf, triesVariable } from '../boot/trial.ts';
import { bootRecordPath, parseBootRecord } from '../disk/probe/boot-record.ts';
import { OpsError, refused } from '../errors.ts';
import { parseEnvironmentBlock } from '../formats/boot-config/grubenv.ts';
import type { Host } from '../host/ports.ts';
import { type Manifest, type ManifestFile, manifestPath, parseManifest } from '../media/manifest.ts';
import { type NodeMenu, readMenu } from './menu.ts';
import { readUpgradeRecord, type UpgradeRecord } from './record.ts';
import { readStaged, type Staged } from './staged.ts';

export interface Node {
  /** Where the root of the node is: `/`, or the folder at which a container sees it. */
  readonly root: string;
  /** BOS_STATE, mounted. */
  readonly state: string;
  readonly devices: { readonly state: string; readonly esp: string };
  /** What was started. */
  readonly running: Deployment;
  /** What is started next, and what the boot loader goes back to. */
  readonly current: Deployment;
  readonly previous: Deployment | undefined;
  readonly tries: readonly Try[];
  readonly menu: NodeMenu;
  /** GRUB can write the boot environment, and the menu counts starts or can be made to. */
  readonly countsBoots: boolean;
  readonly variables: ReadonlyMap<string, string>;
  /** Folders of versions that are on the disk: `bos/system/os/0.1.0`. */
  readonly folders: readonly string[];
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly record: UpgradeRecord;
  readonly staged: Staged | undefined;
}

/**
 * Reads all of that. Throws OpsError (refused): `not-bhojpur-os`, `not-installed`, `manifest-missing`,
 * `manifest-invalid`; (broken) `environment-missing`, `upgrade-record`.
 */
export async function readNode(host: Host, root: string): Promise<Node> {
  const { files } = host;
  const boot = await bootRecordOf(host, root);
  const state = join(root, statePath);
  if (boot.state === '')
    throw refused('not-installed', 'This is a live system: there is no installation to upgrade', {
      hint: 'Start the machine from its disk. `opsctl install` installs this version.',
    });
  const devices = { state: boot.state, esp: boot.esp ?? '' };
  const environment = await readInstalledEnvironment(host, root, devices);
  const variables = parseEnvironmentBlock(renderBootEnvironment(environment));
  const { kernel, os, dcp } = environment;
  const current: Deployment = { kernel, os, dcp };
  const manifestText = await manifestOf(host, state);
  // On a board it is no boot loader that counts starts, but what comes after it (os/board).
  const menu: NodeMenu =
    kernel === boardKernel
      ? { kind: 'counts' }
      : await readMenu(host, state, devices.esp === '' ? '' : join(root, devices.esp));
  return {
    ...{ root, state, devices },
    running: namedDeployment(boot),
    current,
    previous: deploymentIn(variables, 'previous'),
    tries: triesOf(variables.get(triesVariable)),
    menu,
    countsBoots: menu.kind !== 'changed' && variables.get(noReturnVariable.name) !== noReturnVariable.value,
    variables,
    folders: await foldersIn(host, state),
    manifest: parseManifest(manifestText, `/${manifestPath}`),
    manifestText,
    record: await readUpgradeRecord(files, root),
    staged: await readStaged(files, state),
  };
}

async function bootRecordOf({ files }: Host, root: string) {
  const path = join(root, bootRecordPath);
  let text: string;
  try {
    text = await files.readText(path);
  } catch (cause) {
    throw refused('not-bhojpur-os', `${root === '/' ? 'This system' : root} is not a running Bhojpur OS`, {
      cause,
      details: [`${path} is missing`],
      hint: 'Run it on a node. In a container, mount the root of the node and name it: --destination /host/bos/system.',
    });
  }
  return parseBootRecord(text);
}

async function manifestOf({ files }: Host, state: string): Promise<string> {
  const path = join(state, manifestPath);
  try {
    return await files.readText(path);
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    throw refused('manifest-missing', `The installation has no readable manifest (${path})`, {
      cause,
      hint: 'Install again over it: opsctl install.',
    });
  }
}

async function foldersIn({ files }: Host, state: string): Promise<string[]> {
  const found: string[] = [];
  for (const component of components)
    for (const name of await files.list(`${state}/bos/system/${component}`)) {
      const folder = `bos/system/${component}/${name}`;
      // The links beside them are for people.
      if ((await files.stat(`${state}/${folder}`))?.type === 'directory') found.push(folder);
    }
  return found;
}

/** Of these files those that the deployments are made of. */
export function filesOf<F extends Pick<ManifestFile, 'path'>>(
  files: readonly F[],
  deployments: readonly Deployment[],
): F[] {
  const folders = deployments.flatMap(foldersOf);
  return files.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
}

/** The deployment that is known to start: the one that runs, as far as it is one of this disk. */
export function provenOf({
  running,
  current,
  manifest,
}: Pick<Node, 'running' | 'current' | 'manifest'>): Deployment {
  return isListed(manifest, running) ? running : current;
}

/** Whether the manifest lists something of each of its components. */
export const isListed = ({ files }: Manifest, deployment: Deployment): boolean =>
  foldersOf(deployment).every((folder) => files.some(({ path }) => path.startsWith(`${folder}/`)));
