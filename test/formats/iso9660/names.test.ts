/** How many names lead to a content: as the whole walk counts them, in images with hard links, and in damaged ones. */
import { linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type ByteSource, fromBytes } from '../../../src/formats/bytes.ts';
import { allTrees } from '../../../src/formats/iso9660/all-trees.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { namesAt } from '../../../src/formats/iso9660/names.ts';
import { runs } from '../../properties.ts';
import { damaged, fileSource, onlyRefuses, temporaryFolder } from '../support.ts';
import { deepFolder, type Maker, makers, makeTree } from './images.ts';

async function counted(t: ExecutionContext, source: ByteSource): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const tree of await allTrees(source, await openIso(source))) {
    const walked = new Map<number, number>();
    const files: [path: string, offset: number][] = [];
    for await (const { path, type, extents, size } of tree.walk()) {
      const [extent] = extents;
      // Links and empty files share a place that holds nothing of theirs.
      if (type !== 'file' || extent === undefined || size === 0) continue;
      walked.set(extent.offset, (walked.get(extent.offset) ?? 0) + 1);
      files.push([path, extent.offset]);
    }
    // An image of GRUB has hundreds of modules, each of which would be looked for in all folders.
    const some = files.filter(
      ([path, offset], index) =>
        index % 7 === 0 || files.length < 100 || (walked.get(offset) ?? 0) > 1 || path === 'vmlinuz',
    );
    for (const [path, offset] of some) {
      const names = await namesAt(source, tree.volume, offset, 'x.iso');
      t.is(names, walked.get(offset) ?? 0, `${tree.volume.kind}: ${path}`);
      found.set(path, names);
    }
  }
  return found;
}

for (const maker of Object.keys(makers) as Maker[])
  test(`as many as a walk finds: ${maker}`, async (t) => {
    const folder = temporaryFolder(t);
    const tree = makeTree(folder);
    for (const path of ['grub.cfg', 'many/again.cfg', `${deepFolder}/deep.cfg`]) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      linkSync(join(tree, 'boot/grub/grub.cfg'), join(tree, path));
    }
    const iso = join(folder, 'image.iso');
    makers[maker](iso, tree);
    const names = await counted(t, await fileSource(t, iso));
    t.is(names.get('boot/grub/grub.cfg'), 4);
    t.is(names.get('vmlinuz'), 1);
  });

test('hostile images are refused', async (t) => {
  const corpus = join(import.meta.dirname, 'corpus');
  const count = async (bytes: Uint8Array) => {
    const source = fromBytes(bytes);
    const { descriptors } = await openIso(source, 'x.iso');
    for (const volume of descriptors.volumes) await namesAt(source, volume, 40 * 2048, 'x.iso');
  };
  for (const name of readdirSync(corpus))
    await onlyRefuses(() => count(gunzipSync(readFileSync(join(corpus, name)))));
  const sound = gunzipSync(readFileSync(join(corpus, 'sound.iso.gz')));
  const spots = fc.integer({ min: 16 * 2048, max: sound.length - 1 });
  await fc.assert(
    fc.asyncProperty(damaged(sound, spots), (bytes) => onlyRefuses(() => count(bytes))),
    { numRuns: runs(200) },
  );
  t.pass();
});
