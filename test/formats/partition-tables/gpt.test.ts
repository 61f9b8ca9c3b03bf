import { truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { type ByteSource, fromBytes } from '../../../src/formats/bytes.ts';
import {
  encodeGpt,
  type GptPartition,
  type GptTable,
  usableLbas,
} from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import { decodeMbr } from '../../../src/formats/partition-tables/mbr.ts';
import { runs } from '../../properties.ts';
import { fileSource, onlyRefuses, temporaryFolder, tool } from '../support.ts';

/** A disk that exists only where the table is: sizes far above what the test could hold. */
function disk(table: GptTable): ByteSource {
  const { primary, backup } = encodeGpt(table);
  const size = table.diskSectors * table.sectorSize;
  return {
    size,
    read: async (offset, length) => {
      const out = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      for (const region of [primary, backup]) {
        const from = Math.max(offset, region.offset);
        const to = Math.min(offset + out.length, region.offset + region.bytes.length);
        if (from < to)
          out.set(region.bytes.subarray(from - region.offset, to - region.offset), from - offset);
      }
      return out;
    },
  };
}

/** The bytes of a small disk. */
function image(table: GptTable): Uint8Array {
  const bytes = new Uint8Array(table.diskSectors * table.sectorSize);
  const { primary, backup } = encodeGpt(table);
  bytes.set(primary.bytes, primary.offset);
  bytes.set(backup.bytes, backup.offset);
  return bytes;
}

const guid = fc.uuid();
const sectorSize = fc.constantFrom(512, 4096);
/** Tables on disks of up to 8 PB (2^53 bytes), the partitions one after the other with gaps. */
const anyTable: fc.Arbitrary<GptTable> = fc
  .tuple(
    sectorSize,
    fc.integer({ min: 200, max: 2 ** 40 }),
    guid,
    fc.array(
      fc.record({
        cut: fc.double({ min: 0, max: 1, noNaN: true }),
        type: guid,
        guid,
        name: fc.string({ unit: 'grapheme', maxLength: 20 }),
      }),
      { maxLength: 12 },
    ),
  )
  .map(([size, diskSectors, diskGuid, rows]) => {
    const { first, last } = usableLbas(diskSectors, size);
    const starts = [...new Set(rows.map((row) => first + Math.floor(row.cut * (last - first))))].toSorted(
      (a, b) => a - b,
    );
    const partitions: GptPartition[] = starts.map((firstLba, index) => ({
      number: index + 1,
      type: rows[index]?.type ?? '',
      guid: rows[index]?.guid ?? '',
      firstLba,
      lastLba: (starts[index + 1] ?? last + 1) - 1,
      attributes: BigInt(index),
      name: (rows[index]?.name ?? '').replaceAll('\0', '').slice(0, 36).toWellFormed(),
    }));
    return { diskGuid, sectorSize: size, diskSectors, partitions };
  });

const small: GptTable = {
  diskGuid: '11111111-2222-4333-8444-555555555555',
  sectorSize: 512,
  diskSectors: 20480,
  partitions: [
    {
      number: 1,
      type: partitionTypes.biosGrub,
      guid: 'aaaaaaaa-0000-4000-8000-000000000001',
      firstLba: 2048,
      lastLba: 4095,
      attributes: 0n,
      name: 'bios_grub',
    },
    {
      number: 2,
      type: partitionTypes.efiSystem,
      guid: 'aaaaaaaa-0000-4000-8000-000000000002',
      firstLba: 4096,
      lastLba: 8191,
      attributes: 1n,
      name: 'BOS_GRUB',
    },
    {
      number: 3,
      type: partitionTypes.linuxData,
      guid: 'aaaaaaaa-0000-4000-8000-000000000003',
      firstLba: 8192,
      lastLba: 18431,
      attributes: 0n,
      name: 'BOS_STATE ü',
    },
  ],
};

test('what is encoded is decoded, whatever the size of disk and sectors', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyTable, async (table) => {
      const reading = await decodeGpt(disk(table), table.sectorSize);
      t.deepEqual(reading, { table, from: 'primary', faults: [] });
    }),
    { numRuns: runs(200) },
  );
});

test('damage anywhere in the table never throws but a refusal, and never gives another table in silence', async (t) => {
  const original = image(small);
  // headers, entries in use, protective MBR, at both ends
  const spots = fc.oneof(
    fc.integer({ min: 440, max: 1500 }),
    fc.integer({ min: 20479 * 512, max: 20480 * 512 - 1 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(spots, fc.nat(255)), { minLength: 1, maxLength: 5 }),
      async (writes) => {
        const source = {
          size: original.length,
          read: async (offset: number, length: number) => {
            const part = original.slice(offset, offset + length);
            // A write beyond its ends sets nothing.
            for (const [at, byte] of writes) part[at - offset] = byte;
            return part;
          },
        };
        await onlyRefuses(async () => {
          const reading = await decodeGpt(source, 512);
          if (reading !== undefined && reading.faults.length === 0) t.deepEqual(reading.table, small);
        });
      },
    ),
    { numRuns: runs(200) },
  );
});

test('arbitrary bytes are no table or a refusal', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 8192 }), async (bytes) => {
      await onlyRefuses(() => decodeGpt(fromBytes(bytes), 512));
      decodeMbr(bytes);
    }),
    { numRuns: runs(200) },
  );
  t.pass();
});

test('a damaged primary table falls back to the backup and says so', async (t) => {
  const bytes = image(small);
  bytes[512 + 56] = (bytes[512 + 56] as number) ^ 1;
  const reading = await decodeGpt(fromBytes(bytes), 512);
  t.is(reading?.from, 'backup');
  t.deepEqual(reading?.table, small);
  t.deepEqual(reading?.faults, ['primary table: the checksum of the header is wrong']);
});

