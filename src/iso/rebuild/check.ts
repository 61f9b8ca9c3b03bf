/** Reads an image that other programs have written: their exit code does not say whether it boots. */
import { OpsError } from '../../errors.ts';
import { platforms, readBootCatalogue } from '../../formats/iso9660/el-torito.ts';
import { type IsoEntry, openIso, type Tree } from '../../formats/iso9660/image.ts';
import type { Host } from '../../host/ports.ts';
import type { PreparedEdits } from '../edit/edits.ts';
import { type Image, openImage } from '../image.ts';
import { readStructure } from '../inspect/structure.ts';
import { sourcePath, sourceTree } from './names.ts';

/**
 * Throws OpsError `iso-rebuild-broken` (undone) unless every file that was asked for is there with its bytes, and the
 * image boots on all that the old one booted on, or (grub-mkrescue) on BIOS and UEFI.
 */
export async function checkRebuilt(
  host: Host,
  before: Image,
  edits: PreparedEdits,
  path: string,
  method: 'rebuild' | 'grub-mkrescue',
): Promise<void> {
  const file = await host.files.open(path, 'r');
  try {
    const iso = await openIso(file);
    for (const { path: asked, content, link } of edits.files) {
      if (link !== undefined) continue;
      const name = method === 'rebuild' ? await sourcePath(before, asked) : asked;
      const entry = await iso.stat(name);
      const size = content?.kind === 'bytes' ? content.bytes.length : content?.size;
      if (entry?.size !== size)
        throw broken(`/${name} has ${entry?.size ?? 'no'} bytes instead of ${size ?? 'none'}`);
      if (content?.kind === 'bytes' && Buffer.compare(await iso.readFile(name), content.bytes) !== 0)
        throw broken(`/${name} has other bytes`);
    }
    const old = (await readBootCatalogue(before.source, before.iso.descriptors))?.images ?? [];
    const wanted = method === 'rebuild' ? old.map(({ platform }) => platform) : [platforms.pc, platforms.efi];
    const now = ((await readBootCatalogue(file, iso.descriptors))?.images ?? []).filter(
      ({ offset }) => offset > 0,
    );
    for (const platform of wanted)
      if (!now.some((image) => image.platform === platform))
        throw broken(`it has no boot image for ${platform === platforms.efi ? 'UEFI' : 'BIOS'}`);
    if (method === 'rebuild') await compareWhole(before, await openImage(file, path), edits);
  } finally {
    await file.close();
  }
}

/** All that was not to change is there as it was, and no structure has a fault that the old image did not have. */
async function compareWhole(before: Image, after: Image, edits: PreparedEdits): Promise<void> {
  const tree = sourceTree(before);
  const changed: string[] = [];
  for (const { path } of edits.files) changed.push(await sourcePath(before, path));
  const isChanged = (path: string) => changed.some((name) => path === name || path.startsWith(`${name}/`));
  const catalogue = (await readBootCatalogue(before.source, before.iso.descriptors))?.extent.offset;
  const moved = new Set([...before.bootImages, ...(catalogue === undefined ? [] : [catalogue])]);
  for await (const old of tree.walk()) {
    // The catalogue is made anew, and boot images are told where they lie.
    const isBoot = old.type === 'file' && moved.has(old.extents[0]?.offset ?? -1);
    if (isChanged(old.path) || (isBoot && old.extents[0]?.offset === catalogue)) continue;
    const now = await entryAt(after.iso, old.path);
    if (now?.type !== old.type || now.target !== old.target || seenSize(now) !== seenSize(old))
      throw broken(`/${old.path} is not what it was`);
    if (old.type === 'file' && !isBoot && !(await sameContent(tree, after.iso, old.path)))
      throw broken(`/${old.path} has other bytes`);
  }
  for (const { volume } of before.trees)
    if (volume.form.origin === 0 && !after.trees.some((other) => other.volume.kind === volume.kind))
      throw broken(`it has no ${volume.kind} tree`);
  const known = new Set((await readStructure(before.source, before.iso, 'the image')).faults);
  const { faults } = await readStructure(after.source, after.iso, 'the image', { contents: true });
  const fault = faults.find((found) => !known.has(found));
  if (fault !== undefined) throw broken(fault);
}

/** Without following it when it is a link. */
async function entryAt(tree: Tree, path: string): Promise<IsoEntry | undefined> {
  const above = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if ((await tree.stat(above))?.type !== 'directory') return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (await tree.list(above)).find((entry) => entry.path.slice(entry.path.lastIndexOf('/') + 1) === name);
}

const readAtOnce = 2 ** 20;

const seenSize = ({ type, size, zisofs }: IsoEntry): number =>
  type === 'directory' ? 0 : (zisofs?.size ?? size);

async function sameContent(before: Tree, after: Tree, path: string): Promise<boolean> {
  const [left, right] = [await before.open(path), await after.open(path)];
  for (let offset = 0; offset < left.size; offset += readAtOnce) {
    const [a, b] = [await left.read(offset, readAtOnce), await right.read(offset, readAtOnce)];
    if (Buffer.compare(a, b) !== 0) return false;
  }
  return true;
}

const broken = (why: string) =>
  new OpsError('undone', 'iso-rebuild-broken', `The new image is damaged: ${why}`, {
    hint: 'The old image is untouched. If you gave --method, leave it out: few changes need a rebuild.',
  });
