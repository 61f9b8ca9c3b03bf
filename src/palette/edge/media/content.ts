/** Content bundles: Zstandard archives in folders that are called content-…, as the Palette Edge CLI makes them. */
import { usage } from '../../../errors.ts';
import { withoutTrailing } from '../../../formats/trailing.ts';
import type { Files } from '../../../host/ports.ts';
import { cannotRead } from '../../../host/system-error.ts';
import type { FileChange } from '../../../iso/edit/patch-plan.ts';
import { contentFolder } from './places.ts';

export interface Bundle {
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** `split --bytes=3GB`, as CanvOS cuts bundles into parts. */
export const partSize = 3_000_000_000;

/**
 * The bundles of folders, or of folders content-… in them, and those that are named themselves. Throws OpsError (usage)
 * `content-missing`, `content-invalid`, `content-twice`; (refused) `content-unreadable`.
 */
export async function findBundles(files: Files, given: readonly string[]): Promise<readonly Bundle[]> {
  const bundles: Bundle[] = [];
  for (const place of given) {
    const paths = await bundlesAt(files, place);
    if (paths.length === 0)
      throw usage('content-missing', `${place} has no content bundle`, {
        hint: 'Name a .zst file, a folder with such files, or one with folders content-… in it.',
      });
    for (const path of paths) bundles.push(await checkedBundle(files, path));
  }
  const names = bundles.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw usage('content-twice', `Two content bundles are called ${twice}`, { hint: 'Rename one of them.' });
  return bundles;
}

async function bundlesAt(files: Files, place: string): Promise<readonly string[]> {
  const real = await files.realPath(place).catch((cause) => Promise.reject(unreadable(place, cause)));
  if ((await files.stat(real))?.type === 'file') return [place];
  const folder = withoutTrailing(place, '/');
  const own = await zstFiles(files, folder);
  if (own.length > 0) return own;
  const below = (await files.list(folder)).filter((name) => name.startsWith('content-'));
  return (await Promise.all(below.map((name) => zstFiles(files, `${folder}/${name}`)))).flat();
}

async function zstFiles(files: Files, folder: string): Promise<readonly string[]> {
  if ((await files.stat(await files.realPath(folder)))?.type !== 'directory') return [];
  return (await files.list(folder))
    .filter((name) => name.endsWith('.zst'))
    .map((name) => `${folder}/${name}`);
}

const unreadable = (place: string, cause: unknown) => cannotRead('content-unreadable', place, cause);

async function checkedBundle(files: Files, given: string): Promise<Bundle> {
  const name = given.slice(given.lastIndexOf('/') + 1);
  let head: Uint8Array;
  let size: number;
  const path = await files.realPath(given);
  try {
    const file = await files.open(path, 'r');
    try {
      head = await file.read(0, 4);
      size = file.size;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(given, cause);
  }
  if (!name.endsWith('.zst') || !isZstandard(head))
    throw usage('content-invalid', `${given} is not a content bundle: expected a .zst file`, {
      hint: 'Build it with `palette-edge build` of the Palette Edge CLI.',
    });
  return { name, path, size };
}

/** A frame, or a skippable one (RFC 8878, 3.1.1 and 3.1.2); little-endian. */
function isZstandard(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}

/** Whether a name on the image is that of the bundle or of one of its parts. */
export const isOfBundle = (bundle: string, name: string): boolean =>
  name === bundle || (name.startsWith(`${bundle}_part`) && /^\d{2,}$/.test(name.slice(bundle.length + 5)));

/** In parts (NAME_part00, …) what is longer than one, and everything when `split`. `part` is the length of one, in bytes. */
export function bundleChanges(
  { name, path, size }: Bundle,
  split: boolean,
  part = partSize,
): readonly FileChange[] {
  const target = `${contentFolder}/${name}`;
  if (!split && size <= part) return [{ path: target, content: { kind: 'file', path, size } }];
  const changes: FileChange[] = [];
  for (let start = 0; start < size || changes.length === 0; start += part)
    changes.push({
      path: `${target}_part${String(changes.length).padStart(2, '0')}`,
      content: { kind: 'file', path, start, size: Math.min(part, size - start) },
    });
  return changes;
}
