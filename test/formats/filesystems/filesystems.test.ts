import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { probeExt4, unknownToGrub } from '../../../src/formats/filesystems/ext4.ts';
import { fat32Faults, probeFat } from '../../../src/formats/filesystems/fat/boot-sector.ts';
import { runs } from '../../properties.ts';
import { fileSource, onlyRefuses, temporaryFolder, tool } from '../support.ts';

function blank(folder: string, size: number): string {
  const file = join(folder, 'image');
  writeFileSync(file, '');
  truncateSync(file, size);
  return file;
}

test('an ext4 file system tells its label, uuid, size and state', async (t) => {
  const file = blank(temporaryFolder(t), 8 * 2 ** 20);
  const uuid = '6d1c0b9a-0000-4000-8000-0123456789ab';
  tool('mkfs.ext4', '-q', '-L', 'BOS_STATE', '-U', uuid, '-b', '4096', file);
  const source = await fileSource(t, file);
  const { free, incompat, ...told } = (await probeExt4(source)) ?? { free: 0, incompat: 0 };
  t.deepEqual(told, {
    type: 'ext4',
    label: 'BOS_STATE',
    uuid,
    state: 'clean',
    size: 8 * 2 ** 20,
    blockSize: 4096,
  });
  const blocks = Number(/^Free blocks: +(\d+)$/m.exec(tool('dumpe2fs', '-h', file))?.[1]);
  t.is(free, blocks * 4096);
  t.deepEqual(unknownToGrub({ incompat }), []);
  tool('debugfs', '-w', '-R', 'feature needs_recovery', file);
  t.is((await probeExt4(source))?.state, 'needs-recovery');
  tool('debugfs', '-w', '-R', 'set_super_value state 2', file);
  t.is((await probeExt4(source))?.state, 'errors');
});

test('features that GRUB does not read are named', async (t) => {
  const file = blank(temporaryFolder(t), 8 * 2 ** 20);
  tool('mkfs.ext4', '-q', '-O', 'metadata_csum_seed,large_dir,inline_data', file);
  const info = await probeExt4(await fileSource(t, file));
  t.deepEqual(info && unknownToGrub(info), ['large_dir', 'inline_data']);
  t.deepEqual(unknownToGrub({ incompat: 0x80000000 | 0x40 }), ['incompat 0x80000000']);
});

test('ext2 and ext3 are told apart', async (t) => {
  const file = blank(temporaryFolder(t), 8 * 2 ** 20);
  tool('mkfs.ext2', '-q', file);
  t.is((await probeExt4(await fileSource(t, file)))?.type, 'ext2');
  tool('mkfs.ext3', '-q', '-F', file);
  t.is((await probeExt4(await fileSource(t, file)))?.type, 'ext3');
});

test('a FAT32 on sectors of 512 bytes is valid', async (t) => {
  const file = blank(temporaryFolder(t), 300 * 2 ** 20);
  tool('mkfs.vfat', '-F', '32', '-n', 'BOS_GRUB', '-i', '1a2b3c4d', file);
  const info = await probeFat(await fileSource(t, file));
  t.like(info, { type: 'fat32', label: 'BOS_GRUB', serial: '1A2B-3C4D', bytesPerSector: 512 });
  // mkfs.vfat leaves out what is no whole track.
  t.true(info !== undefined && info.size > 299 * 2 ** 20 && info.size <= 300 * 2 ** 20);
  t.deepEqual(info && fat32Faults(info, 512), []);
  t.deepEqual(info && fat32Faults(info, 4096), ["its sectors of 512 bytes are smaller than the disk's 4096"]);
});

const on4k = test.macro({
  exec: async (t, mib: number, faults: RegExp | undefined) => {
    const file = blank(temporaryFolder(t), mib * 2 ** 20);
    tool('mkfs.vfat', '-F', '32', '-S', '4096', '-s', '1', file);
    const info = await probeFat(await fileSource(t, file));
    const found = info === undefined ? 'no FAT' : fat32Faults(info, 4096).join('; ');
    if (faults === undefined) t.is(found, '');
    else t.regex(found, faults);
  },
  title: (_title, mib, faults) =>
    `${mib} MiB of 4096-byte sectors ${faults === undefined ? 'are' : 'are not'} a valid FAT32`,
});
test(on4k, 300, undefined);
test(on4k, 200, /clusters, FAT32 needs 65525/);

test('FAT12 and FAT16 are told apart', async (t) => {
  const file = blank(temporaryFolder(t), 16 * 2 ** 20);
  tool('mkfs.vfat', '-F', '16', '-n', 'OLD', file);
  t.like(await probeFat(await fileSource(t, file)), { type: 'fat16', label: 'OLD' });
  truncateSync(file, 1440 * 1024);
  tool('mformat', '-i', file, '-f', '1440', '::');
  t.like(await probeFat(await fileSource(t, file)), { type: 'fat12', label: '' });
});

test('arbitrary bytes are no file system or a strange one, never a crash', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 512 }), async (bytes) => {
      const fat = new Uint8Array(512);
      fat.set(bytes);
      fat.set([0x55, 0xaa], 510);
      const ext4 = new Uint8Array(2048);
      ext4.set(bytes, 1024);
      ext4.set([0x53, 0xef], 1024 + 0x38);
      await onlyRefuses(() => probeFat(fromBytes(fat)));
      await onlyRefuses(() => probeExt4(fromBytes(ext4)));
      await onlyRefuses(() => probeFat(fromBytes(bytes)));
      await onlyRefuses(() => probeExt4(fromBytes(bytes)));
    }),
    { numRuns: runs(200) },
  );
  t.pass();
});
