/** What goes onto an edge installer, as a request to the remaster engine once the image is open. */
import { usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { FileChange } from '../../../iso/edit/patch-plan.ts';
import { sourceOf, withContents } from '../../../iso/edit/write-pieces.ts';
import type { Image } from '../../../iso/image.ts';
import type { Content } from '../../../iso/pieces.ts';
import type { RemasterRequest } from '../../../iso/request.ts';
import { type Bundle, bundleChanges, isOfBundle } from './content.ts';
import {
  clusterConfigPath,
  contentFolder,
  customConfigPath,
  requireInstaller,
  userDataPlaces,
} from './places.ts';

export interface EdgeFiles {
  readonly userData?: Uint8Array;
  readonly content: readonly Bundle[];
  readonly clusterConfig?: Content;
  readonly customConfig?: Uint8Array;
}

export interface EdgeOptions {
  /** All bundles in parts, as CanvOS has them since 4.4, and not only what is longer than a part. */
  readonly split: boolean;
  /** What is there is replaced. */
  readonly replace: boolean;
  /** The image need not look like an edge installer. */
  readonly force: boolean;
}

/**
 * Throws OpsError (refused) `not-edge-installer`, (usage) `iso-name-exists` for what is there with other content. What is
 * there already as it is given is left alone; of an engine that is asked for nothing `iso-nothing-to-do` comes.
 */
export async function edgeRequest(
  host: Host,
  image: Image,
  name: string,
  files: EdgeFiles,
  options: EdgeOptions,
): Promise<RemasterRequest> {
  if (!options.force) await requireInstaller(image, name);
  const put: FileChange[] = [];
  const remove = new Set<string>();
  const single = async (places: readonly string[], content: Content | undefined) => {
    if (content === undefined) return;
    const there = await present(image, places);
    const [place = places[0] ?? ''] = there;
    if (there.length === 1 && (await isSame(host, image, place, content))) return;
    for (const path of there) remove.add(path);
    put.push({ path: place, content });
  };
  await single(userDataPlaces, bytesOf(files.userData));
  await single([customConfigPath], bytesOf(files.customConfig));
  await single([clusterConfigPath], files.clusterConfig);
  const names = await namesIn(image, contentFolder);
  const split = options.split || names.some((other) => /\.zst_part\d{2,}$/.test(other));
  for (const bundle of files.content) {
    const there = names.filter((other) => isOfBundle(bundle.name, other));
    const changes = bundleChanges(bundle, split);
    if (there.length === changes.length && (await areSame(host, image, changes))) continue;
    for (const other of there) remove.add(`${contentFolder}/${other}`);
    put.push(...changes);
  }
  if (remove.size > 0 && !options.replace) throw exists(name, [...remove]);
  return { menu: { append: [], delete: [], replace: [] }, add: [], remove: [...remove], put };
}

const bytesOf = (bytes: Uint8Array | undefined): Content | undefined =>
  bytes === undefined ? undefined : { kind: 'bytes', bytes };

const exists = (name: string, paths: readonly string[]) =>
  usage(
    'iso-name-exists',
    `${name} already has ${paths.length === 1 ? `/${paths[0]}` : 'some of these files'}`,
    {
      details: paths.length === 1 ? [] : paths.map((path) => `there: /${path}`),
      hint: 'Give --replace to put yours in their place.',
    },
  );

async function present({ iso }: Image, places: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const place of places) if ((await iso.stat(place)) !== undefined) found.push(place);
  return found;
}

async function namesIn({ iso }: Image, folder: string): Promise<readonly string[]> {
  if ((await iso.stat(folder))?.type !== 'directory') return [];
  return (await iso.list(folder)).map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
}

async function areSame(host: Host, image: Image, changes: readonly FileChange[]): Promise<boolean> {
  for (const { path, content } of changes)
    if (content === undefined || !(await isSame(host, image, path, content))) return false;
  return true;
}

/** Compared at a time: bundles have gigabytes. */
const piece = 2 ** 20;

async function isSame(host: Host, { iso }: Image, path: string, content: Content): Promise<boolean> {
  const entry = await iso.stat(path);
  const size = content.kind === 'bytes' ? content.bytes.length : content.size;
  if (entry?.type !== 'file' || entry.size !== size) return false;
  const there = await iso.open(path);
  return withContents(host.files, async (open) => {
    const given = await sourceOf(content, open);
    for (let offset = 0; offset < size; offset += piece) {
      const length = Math.min(piece, size - offset);
      const [old, own] = [await there.read(offset, length), await given.read(offset, length)];
      if (Buffer.compare(old, own) !== 0) return false;
    }
    return true;
  });
}
