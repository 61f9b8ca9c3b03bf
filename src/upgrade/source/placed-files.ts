/**
 * Which files of a source a node lacks, and under which names they go to it. A version whose name the node has with
 * other content gets a name of its own: what a deployment is started from is never written over. Pure.
 */
import { type Component, components, type Deployment } from '../../boot/deployment.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Manifest, ManifestFile } from '../../media/manifest.ts';

/** A file to copy: where it lies in the source, and where it goes. */
export interface FileToCopy extends ManifestFile {
  /** The path in the source. */
  readonly from: string;
}

export interface Placement {
  readonly deployment: Deployment;
  /** All files of the deployment, as the node will have them. */
  readonly files: readonly ManifestFile[];
  /** Those that it lacks. */
  readonly copy: readonly FileToCopy[];
}

/**
 * Where the files of `source` go on a node with the manifest `node` and the deployment `current`. `wanted` are the
 * components to take from the source; the others stay as they are.
 */
export function placeFiles(
  source: Manifest,
  node: Manifest,
  current: Deployment,
  wanted: readonly Component[],
): Placement {
  const placed = components.map((component) => placeComponent(component, source, node, current, wanted));
  const [kernel, os, dcp] = placed.map(({ version }) => version);
  return {
    deployment: { kernel: kernel ?? current.kernel, os: os ?? current.os, dcp: dcp ?? null },
    files: placed.flatMap(({ files }) => files),
    copy: placed.flatMap(({ copy }) => copy),
  };
}

interface PlacedComponent {
  readonly version: string | null;
  readonly files: readonly ManifestFile[];
  readonly copy: readonly FileToCopy[];
}

function placeComponent(
  component: Component,
  source: Manifest,
  node: Manifest,
  current: Deployment,
  wanted: readonly Component[],
): PlacedComponent {
  const version = source[component];
  if (!wanted.includes(component) || version === null) {
    // A source without DCP does not take it away.
    const kept = current[component];
    return { version: kept, files: kept === null ? [] : filesIn(node, component, kept), copy: [] };
  }
  const files = filesIn(source, component, version);
  const name = nameFor(component, version, files, node);
  const renamed = files.map((file) => ({
    ...file,
    path: file.path.replace(folderOf(component, version), folderOf(component, name)),
    from: file.path,
  }));
  const there = contentOf(component, name, filesIn(node, component, name)) !== '';
  const plain = renamed.map(({ from: _, ...file }) => file);
  return { version: name, files: plain, copy: there ? [] : renamed };
}

/** The version itself, unless the node has something else of that name. */
function nameFor(
  component: Component,
  version: string,
  files: readonly ManifestFile[],
  node: Manifest,
): string {
  const content = contentOf(component, version, files);
  const isFree = (name: string) => {
    const found = contentOf(component, name, filesIn(node, component, name));
    return found === '' || found === content;
  };
  if (isFree(version)) return version;
  const digest = sha256Of(Buffer.from(content));
  // The first eight digits tell contents of one version apart; were they the same, more do.
  const lengths = [8, 16, 64].map((length) => `${version}+${digest.slice(0, length)}`);
  return lengths.find(isFree) ?? version;
}

const folderOf = (component: Component, version: string) => `bos/system/${component}/${version}/`;

const filesIn = ({ files }: Manifest, component: Component, version: string): ManifestFile[] =>
  files.filter(({ path }) => path.startsWith(folderOf(component, version)));

/** The names, sizes and digests in a version's folder; empty for none. */
const contentOf = (component: Component, version: string, files: readonly ManifestFile[]): string =>
  files
    .map(({ path, size, sha256 }) => `${path.slice(folderOf(component, version).length)} ${size} ${sha256}\n`)
    .toSorted()
    .join('');
