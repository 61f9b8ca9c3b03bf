/** What an image says of its own size: everything in it lies before that end, also behind padding and partitions. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import type { Method } from '../../../src/iso/pieces.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { makeDebian, makeMemtest, newFoldersIn, writeTree } from '../media.ts';
import { change } from './edit-support.ts';

/** The image with as many bytes behind it, which its volume knows nothing of. */
function padded(iso: string, bytes: number): string {
  appendFileSync(iso, Buffer.alloc(bytes));
  return iso;
}

/** A volume that is declared too short for the padding that it has, as isohybrid and others leave it. */
function shortened(iso: string, bytes: number): string {
  const image = readFileSync(iso);
  for (let sector = 16; image[sector * 2048] !== 255; sector += 1) {
    const place = sector * 2048 + 80;
    if (image[sector * 2048] !== 1 && image[sector * 2048] !== 2) continue;
    const blocks = image.readUInt32LE(place) - bytes / 2048;
    image.writeUInt32LE(blocks, place);
    image.writeUInt32BE(blocks, place + 4);
  }
  writeFileSync(iso, image);
  return iso;
}

/** Where each volume ends, and where the last of its files does. */
async function ends(t: ExecutionContext, iso: string): Promise<{ volume: number; files: number }> {
  const { descriptors, walk } = await openIso(await fileSource(t, iso));
  let files = 0;
  for await (const { extents } of walk())
    for (const { offset, length } of extents) files = Math.max(files, offset + length);
  const sizes = descriptors.volumes.map(({ size }) => size);
  t.is(new Set(sizes).size, 1);
  return { volume: sizes[0] ?? 0, files };
}

const makers = {
  'genisoimage with padding behind it': (folder: string) => padded(makeMemtest(folder), 2 ** 20),
  'an isohybrid image': (folder: string) => padded(makeDebian(folder), 2 ** 20),
  'a volume that leaves its padding out': (folder: string) => shortened(makeMemtest(folder), 150 * 2048),
};

for (const [what, make] of Object.entries(makers))
  for (const method of ['same-room', 'padding', 'append'] as const satisfies readonly Method[])
    test(`${what}, ${method}: the volume reaches as far as its files`, async (t) => {
      const iso = make(newFoldersIn(temporaryFolder(t))('image'));
      const source = join(temporaryFolder(t), 'file');
      writeFileSync(source, Buffer.alloc(100_000, 'x'));
      const request =
        method === 'same-room' ? { menu: { append: ['x=1'] } } : { add: [{ source, path: 'new' }] };
      await change(iso, { ...request, method });
      const { volume, files } = await ends(t, iso);
      t.true(files <= volume, `${files} ${volume}`);
      t.true(volume <= readFileSync(iso).length);
      // The padding has moved the end away from the GPT's second copy.
      const { faults } = await verifyIso(await fileSource(t, iso), 'image');
      t.deepEqual(
        faults.filter((fault) => fault !== 'GPT, backup table: not at the end of the disk'),
        [],
      );
      if (method !== 'same-room') t.is(tool('isoinfo', '-R', '-i', iso, '-x', '/new').length, 100_000);
    });

test('verify finds what lies behind the volume', async (t) => {
  const folder = temporaryFolder(t);
  const iso = join(folder, 'a.iso');
  const tree = writeTree(join(folder, 'tree'), { big: Buffer.alloc(200_000, 'x') });
  tool('genisoimage', '-quiet', '-R', '-no-pad', '-o', iso, tree);
  t.deepEqual((await verifyIso(await fileSource(t, iso), 'a.iso')).faults, []);
  shortened(iso, 20 * 2048);
  const { faults } = await verifyIso(await fileSource(t, iso), 'a.iso');
  t.regex(faults.join(), /^\/big is past the end of the volume, which says that it has \d+ bytes$/);
});
