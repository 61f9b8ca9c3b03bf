/** What other people's tools put into images: Joliet, deep folders, catalogues, partition tables, second trees. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { endOf } from '../../../src/formats/byte-range.ts';
import { type ByteSource, fromBytes } from '../../../src/formats/bytes.ts';
import { allTrees } from '../../../src/formats/iso9660/all-trees.ts';
import {
  bootInfoChecksum,
  decodeBootInfoTable,
  platforms,
  readBootCatalogue,
} from '../../../src/formats/iso9660/el-torito.ts';
import { readHybrid } from '../../../src/formats/iso9660/hybrid.ts';
import { type Iso, openIso } from '../../../src/formats/iso9660/image.ts';
import { gapsBetween, usedExtents } from '../../../src/formats/iso9660/layout.ts';
import { readPathTable } from '../../../src/formats/iso9660/path-table.ts';
import type { Tree } from '../../../src/formats/iso9660/tree.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { damaged, fileSource, onlyRefuses, temporaryFolder, tool } from '../support.ts';
import { deepFolder, type Maker, makers, makeTree } from './images.ts';

interface Made {
  readonly file: string;
  readonly source: ByteSource;
  readonly iso: Iso;
}

const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Each image is made once. */
function makeImage(maker: Maker, files = 60): string {
  const place = join(folder, `${maker}-${files}`.replaceAll(/\W/g, '-'));
  const file = join(place, 'image.iso');
  if (!existsSync(file)) {
    mkdirSync(place);
    makers[maker](file, makeTree(place, files));
  }
  return file;
}

async function make(t: ExecutionContext, maker: Maker, files?: number): Promise<Made> {
  const file = makeImage(maker, files);
  const source = await fileSource(t, file);
  return { file, source, iso: await openIso(source) };
}

const every = test.macro({
  exec: async (t, maker: Maker, check: (t: ExecutionContext, made: Made) => Promise<void>) =>
    check(t, await make(t, maker)),
  title: (name = '', maker) => `${maker}: ${name}`,
});

async function paths(tree: Tree): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of tree.walk()) found.push(path);
  return found;
}

const text = async (tree: Tree, path: string) => Buffer.from(await tree.readFile(path)).toString();

for (const maker of Object.keys(makers) as Maker[]) {
  test('all trees hold the same files', every, maker, async (t, { source, iso }) => {
    for (const tree of await allTrees(source, iso)) {
      t.is(await text(tree, `${deepFolder}/file`), 'deep');
      t.is(await text(tree, 'Überraschung – 驚き.txt'), 'names');
      t.is(await text(tree, 'many/file-number-59'), '59');
      t.is((await tree.list('many')).length, 60);
      if (tree.rockRidge) t.is((await tree.stat('link/file-number-7'))?.path, 'many/file-number-7');
    }
  });

  test('a walk gives what xorriso lists', every, maker, async (t, { file, iso }) => {
    const theirs = tool('xorriso', '-indev', file, '-find', '/', '-exec', 'echo', '--')
      .split('\n')
      .filter((line) => line.startsWith("'/") && line !== "'/'")
      .map((line) => line.slice(2, -1));
    t.deepEqual((await paths(iso)).toSorted(), theirs.toSorted());
  });

  test('the records that entries name are theirs', every, maker, async (t, { source, iso }) => {
    for (const tree of await allTrees(source, iso)) {
      for await (const entry of tree.walk()) {
        for (const [index, record] of entry.records.entries()) {
          const bytes = Buffer.from(await source.read(record.offset, record.length));
          const extent = entry.extents[index];
          t.is(bytes[0], record.length);
          // A moved folder's record says nothing of where it lies.
          if (entry.type !== 'file' || extent === undefined) continue;
          t.is(bytes.readUInt32LE(2) * 2048 + tree.volume.form.origin, extent.offset);
          t.is(bytes.readUInt32BE(14), extent.length);
        }
      }
      for (const path of ['', 'many']) {
        const { self, parent, sectors, entry } = await tree.folder(path);
        t.is(self?.extent.offset, entry.extents[0]?.offset);
        t.truthy(parent);
        t.is(sectors.length * 2048, entry.size);
        for (const { offset, used } of sectors) {
          const rest = await source.read(offset + used, 2048 - used);
          t.true(rest.every((byte) => byte === 0));
          t.true((await source.read(offset + used - 1, 1)).length === 1 && used > 0);
        }
      }
    }
  });

  test('path tables agree with the folders', every, maker, async (t, { source, iso }) => {
    for (const tree of await allTrees(source, iso)) {
      const folders = new Set([tree.volume.root.extent.offset]);
      for await (const { type, extents } of tree.walk())
        if (type === 'directory') folders.add(extents[0]?.offset ?? -1);
      t.true(tree.volume.pathTables.length >= 2);
      for (const table of tree.volume.pathTables) {
        const listed = await readPathTable(source, table, tree.volume.form.origin);
        t.deepEqual([...new Set(listed.map(({ offset }) => offset))].sort(), [...folders].sort());
        t.true(listed.every(({ parent }) => parent >= 1 && parent <= listed.length));
      }
    }
  });

  test('nothing in a gap belongs to anything', every, maker, async (t, { file, source, iso }) => {
    const bytes = readFileSync(file);
    const read = async () => {
      const image = await openIso(fromBytes(bytes));
      const seen: unknown[] = [await readHybrid(fromBytes(bytes))];
      seen.push(await readBootCatalogue(fromBytes(bytes), image.descriptors));
      for (const tree of await allTrees(fromBytes(bytes), image))
        for await (const entry of tree.walk())
          seen.push(entry, entry.type === 'file' ? sha256Of(await tree.readFile(entry.path)) : '');
      return seen;
    };
    const before = await read();
    const used = await usedExtents(source, iso);
    for (const gap of gapsBetween(used, source.size)) bytes.fill(0xa5, gap.offset, endOf(gap));
    t.deepEqual(await read(), before);
    const listed = tool('xorriso', '-indev', file, '-find', '/', '-exec', 'report_lba', '--');
    for (const [, start, blocks] of listed.matchAll(/^File data lba: +\d+ , +(\d+) , +(\d+) ,/gm)) {
      const [offset, size] = [Number(start) * 2048, Number(blocks) * 2048];
      if (size === 0) continue;
      t.true(used.some((known) => known.offset <= offset && endOf(known) > offset));
    }
  });
}

