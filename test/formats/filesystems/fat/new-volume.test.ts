/** Volumes of our own making: fsck.fat finds nothing to mend, mtools reads them, and so do we. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { endOf } from '../../../../src/formats/byte-range.ts';
import { fromBytes } from '../../../../src/formats/bytes.ts';
import { type Addition, addedToFat, type NewFatEntry } from '../../../../src/formats/filesystems/fat/add.ts';
import { fat32Faults, probeFat } from '../../../../src/formats/filesystems/fat/boot-sector.ts';
import {
  listFatFolder,
  locateFatEntry,
  locateFatFile,
  readFatFile,
} from '../../../../src/formats/filesystems/fat/file.ts';
import { newFatVolume } from '../../../../src/formats/filesystems/fat/new-volume.ts';
import { fatRecord } from '../../../../src/formats/filesystems/fat/record.ts';
import { removedFromFat, renamedInFat } from '../../../../src/formats/filesystems/fat/remove.ts';
import { runs } from '../../../properties.ts';
import { sameBytes, temporaryFolder, tool } from '../../support.ts';

const MiB = 2 ** 20;
const time = Date.UTC(2026, 10, 30, 12, 34, 56) / 1000;
const usual = { size: 300 * MiB, sectorSize: 512, label: 'BOS_GRUB', serial: 0xe4c8c189, time } as const;

/** A volume in memory, up to where anything is written in these tests. */
function volumeOf(given: Partial<Parameters<typeof newFatVolume>[0]> = {}, room = 4 * MiB) {
  const volume = { ...usual, ...given };
  const head = newFatVolume(volume);
  const bytes = Buffer.alloc(head.length + room);
  head.copy(bytes);
  return { bytes, source: { ...fromBytes(bytes), size: volume.size }, size: volume.size };
}

function write(bytes: Buffer, { contents, records }: Addition): void {
  for (const piece of [...contents, ...records]) bytes.set(piece.bytes, piece.offset);
}

/** As a file with holes, checked by fsck.fat. */
function checked(t: ExecutionContext, bytes: Buffer, size: number): string {
  const image = join(temporaryFolder(t), 'fat.img');
  writeFileSync(image, bytes);
  truncateSync(image, size);
  t.notThrows(() => tool('fsck.fat', '-n', image));
  return image;
}

for (const sectorSize of [512, 4096] as const)
  test(`an empty volume with sectors of ${sectorSize} bytes`, async (t) => {
    const { bytes, source, size } = volumeOf({ sectorSize });
    const found = await probeFat(source);
    t.like(found, {
      type: 'fat32',
      label: 'BOS_GRUB',
      serial: 'E4C8-C189',
      bytesPerSector: sectorSize,
      size,
    });
    t.deepEqual(fat32Faults(found ?? t.fail(), sectorSize), []);
    t.is((newFatVolume({ ...usual, sectorSize }).length - 4096) % 4096, 0);
    t.deepEqual(await listFatFolder(source, ''), []);
    const shown = tool('fsck.fat', '-nv', checked(t, bytes, size));
    // Neither the count of free clusters nor the copy of the boot sector is anything to talk about.
    t.notRegex(shown, /differ|uninit|wrong|dirty|orphan|backup of the boot sector is not/i);
  });

