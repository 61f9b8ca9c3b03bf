/** Tables of disks that were copied to larger ones, judged by sgdisk and sfdisk. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type Growth, grownGpt, grownMbr } from '../../../src/disk/layout/grow-table.ts';
import { layoutTable, wholeDiskLayout } from '../../../src/disk/layout/layout.ts';
import type { PlacedBytes } from '../../../src/formats/byte-range.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { encodeGpt } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { facts } from '../../install/fixtures.ts';

const MiB = 2 ** 20;

/** A disk of `from` bytes with three partitions and boot code, copied to one of `to` bytes. */
function copied(t: ExecutionContext, from: number, to: number): string {
  const file = join(temporaryFolder(t), 'disk');
  writeFileSync(file, '');
  truncateSync(file, from);
  tool('sgdisk', '-n', '1:2048:+1M', '-t', '1:ef02', '-n', '2:0:+4M', '-t', '2:ef00', '-n', '3:0:0', file);
  const bytes = Buffer.from(readFileSync(file).subarray(0, 512));
  bytes.fill(0x5a, 0, 440);
  write(file, [{ offset: 0, bytes }]);
  truncateSync(file, to);
  return file;
}

function write(file: string, pieces: readonly PlacedBytes[]): void {
  const all = readFileSync(file);
  for (const { offset, bytes } of pieces) all.set(bytes, offset);
  writeFileSync(file, all);
}

async function grow(file: string, number = 3): Promise<Growth> {
  const bytes = readFileSync(file);
  const reading = await decodeGpt(fromBytes(bytes), 512);
  if (reading === undefined) throw new Error('no GPT');
  return grownGpt(reading, bytes, number, bytes.length / 512);
}

test('the backup GPT moves to the end, the last partition follows, all else stays', async (t) => {
  const file = copied(t, 10 * MiB, 20 * MiB);
  const before = await decodeGpt(fromBytes(readFileSync(file)), 512);
  t.regex(before?.faults.join() ?? '', /backup table: not at the end/);
  const change = await grow(file);
  if (!('pieces' in change)) return t.fail();
  write(file, change.pieces);
  t.regex(tool('sgdisk', '-v', file), /No problems found/);
  const after = await decodeGpt(fromBytes(readFileSync(file)), 512);
  t.deepEqual(after?.faults, []);
  t.is(after?.table.diskGuid, before?.table.diskGuid);
  t.deepEqual(after?.table.partitions.slice(0, 2), before?.table.partitions.slice(0, 2));
  const [, , third] = after?.table.partitions ?? [];
  t.deepEqual({ ...third, lastLba: 0 }, { ...before?.table.partitions[2], lastLba: 0 });
  t.is(third?.lastLba, (19 * MiB) / 512 - 1, 'the last whole MiB before the backup');
  t.true(readFileSync(file).subarray(0, 440).equals(Buffer.alloc(440, 0x5a)), 'boot code');
  t.deepEqual(await grow(file), { done: true });
});

test('cut off after each piece there is a table, and a second run completes it', async (t) => {
  const file = copied(t, 10 * MiB, 20 * MiB);
  const change = await grow(file);
  if (!('pieces' in change)) return t.fail();
  for (const count of change.pieces.keys()) {
    const cut = `${file}.${count}`;
    copyFileSync(file, cut);
    write(cut, change.pieces.slice(0, count));
    const again = await grow(cut);
    if ('pieces' in again) write(cut, again.pieces);
    t.regex(tool('sgdisk', '-v', cut), /No problems found/);
    t.true(readFileSync(cut).equals(Buffer.from(whole(file, change.pieces))), `${count}`);
  }
});

function whole(file: string, pieces: readonly PlacedBytes[]): Uint8Array {
  const all = readFileSync(file);
  for (const { offset, bytes } of pieces) all.set(bytes, offset);
  return all;
}

test('a partition behind it, a number that does not exist', async (t) => {
  const file = copied(t, 10 * MiB, 20 * MiB);
  t.deepEqual(await grow(file, 2), { cannot: 'partition 3 comes after partition 2' });
  t.deepEqual(await grow(file, 7), { cannot: 'the GPT has no partition 7' });
});

test('any larger disk: the partition never shrinks, the table is sound', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2.5e9, max: 4e9 }),
      fc.integer({ min: 0, max: 5e12 }),
      fc.constantFrom(512, 4096),
      async (from, more, sectorSize) => {
        const table = layoutTable(wholeDiskLayout(from, sectorSize), facts().ids);
        const { primary } = encodeGpt(table);
        const diskSectors = Math.floor((from + more) / sectorSize);
        const reading = { table: { ...table, diskSectors }, from: 'primary', faults: ['moved'] } as const;
        const change = grownGpt(reading, primary.bytes, 3, diskSectors);
        if (!('pieces' in change)) return t.fail();
        const [backup, first, mbr] = change.pieces;
        if (backup === undefined || first === undefined || mbr === undefined) return t.fail();
        t.is(backup.offset + backup.bytes.length, diskSectors * sectorSize);
        const source = {
          size: diskSectors * sectorSize,
          read: async (offset: number, length: number) => {
            const out = new Uint8Array(length);
            for (const piece of [primary, backup, first, mbr]) {
              const start = Math.max(offset, piece.offset);
              const end = Math.min(offset + length, piece.offset + piece.bytes.length);
              if (start < end)
                out.set(piece.bytes.subarray(start - piece.offset, end - piece.offset), start - offset);
            }
            return out;
          },
        };
        const after = await decodeGpt(source, sectorSize);
        t.deepEqual(after?.faults, []);
        const last = after?.table.partitions[2]?.lastLba ?? 0;
        t.true(last >= (table.partitions[2]?.lastLba ?? 0));
        t.true((diskSectors - last) * sectorSize < 3 * MiB);
      },
    ),
    { numRuns: 50 },
  );
});

test('an msdos table: one sector, boot code and the other entries stay', (t) => {
  const file = join(temporaryFolder(t), 'disk');
  writeFileSync(file, '');
  truncateSync(file, 10 * MiB);
  writeFileSync(`${file}.table`, 'label: dos\n,2MiB,L\n,,L\n');
  tool('sh', '-c', `sfdisk -q ${file} < ${file}.table`);
  truncateSync(file, 20 * MiB);
  const change = grownMbr(readFileSync(file), 2, (20 * MiB) / 512);
  if (!('pieces' in change)) return t.fail();
  write(file, change.pieces);
  const [first, second] = JSON.parse(tool('sfdisk', '--json', file)).partitiontable.partitions;
  t.like(first, { start: 2048, size: 4096 });
  t.like(second, { start: 6144, size: (20 * MiB) / 512 - 6144 });
  t.deepEqual(grownMbr(readFileSync(file), 2, (20 * MiB) / 512), { done: true });
  t.deepEqual(grownMbr(readFileSync(file), 1, (20 * MiB) / 512), {
    cannot: 'partition 2 comes after partition 1',
  });
  t.true('cannot' in grownMbr(new Uint8Array(512), 1, 1000));
});