const kinds = test.macro({
  exec: async (t, maker: Maker, expected: readonly string[]) => {
    const { source, iso } = await make(t, maker);
    const trees = await allTrees(source, iso);
    t.deepEqual(
      trees.map(({ volume }) => `${volume.kind} at ${volume.form.origin}`),
      expected,
    );
  },
  title: (_, maker) => `the trees of ${maker}`,
});
test(kinds, 'genisoimage', ['iso9660 at 0', 'joliet at 0']);
test(kinds, 'xorriso, hybrid with Joliet', ['iso9660 at 0', 'joliet at 0']);
test(kinds, 'xorriso with a partition of its own', ['iso9660 at 0', 'iso9660 at 32768']);
test(kinds, 'grub-mkrescue', ['iso9660 at 0']);

for (const maker of ['genisoimage', 'xorriso, hybrid with Joliet'] as const) {
  test(`${maker}: the Joliet tree is the one that isoinfo lists`, async (t) => {
    const { file, iso } = await make(t, maker);
    const tree = await iso.tree('joliet');
    t.truthy(tree);
    // It knows no UTF-8: the one name beyond ASCII is compared elsewhere.
    const ascii = (path: string) => !path.includes('berraschung');
    const theirs = tool('isoinfo', '-J', '-f', '-i', file)
      .split('\n')
      .filter((line) => line.startsWith('/'))
      .map((line) => line.slice(1));
    const ours = tree === undefined ? [] : await paths(tree);
    t.is(ours.length, theirs.length);
    t.deepEqual(ours.filter(ascii).toSorted(), theirs.filter(ascii).toSorted());
  });
}

test('the boot images of grub-mkrescue', async (t) => {
  const { source, iso } = await make(t, 'grub-mkrescue');
  const catalogue = await readBootCatalogue(source, iso.descriptors);
  t.deepEqual(
    catalogue?.images.map(({ platform, bootable, emulation }) => ({ platform, bootable, emulation })),
    [
      { platform: platforms.pc, bootable: true, emulation: 0 },
      { platform: platforms.efi, bootable: true, emulation: 0 },
    ],
  );
  t.deepEqual(catalogue?.faults, []);
  t.is((await iso.stat('efi.img'))?.extents[0]?.offset, catalogue?.images[1]?.offset);
});

for (const maker of ['genisoimage', 'xorriso, hybrid with Joliet'] as const) {
  test(`${maker}: the boot info table is found and right`, async (t) => {
    const { source, iso } = await make(t, maker);
    const [image] = (await readBootCatalogue(source, iso.descriptors))?.images ?? [];
    t.is(image?.loadSectors, 4);
    const bytes = await iso.readFile('isolinux/boot.img');
    const table = decodeBootInfoTable(bytes);
    t.is((table?.imageSector ?? 0) * 2048, image?.offset ?? -1);
    t.is(table?.size, bytes.length);
    t.is(table?.checksum, bootInfoChecksum(bytes));
  });
}