test('damaged entries are found by their own checksum', async (t) => {
  const bytes = image(small);
  bytes[1024 + 56] = 0x58;
  const reading = await decodeGpt(fromBytes(bytes), 512);
  t.is(reading?.from, 'backup');
  t.deepEqual(reading?.faults, ['primary table: the checksum of the entries is wrong']);
});

test('both copies damaged is a refusal that names both', async (t) => {
  const bytes = image(small);
  bytes[512 + 20 + 36] = 0xff;
  bytes[bytes.length - 512 + 56] = 0xff;
  const error = await t.throwsAsync(decodeGpt(fromBytes(bytes), 512), { code: 'gpt-invalid' });
  t.deepEqual((error as unknown as { details: string[] }).details, [
    'primary table: the checksum of the header is wrong',
    'backup table: the checksum of the header is wrong',
  ]);
});

test('on a disk that has grown the backup is found where the primary says', async (t) => {
  const bytes = new Uint8Array(small.diskSectors * 512 + 1024 * 1024);
  bytes.set(image(small));
  const reading = await decodeGpt(fromBytes(bytes), 512);
  t.is(reading?.from, 'primary');
  t.deepEqual(reading?.faults, ['backup table: not at the end of the disk']);
});

test('the other sector size finds no table', async (t) => {
  t.is(await decodeGpt(fromBytes(image(small)), 4096), undefined);
  t.is(await decodeGpt(fromBytes(new Uint8Array(1 << 20)), 512), undefined);
});

const unfit = test.macro({
  exec: (t, change: Partial<GptPartition>, message: RegExp) => {
    const [one, ...rest] = small.partitions as [GptPartition, ...GptPartition[]];
    t.throws(() => encodeGpt({ ...small, partitions: [{ ...one, ...change }, ...rest] }), {
      code: 'gpt-unfit',
      message,
    });
  },
  title: (title) => `no table holds ${title}`,
});
test('an overlap', unfit, { lastLba: 4096 }, /partition 1 overlaps partition 2/);
test('a partition over the header', unfit, { firstLba: 33 }, /partition 1: 33 to 4095 is not in 34 to 20446/);
test('a partition past the end', unfit, { firstLba: 20440, lastLba: 20447 }, /is not in 34 to 20446/);
test('a number twice', unfit, { number: 2 }, /a number is used twice/);
test('a long name', unfit, { name: 'x'.repeat(37) }, /does not fit in 36 characters/);

test('the protective MBR covers what 32 bits can say', (t) => {
  const table = { ...small, diskSectors: 2 ** 33, partitions: [] };
  const mbr = decodeMbr(encodeGpt(table).primary.bytes);
  t.deepEqual(mbr?.partitions, [{ number: 1, active: false, type: 0xee, firstLba: 1, sectors: 0xffffffff }]);
  t.false(mbr?.hasBootCode);
  t.is(decodeMbr(encodeGpt(small).primary.bytes)?.partitions[0]?.sectors, 20479);
});

test('sgdisk and sfdisk read our table', async (t) => {
  const file = join(temporaryFolder(t), 'disk.img');
  writeFileSync(file, image(small));
  t.regex(tool('sgdisk', '-v', file), /No problems found/);
  t.regex(tool('sgdisk', '-i', '1', file), /21686148-6449-6E6F-744E-656564454649 \(BIOS boot partition\)/);
  const { partitiontable } = JSON.parse(tool('sfdisk', '--json', file));
  t.is(partitiontable.label, 'gpt');
  t.is(partitiontable.id.toLowerCase(), small.diskGuid);
  t.deepEqual(
    partitiontable.partitions.map((one: Record<string, unknown>) => [
      one.start,
      one.size,
      String(one.type).toLowerCase(),
      String(one.uuid).toLowerCase(),
      one.name,
    ]),
    small.partitions.map((one) => [
      one.firstLba,
      one.lastLba - one.firstLba + 1,
      one.type,
      one.guid,
      one.name,
    ]),
  );
});

test('sgdisk reads our table of a 4 TB disk', async (t) => {
  const file = join(temporaryFolder(t), 'disk.img');
  const table: GptTable = { ...small, diskSectors: 2 ** 33 };
  const { primary, backup } = encodeGpt(table);
  writeFileSync(file, '');
  truncateSync(file, table.diskSectors * 512);
  const handle = await open(file, 'r+');
  for (const region of [primary, backup])
    await handle.write(region.bytes, 0, region.bytes.length, region.offset);
  await handle.close();
  t.regex(tool('sgdisk', '-v', file), /No problems found/);
  t.regex(tool('sgdisk', '-p', file), /last usable sector is 8589934558/);
});

test('we read the table that sgdisk writes', async (t) => {
  const file = join(temporaryFolder(t), 'disk.img');
  writeFileSync(file, '');
  truncateSync(file, 64 * 2 ** 20);
  tool('sgdisk', '-n', '3:2048:+10M', '-t', '3:ef00', '-c', '3:hello', '-n', '7:0:0', file);
  const reading = await decodeGpt(await fileSource(t, file), 512);
  t.deepEqual(reading?.faults, []);
  t.deepEqual(
    reading?.table.partitions.map((one) => [one.number, one.type, one.firstLba, one.lastLba, one.name]),
    [
      [3, partitionTypes.efiSystem, 2048, 2048 + 20480 - 1, 'hello'],
      [7, partitionTypes.linuxData, 22528, 131038, ''],
    ],
  );
});
