/** A table that grows with its disk, on bytes alone: what is written, in which order, and when nothing is. */
import test from 'ava';
import { type Growth, grownGpt, grownMbr } from '../../../src/disk/layout/grow-table.ts';
import { layoutTable, wholeDiskLayout } from '../../../src/disk/layout/layout.ts';
import { encodeGpt, type GptTable } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeMbr } from '../../../src/formats/partition-tables/mbr.ts';
import { facts } from '../../install/fixtures.ts';

const GiB = 2 ** 30;

/** The first sector of a disk with these primary partitions, by number. */
function mbrOf(partitions: Readonly<Record<number, { readonly first: number; readonly sectors: number }>>) {
  const sector = Buffer.alloc(512, 0);
  sector.write('boot code');
  for (const [number, { first, sectors }] of Object.entries(partitions)) {
    const entry = 446 + (Number(number) - 1) * 16;
    sector[entry + 4] = 0x83;
    sector.writeUInt32LE(first, entry + 8);
    sector.writeUInt32LE(sectors, entry + 12);
  }
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
const written = (growth: Growth) => ('pieces' in growth ? growth.pieces : []);

test('the last primary partition reaches the end of the disk, and nothing else of the sector changes', (t) => {
  const before = mbrOf({ 1: { first: 2048, sectors: 1000 }, 3: { first: 4096, sectors: 1000 } });
  const [piece, ...more] = written(grownMbr(before, 3, 100_000));
  t.deepEqual(more, []);
  t.is(piece?.offset, 0);
  const expected = mbrOf({ 1: { first: 2048, sectors: 1000 }, 3: { first: 4096, sectors: 100_000 - 4096 } });
  t.deepEqual(Buffer.from(piece?.bytes ?? []), expected);
});

test('a disk of more than 32 bits of sectors is used as far as they count', (t) => {
  const [piece] = written(grownMbr(mbrOf({ 1: { first: 2048, sectors: 1000 } }), 1, 2 ** 33));
  t.is(decodeMbr(piece?.bytes ?? new Uint8Array())?.partitions[0]?.sectors, 2 ** 32 - 1);
});

test('a partition that reaches the end stays, and one that cannot grow is told why', (t) => {
  const whole = mbrOf({ 1: { first: 2048, sectors: 8000 }, 2: { first: 20_000, sectors: 80_000 } });
  t.deepEqual(grownMbr(whole, 2, 100_000), { done: true });
  t.deepEqual(grownMbr(whole, 2, 90_000), { done: true }, 'the disk is smaller');
  t.true('pieces' in grownMbr(whole, 2, 100_001));
  t.deepEqual(grownMbr(whole, 1, 100_000), { cannot: 'partition 2 comes after partition 1' });
  const none = (number: number) => ({ cannot: `there is no partition table with a partition ${number}` });
  t.deepEqual(grownMbr(whole, 3, 100_000), none(3));
  t.deepEqual(grownMbr(new Uint8Array(512), 1, 100_000), none(1));
  const protective = encodeGpt(layoutTable(wholeDiskLayout(4 * GiB, 512), facts().ids)).primary.bytes;
  t.deepEqual(grownMbr(protective, 1, 100_000), none(1));
});

const table = layoutTable(wholeDiskLayout(4 * GiB, 512), facts().ids);
const first = encodeGpt(table).primary.bytes.subarray(0, 512);
const grown = (more: Partial<GptTable>, sectors: number, faults: readonly string[] = [], number = 3) =>
  grownGpt({ table: { ...table, ...more }, faults } as never, first, number, sectors);

test('a GPT grows backup first, its first sector last', (t) => {
  const sectors = (8 * GiB) / 512;
  const pieces = written(grown({}, sectors));
  t.deepEqual(
    pieces.map(({ offset, bytes }) => [offset, bytes.length]),
    [
      [8 * GiB - 33 * 512, 33 * 512],
      [512, 33 * 512],
      [0, 512],
    ],
  );
  const end = (8 * GiB) / 512 - 2048 - 1;
  const partitions = table.partitions.map((one) => (one.number === 3 ? { ...one, lastLba: end } : one));
  const { primary, backup } = encodeGpt({ ...table, diskSectors: sectors, partitions });
  t.deepEqual(Buffer.from(pieces[0]?.bytes ?? []), Buffer.from(backup.bytes));
  t.deepEqual(Buffer.from(pieces[1]?.bytes ?? []), Buffer.from(primary.bytes.subarray(512)));
});

test('a GPT that fits its disk is left alone, and only what is wrong with it is written', (t) => {
  const sectors = (4 * GiB) / 512;
  t.deepEqual(grown({}, sectors), { done: true });
  t.is(written(grown({}, sectors, ['the backup is damaged'])).length, 3);
  const other = Buffer.from(first);
  other.writeUInt32LE(5, 446 + 12);
  const pieces = written(grownGpt({ table, faults: [] } as never, other, 3, sectors));
  t.deepEqual(
    pieces.map(({ offset, bytes }) => [offset, Buffer.from(bytes)]),
    [[0, Buffer.from(first)]],
  );
});

test('what cannot grow is told why', (t) => {
  const sectors = (8 * GiB) / 512;
  t.deepEqual(grown({}, sectors, [], 4), { cannot: 'the GPT has no partition 4' });
  t.deepEqual(grown({}, sectors, [], 1), { cannot: 'partition 2 comes after partition 1' });
  t.deepEqual(grown({}, (3 * GiB) / 512), { cannot: 'the disk is smaller than its partitions' });
});
