/** Looks at the image that a patch makes, with the reader, as it will be or as it now lies on the disk. */
import { OpsError } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { allTrees } from '../../formats/iso9660/all-trees.ts';
import { readBootCatalogue } from '../../formats/iso9660/el-torito.ts';
import { readHybrid } from '../../formats/iso9660/hybrid.ts';
import { openIso } from '../../formats/iso9660/image.ts';
import type { Image } from '../image.ts';
import { type Content, type Patch, sizeOf } from '../pieces.ts';
import type { Edits } from './patch-plan.ts';

/**
 * Throws OpsError `iso-remaster-unsound` (undone) when a file is not what it should be in one of the trees, the boot
 * images are not where they were, or a partition table has a fault that it did not have.
 */
export async function checkPatched(
  before: Image,
  after: ByteSource,
  edits: Edits,
  patch: Pick<Patch, 'newSize' | 'tables'>,
): Promise<void> {
  if (after.size !== patch.newSize) throw unsound(`it has ${after.size} bytes instead of ${patch.newSize}`);
  const iso = await openIso(after);
  if (edits.volumeId !== undefined && iso.volumeId !== edits.volumeId)
    throw unsound(`its volume is called ${iso.volumeId}`);
  // What no piece lies over is as it was.
  const same = patch.tables.length === 0 && patch.newSize === before.source.size;
  const hybrid = same ? before.hybrid : await readHybrid(after);
  // A folder that was taken away is there again when something was put into it.
  const madeAgain = (folder: string) =>
    edits.files.some(({ path, content }) => content !== undefined && path.startsWith(`${folder}/`));
  for (const tree of await allTrees(after, iso, 'the image', hybrid)) {
    for (const { path, content, link } of edits.files) {
      if (link !== undefined) continue;
      const entry = await tree.stat(path);
      if (content === undefined && entry !== undefined && !(entry.type === 'directory' && madeAgain(path)))
        throw unsound(`/${path} is still there`);
      if (content === undefined) continue;
      if (entry?.type !== 'file' || entry.size !== sizeOf(content))
        throw unsound(`/${path} has ${entry?.size ?? 'no'} bytes instead of ${sizeOf(content)}`);
      if (!(await sameBytes(await tree.open(path), content))) throw unsound(`/${path} has other bytes`);
    }
  }
  const catalogue = await readBootCatalogue(after, iso.descriptors);
  const images = catalogue?.images.map(({ offset }) => offset) ?? [];
  if (images.join() !== before.bootImages.join()) throw unsound('its boot catalogue has changed');
  const old = new Set(faultsOf(before.hybrid));
  const fault = faultsOf(hybrid).find((found) => !old.has(found));
  if (fault !== undefined) throw unsound(fault);
}

const faultsOf = ({ faults, gpt }: Image['hybrid']) => [...faults, ...(gpt?.faults ?? [])];

/** Content in files is compared when it is read back piece by piece; here its size must do. */
async function sameBytes(file: ByteSource, content: Content): Promise<boolean> {
  if (content.kind === 'file') return true;
  return Buffer.compare(await file.read(0, file.size), content.bytes) === 0;
}

const unsound = (why: string) =>
  new OpsError('undone', 'iso-remaster-unsound', `The changed ISO would be damaged: ${why}`, {
    hint: 'Try --method rebuild, and report this with the output of `opsctl iso inspect`.',
  });