test('files and folders, as mtools and Linux see them', async (t) => {
  const { bytes, source, size } = volumeOf();
  const entries: NewFatEntry[] = [
    { path: 'EFI' },
    { path: 'EFI/BOOT' },
    { path: 'EFI/debian' },
    { path: 'EFI/debian/grub.cfg', bytes: Buffer.from('configfile x\n') },
    { path: 'EFI/debian/grubenv', bytes: Buffer.alloc(1024, '#') },
    { path: 'EFI/BOOT/BOOTX64.EFI', bytes: Buffer.alloc(1_000_001, 'efi') },
    { path: 'EFI/BOOT/empty.txt', bytes: Buffer.alloc(0) },
  ];
  write(bytes, await addedToFat(source, entries, time));
  const image = checked(t, bytes, size);
  t.is(tool('mtype', '-i', image, '::/EFI/debian/grub.cfg'), 'configfile x\n');
  t.regex(tool('mdir', '-i', image, '::/EFI/BOOT'), /^BOOTX64\s+EFI\s+1000001 2026-11-30\s+12:34/m);
  t.regex(tool('mdir', '-b', '-i', image, '::/EFI/debian'), /grub\.cfg\n.*grubenv/);
  for (const { path, bytes: wanted } of entries.filter((entry) => entry.bytes !== undefined))
    sameBytes(t, await readFatFile(source, path), wanted ?? new Uint8Array(), path);
  t.deepEqual(await listFatFolder(source, 'EFI/debian'), [
    { name: 'grub.cfg', directory: false },
    { name: 'grubenv', directory: false },
  ]);
  // A file lies in one run, so that what changes it later changes one place.
  t.is((await locateFatFile(source, 'EFI/BOOT/BOOTX64.EFI'))?.extents.length, 1);
});

test('a name is there with its record, and not before', async (t) => {
  const { bytes, source } = volumeOf();
  const bytesOf = Buffer.from('content');
  const { contents, records } = await addedToFat(source, [{ path: 'FILE.EFI', bytes: bytesOf }], time);
  for (const piece of contents) bytes.set(piece.bytes, piece.offset);
  t.is(await locateFatEntry(source, 'FILE.EFI'), undefined);
  t.is(records.length, 1);
  const [record] = records;
  t.is(record?.bytes.length, 32);
  t.is(Math.floor((record?.offset ?? 0) / 512), Math.floor(((record?.offset ?? 0) + 31) / 512));
  bytes.set(record?.bytes ?? [], record?.offset);
  t.deepEqual(Buffer.from((await readFatFile(source, 'FILE.EFI')) ?? []), bytesOf);
});

test('into a volume of mtools: beside its files, into gaps, and into a folder that has to grow', async (t) => {
  const folder = temporaryFolder(t);
  const image = join(folder, 'fat.img');
  tool('mkfs.fat', '-F', '32', '-s', '1', '-C', image, '40000');
  tool('mmd', '-i', image, '::/full');
  // 16 records to a cluster; a long name takes three.
  for (let index = 0; index < 14; index += 1) {
    const file = join(folder, `f${index}`);
    writeFileSync(file, `${index}`);
    tool('mcopy', '-i', image, file, '::/full/');
  }
  tool('mdel', '-i', image, '::/full/f3');
  const bytes = readFileSync(image);
  const source = fromBytes(bytes);
  const entries = Array.from({ length: 20 }, (_, index) => ({
    path: `full/N${index}.TXT`,
    bytes: Buffer.alloc(index * 300, `${index}`),
  }));
  write(bytes, await addedToFat(source, entries, time));
  for (const { path, bytes: wanted } of entries)
    sameBytes(t, await readFatFile(source, path), wanted ?? new Uint8Array(), path);
  t.is(Buffer.from((await readFatFile(source, 'full/f13')) ?? []).toString(), '13');
  t.is((await listFatFolder(source, 'full')).length, 33);
  writeFileSync(image, bytes);
  t.notThrows(() => tool('fsck.fat', '-n', image));
});

test('what lies behind the end of a folder does not come to light', async (t) => {
  const { bytes, source } = volumeOf();
  const { offset } = (await addedToFat(source, [{ path: 'A', bytes: Buffer.alloc(0) }], time)).records[0] ?? {
    offset: 0,
  };
  fatRecord({ name: 'GHOST', folder: false, firstCluster: 0, size: 0, time }).copy(bytes, offset + 32);
  t.deepEqual(await listFatFolder(source, ''), []);
  write(bytes, await addedToFat(source, [{ path: 'A', bytes: Buffer.alloc(0) }], time));
  t.deepEqual(await listFatFolder(source, ''), [{ name: 'A', directory: false }]);
});