test('partition tables and HFS+ of grub-mkrescue', async (t) => {
  const { file, source } = await make(t, 'grub-mkrescue');
  const { mbr, gpt, apm, hfs, faults } = await readHybrid(source);
  t.true(mbr?.protective);
  t.deepEqual(gpt?.faults, []);
  const shown = tool('sgdisk', '--print', file);
  for (const { firstLba, lastLba } of gpt?.table.partitions ?? [])
    t.regex(shown, new RegExp(`^ +\\d+ +${firstLba} +${lastLba} `, 'm'));
  t.is(gpt?.table.partitions.length, 4);
  t.is(apm?.blockSize, 2048);
  t.true(apm?.partitions.some(({ type }) => type === 'Apple_HFS'));
  t.is(hfs.length, 1);
  t.deepEqual(faults, []);
});

test('HFS without a partition table', async (t) => {
  const place = temporaryFolder(t);
  const file = join(place, 'image.iso');
  writeFileSync(join(place, 'some-file'), 'x');
  tool('genisoimage', '-quiet', '-R', '-hfs', '-o', file, join(place, 'some-file'));
  const source = await fileSource(t, file);
  t.deepEqual((await readHybrid(source)).hfs, [{ offset: 0, length: source.size }]);
});

test('a GPT whose second copy is cut off is told', async (t) => {
  const file = join(temporaryFolder(t), 'image.iso');
  copyFileSync(makeImage('grub-mkrescue'), file);
  const { size } = await fileSource(t, file);
  truncateSync(file, size - 64 * 1024);
  const source = await fileSource(t, file);
  await t.throwsAsync(openIso(source), { code: 'iso-truncated' });
  const iso = await openIso(source, 'it', { allowTruncated: true });
  t.true(iso.size > source.size);
  const { gpt, faults } = await readHybrid(source);
  t.regex([...(gpt?.faults ?? []), ...faults].join(), /backup table: missing|is not within/);
});

test('a folder of 5,000 files', async (t) => {
  const { iso } = await make(t, 'xorriso, hybrid with Joliet', 5000);
  for (const kind of ['iso9660', 'joliet'] as const) {
    const tree = await iso.tree(kind);
    t.is((await tree?.list('many'))?.length, 5000);
    t.is(tree && (await text(tree, 'many/file-number-4999')), '4999');
  }
});

test('damage anywhere in the structures never throws but a refusal, and always ends', async (t) => {
  for (const maker of ['genisoimage', 'grub-mkrescue'] as const) {
    const { file, source, iso } = await make(t, maker, 3);
    const structures = (await usedExtents(source, iso)).filter(
      ({ what, length }) => what !== 'file' && what !== 'partition' && length < 100_000,
    );
    const bytes = readFileSync(file);
    const spots = fc
      .tuple(fc.constantFrom(...structures), fc.nat(2047))
      .map(([{ offset, length }, spot]) => offset + Math.min(spot, length - 1));
    await fc.assert(
      fc.asyncProperty(damaged(bytes, spots), async (copy) => {
        const hurt = fromBytes(copy);
        await onlyRefuses(() => readHybrid(hurt));
        await onlyRefuses(async () => {
          const image = await openIso(hurt, 'it', { allowTruncated: true });
          await onlyRefuses(() => readBootCatalogue(hurt, image.descriptors));
          await onlyRefuses(() => usedExtents(hurt, image));
          for (const { pathTables } of image.descriptors.volumes)
            for (const table of pathTables) await onlyRefuses(() => readPathTable(hurt, table));
        });
      }),
      { numRuns: 150 },
    );
  }
  t.pass();
});

test('folders that lie over one another end in a refusal', async (t) => {
  const { file, iso } = await make(t, 'xorriso with a partition of its own', 5000);
  const bytes = readFileSync(file);
  // Every file of the folder becomes a folder that begins one sector after the last one and takes all the rest.
  const { children } = await iso.folder('many');
  const start = (await iso.stat('many'))?.extents[0];
  t.truthy(start);
  for (const [index, { records }] of children.entries()) {
    const at = records[0]?.offset ?? 0;
    const sector = Math.floor((start?.offset ?? 0) / 2048) + 1 + (index % 30);
    bytes.writeUInt32LE(sector, at + 2);
    bytes.writeUInt32LE((start?.length ?? 0) - (1 + (index % 30)) * 2048, at + 10);
    bytes.writeUInt8(0x02, at + 25);
  }
  const image = await openIso(fromBytes(bytes));
  await t.throwsAsync(paths(image), { code: 'iso-invalid', message: /overlap|contains itself/ });
});
