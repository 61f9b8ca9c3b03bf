import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../../src/errors.ts';
import { fromBytes } from '../../../../src/formats/bytes.ts';
import { locateFatFile, readFatFile } from '../../../../src/formats/filesystems/fat/file.ts';
import { runs } from '../../../properties.ts';
import {
  damaged,
  fileSource,
  keptFolder,
  onlyRefuses,
  sameBytes,
  temporaryFolder,
  tool,
} from '../../support.ts';

const files = {
  'EFI/debian/grubenv': bytesOf(1024, 3),
  'EFI/BOOT/BOOTX64.EFI': bytesOf(70_001, 5),
  'EFI/BOOT/a rather long name.config': bytesOf(11, 7),
  empty: new Uint8Array(),
};

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * seed + (index >> 8)) & 0xff);
}

const volumes = new Map<number, Promise<string>>();

/** A volume that tests only read; made once for all of them. */
function volumeFile(sectorSize: number): Promise<string> {
  const path = volumes.get(sectorSize) ?? madeVolume(sectorSize);
  volumes.set(sectorSize, path);
  return path;
}

async function madeVolume(sectorSize: number): Promise<string> {
  const folder = keptFolder();
  const image = join(folder, 'esp.img');
  await writeFile(image, '');
  await truncate(image, (sectorSize === 512 ? 34 : 264) * 1024 * 1024);
  tool('mkfs.fat', '-F', '32', '-S', `${sectorSize}`, '-s', '1', '-n', 'BOS_GRUB', image);
  tool('mmd', '-i', image, '::/EFI', '::/EFI/debian', '::/EFI/BOOT');
  for (const [path, content] of Object.entries(files)) {
    const source = join(folder, 'source');
    await writeFile(source, content);
    tool('mcopy', '-i', image, source, `::/${path}`);
  }
  return image;
}

const volume = async (sectorSize: number): Promise<Buffer> => readFile(await volumeFile(sectorSize));

const sectorSizes = test.macro({
  title: (_, size: number) => `finds and reads what mtools wrote, sectors of ${size} bytes`,
  exec: async (t, size: number) => {
    const source = await fileSource(t, await volumeFile(size));
    for (const [path, content] of Object.entries(files)) {
      sameBytes(t, await readFatFile(source, path), Buffer.from(content), path);
      sameBytes(t, await readFatFile(source, path.toUpperCase()), Buffer.from(content), path);
    }
    const environment = await locateFatFile(source, 'EFI/debian/grubenv');
    t.is(environment?.size, 1024);
    t.is((environment?.extents[0]?.offset ?? 1) % 512, 0);
  },
});
test(sectorSizes, 512);
test(sectorSizes, 4096);

const types = test.macro({
  title: (_, bits: number) => `finds and reads what mtools wrote on FAT${bits}`,
  exec: async (t, bits: number) => {
    const folder = temporaryFolder(t);
    const image = join(folder, 'efi.img');
    tool('mkfs.fat', '-C', '-F', `${bits}`, '-s', '1', image, `${bits === 12 ? 1440 : 4096}`);
    tool('mmd', '-i', image, '::/EFI', '::/EFI/debian', '::/EFI/BOOT');
    for (const [path, content] of Object.entries(files)) {
      await writeFile(join(folder, 'source'), content);
      tool('mcopy', '-i', image, join(folder, 'source'), `::/${path}`);
    }
    const bytes = await readFile(image);
    for (const [path, content] of Object.entries(files))
      sameBytes(t, await readFatFile(fromBytes(bytes), path), Buffer.from(content), path);
    t.is(await locateFatFile(fromBytes(bytes), 'EFI/nothing'), undefined);
    const spots = fc.integer({ min: 0, max: 40 * 512 });
    await fc.assert(
      fc.asyncProperty(damaged(bytes, spots), (copy) =>
        onlyRefuses(() => readFatFile(fromBytes(copy), 'EFI/BOOT/BOOTX64.EFI')),
      ),
      { numRuns: runs(100) },
    );
  },
});
test(types, 12);
test(types, 16);

test('what does not exist, a folder, and a path through a file are undefined', async (t) => {
  const source = fromBytes(await volume(512));
  for (const path of ['EFI/debian/other', 'EFI/debian', 'empty/x', '', 'BOS_GRUB'])
    t.is(await locateFatFile(source, path), undefined, path);
});

test('a file in pieces has one extent a piece; a chain that loops or leaves the volume is refused', async (t) => {
  const image = await volume(512);
  const source = fromBytes(image);
  const path = 'EFI/BOOT/BOOTX64.EFI';
  const whole = await locateFatFile(source, path);
  t.is(whole?.extents.length, 1);
  const fatStart = image.readUInt16LE(14) * 512;
  const dataStart = fatStart + image.readUInt8(16) * image.readUInt32LE(36) * 512;
  const setNext = (cluster: number, next: number) => image.writeUInt32LE(next, fatStart + cluster * 4);
  const first = ((whole?.extents[0]?.offset ?? 0) - dataStart) / 512 + 2;
  // Leave the chain after its first cluster for others far behind.
  const far = 60_000;
  const rest = Math.ceil(70_001 / 512) - 1;
  setNext(first, far);
  for (let index = 0; index < rest; index++)
    setNext(far + index, index === rest - 1 ? 0x0fffffff : far + index + 1);
  const cut = await locateFatFile(source, path);
  t.deepEqual(cut?.extents, [
    { offset: dataStart + (first - 2) * 512, length: 512 },
    { offset: dataStart + (far - 2) * 512, length: 70_001 - 512 },
  ]);
  for (const next of [first, 1, 0, 0x0ffffff0]) {
    setNext(far, next);
    await t.throwsAsync(locateFatFile(source, path), { code: 'fat-invalid' }, `${next}`);
  }
  setNext(far, 0x0fffffff);
  await t.throwsAsync(locateFatFile(source, path), { code: 'fat-invalid' }, 'too short');
});

test('any damage is a refusal or an answer, never a hang or another error', async (t) => {
  const image = await volume(512);
  const limit = image.readUInt16LE(14) * 512 + image.readUInt8(16) * image.readUInt32LE(36) * 512 + 8192;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.oneof(fc.nat(64), fc.nat(limit)), fc.nat(255)), { minLength: 1, maxLength: 40 }),
      async (changes) => {
        // In place and back: a copy of the volume for each run takes longer than all of them.
        const undo = changes.map(([offset]) => [offset, image.readUInt8(offset)] as const);
        for (const [offset, value] of changes) image[offset] = value;
        try {
          await readFatFile(fromBytes(image), 'EFI/debian/grubenv', 4096);
        } catch (error) {
          if (!(error instanceof OpsError && error.code === 'fat-invalid')) throw error;
        } finally {
          for (const [offset, value] of undo.toReversed()) image[offset] = value;
        }
      },
    ),
    { numRuns: runs(60) },
  );
  t.pass();
});

test('a short or foreign source is refused', async (t) => {
  await t.throwsAsync(locateFatFile(fromBytes(new Uint8Array(100)), 'a'), { code: 'fat-invalid' });
  await t.throwsAsync(locateFatFile(fromBytes(new Uint8Array(4096)), 'a'), { code: 'fat-invalid' });
});