test('another name, and gone', async (t) => {
  const { bytes, source, size } = volumeOf();
  const content = Buffer.alloc(10_000, 'x');
  write(bytes, await addedToFat(source, [{ path: 'D' }, { path: 'D/A.NEW', bytes: content }], time));
  const renamed = await renamedInFat(source, 'D/A.NEW', 'a.efi');
  t.is(renamed?.bytes.length, 32);
  bytes.set(renamed?.bytes ?? [], renamed?.offset);
  t.deepEqual(await listFatFolder(source, 'D'), [{ name: 'a.efi', directory: false }]);
  sameBytes(t, await readFatFile(source, 'D/A.EFI'), content);
  checked(t, bytes, size);
  const before = Buffer.from(bytes);
  const removal = await removedFromFat(source, 'D/a.efi');
  bytes.set(removal?.record.bytes ?? [], removal?.record.offset);
  t.deepEqual(await listFatFolder(source, 'D'), []);
  for (const piece of removal?.clusters ?? []) bytes.set(piece.bytes, piece.offset);
  checked(t, bytes, size);
  t.false(bytes.equals(before));
  t.is(await removedFromFat(source, 'D/a.efi'), undefined);
  t.is(await renamedInFat(source, 'D/none', 'B'), undefined);
  t.is(await removedFromFat(source, 'D'), undefined);
});

test('refused: no room, and what the caller must not ask for', async (t) => {
  const { source } = volumeOf({ size: 258 * MiB });
  await t.throwsAsync(addedToFat(source, [{ path: 'LARGE', bytes: Buffer.alloc(300 * MiB) }], time), {
    code: 'fat-full',
    message: /no room: 315 MB are needed, but 270 MB are free/,
  });
  const image = join(temporaryFolder(t), 'fat16.img');
  tool('mkfs.fat', '-F', '16', '-C', image, '16000');
  await t.throwsAsync(addedToFat(fromBytes(readFileSync(image)), [{ path: 'A' }], time), {
    code: 'fat-unsuitable',
  });
  for (const [entries, message] of [
    [[{ path: 'A long name' }], /short name/],
    [[{ path: 'Mixed' }], /short name/],
    [[{ path: 'NINECHARS' }], /short name/],
    [[{ path: 'D/X' }], /folder of D\/X is not there/],
    [[{ path: 'A' }, { path: 'a' }], /there already/],
  ] as const)
    await t.throwsAsync(addedToFat(source, entries, time), { instanceOf: RangeError, message });
  t.throws(() => newFatVolume({ ...usual, size: 100 * MiB }), { message: /too few for FAT32/ });
  t.throws(() => newFatVolume({ ...usual, label: 'twelve chars' }), { message: /label/ });
});

test('any files: what is put in is read back, and fsck.fat agrees', async (t) => {
  const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,7}(\.[A-Z0-9]{1,3})?$/);
  const file = fc.record({ name, size: fc.nat(20_000), folder: fc.constantFrom('', 'ONE/', 'ONE/TWO/') });
  const list = fc.uniqueArray(file, { maxLength: 20, selector: ({ name: own, folder }) => folder + own });
  await fc.assert(
    fc.asyncProperty(list, fc.constantFrom(512, 4096), async (files, sectorSize) => {
      const { bytes, source, size } = volumeOf({ sectorSize: sectorSize as 512 | 4096 }, MiB);
      write(bytes, await addedToFat(source, [{ path: 'ONE' }, { path: 'ONE/TWO' }], time));
      const wanted = files
        .map((given, index) => ({
          path: given.folder + given.name,
          bytes: Buffer.alloc(given.size, index + 1),
        }))
        .filter(({ path }) => path !== 'ONE' && path !== 'ONE/TWO');
      const addition = await addedToFat(source, wanted, time);
      write(bytes, addition);
      for (const { path, bytes: held } of wanted) sameBytes(t, await readFatFile(source, path), held, path);
      t.true(
        [...addition.contents, ...addition.records].every(
          (piece) => endOf({ ...piece, length: piece.bytes.length }) <= size,
        ),
      );
      checked(t, bytes, size);
    }),
    { numRuns: runs(100) },
  );
});
