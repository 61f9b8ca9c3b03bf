/**
 * What older systems leave on disks is gone after wiping, as libblkid sees it: on the disk itself, where its
 * partitions were, and where the new ones will be. On a file, with the step that an installation runs.
 */
import test, { type ExecutionContext } from 'ava';
import { wholeDiskLayout } from '../../../src/disk/layout/layout.ts';
import { encodeGpt } from '../../../src/formats/partition-tables/gpt.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { wipeRanges } from '../../../src/install/whole-disk/wipe.ts';
import { handlers } from '../../../src/steps/index.ts';
import { partition } from '../../disk/facts.ts';
import { contextOf } from '../../steps/context.ts';

const host = linuxHost();
const MiB = 2 ** 20;
const diskSize = 3000 * MiB;

interface Area {
  readonly start: number;
  readonly size: number;
}
const disk: Area = { start: 0, size: diskSize };
/** As a partitioner of another system would cut: not on our borders. */
const old = [
  partition('/dev/x1', { number: 1, start: 1 * MiB, size: 511 * MiB }),
  partition('/dev/x2', { number: 2, start: 777 * MiB + 512, size: 1000 * MiB - 512 }),
];
const layout = wholeDiskLayout(diskSize, 512);

/** Bytes of a signature by their offset, in an area of `size` bytes. */
type Leftover = (size: number) => readonly (readonly [offset: number, bytes: Uint8Array])[];

// The label, its sector, the checksum of what follows, where the text begins, the type (lib/label/label.h of LVM2).
const lvmLabel = Buffer.concat([
  Buffer.from('LABELONE\x01\0\0\0\0\0\0\0'),
  Buffer.from('73aca82820000000', 'hex'),
  Buffer.from('LVM2 001'),
]);
const md = (at: number): Uint8Array => {
  // super_offset, which tells the three places apart (linux/raid/md_p.h, struct mdp_superblock_1).
  const block = Buffer.alloc(256);
  block.writeUInt32LE(0xa92b4efc, 0);
  block.writeUInt32LE(1, 4);
  block.write('host:0', 32);
  block.writeBigUInt64LE(BigInt(at / 512), 144);
  return block;
};
const luks2Copy = (at: number): Uint8Array => {
  // The magic of a second header, and where it says that it lies (LUKS2 On-Disk Format 1.1, section 2.1).
  const header = Buffer.alloc(512);
  header.write('SKUL\xba\xbe', 0, 'latin1');
  header.writeUInt16BE(2, 6);
  header.writeBigUInt64BE(BigInt(at), 8);
  header.writeBigUInt64BE(BigInt(at), 256);
  return header;
};
const zfsLabel = (): Uint8Array => {
  // An array of uberblocks begins in the middle of a label; libblkid wants four of them.
  const label = Buffer.alloc(256 * 1024);
  for (let at = label.length / 2; at < label.length / 2 + 8192; at += 1024)
    label.writeBigUInt64LE(0x00bab10cn, at);
  return label;
};

const leftovers: Readonly<Record<string, readonly [type: string, Leftover]>> = {
  'LVM, in the second sector': ['LVM2_member', () => [[512, lvmLabel]]],
  'md 1.2, at 4 KiB': ['linux_raid_member', () => [[4096, md(4096)]]],
  'md 1.1, at the start': ['linux_raid_member', () => [[0, md(0)]]],
  'md 1.0, at the end': [
    'linux_raid_member',
    (size) => {
      const at = Math.floor((size / 512 - 16) / 8) * 4096;
      return [[at, md(at)]];
    },
  ],
  'md 0.90, in the last 128 KiB': [
    'linux_raid_member',
    (size) => [[Math.floor(size / 65536 - 1) * 65536, Buffer.from('fc4e2ba9000000005a000000', 'hex')]],
  ],
  LUKS1: ['crypto_LUKS', () => [[0, Buffer.from('LUKS\xba\xbe\0\x01', 'latin1')]]],
  'the second header of LUKS2, at 16 KiB': ['crypto_LUKS', () => [[0x4000, luks2Copy(0x4000)]]],
  'the second header of LUKS2, at 4 MiB': ['crypto_LUKS', () => [[0x400000, luks2Copy(0x400000)]]],
  bcache: [
    'bcache',
    () => [
      [4096 + 8, Buffer.from('08000000000000000100000000000000c68573f64e1a45ca8265f57f48ba6d81', 'hex')],
    ],
  ],
  'the last label of ZFS': ['zfs_member', (size) => [[Math.floor(size / 262144 - 1) * 262144, zfsLabel()]]],
  'the third label of ZFS': ['zfs_member', (size) => [[Math.floor(size / 262144 - 2) * 262144, zfsLabel()]]],
  'the first label of ZFS': ['zfs_member', () => [[0, zfsLabel()]]],
  btrfs: ['btrfs', () => [[65536 + 64, Buffer.from('_BHRfS_M')]]],
  'VMFS, at 1 MiB': ['VMFS_volume_member', () => [[MiB, Buffer.from('0dd001c0', 'hex')]]],
  'Promise RAID, 3087 sectors before the end': [
    'promise_fasttrack_raid_member',
    (size) => [[size - 3087 * 512, Buffer.from('Promise Technology, Inc.')]],
  ],
};

async function image(t: ExecutionContext): Promise<string> {
  const folder = await host.files.makeTempDir('bos-wipe-');
  t.teardown(() => host.files.remove(folder));
  const path = `${folder}/disk.img`;
  await host.processes.run('truncate', ['-s', `${diskSize}`, path]);
  return path;
}

async function put(path: string, pieces: readonly (readonly [number, Uint8Array])[]): Promise<void> {
  const file = await host.files.open(path, 'r+');
  for (const [offset, bytes] of pieces) await file.write(offset, bytes);
  await file.close();
}

/** What libblkid finds in a part of the file: `LVM2_member`, `gpt`; empty for nothing. */
async function found(path: string, { start, size }: Area): Promise<string> {
  const args = ['--probe', '--offset', `${start}`, '--size', `${size}`, '--output', 'export', path];
  const { exitCode, stdout } = await host.processes.run('blkid', args, { okCodes: [0, 2, 8] });
  const types = /^(?:PT)?TYPE=.*$/gm;
  return exitCode === 8
    ? 'several'
    : (stdout.match(types) ?? []).map((line) => line.replace(/.*=/, '')).join(' ');
}

async function wipe(t: ExecutionContext, path: string): Promise<void> {
  const step = {
    ...{ id: 'wipe', kind: 'wipe-signatures' as const, disk: path, content: '', sectorSize: 512 },
    ranges: wipeRanges({ size: diskSize, partitions: old }, layout),
  };
  const context = { ...contextOf(undefined as never), host };
  await handlers['wipe-signatures'].run(step, context);
  await handlers['wipe-signatures'].verify?.(step, context);
  for (const area of [disk, ...old, ...layout.partitions])
    t.is(await found(path, area), '', `at ${area.start}`);
}

const wiped = test.macro({
  exec: async (t, type: string, leftover: Leftover) => {
    const path = await image(t);
    const areas = [disk, ...old, layout.partitions[2]];
    for (const { start, size } of areas)
      await put(
        path,
        leftover(size).map(([offset, bytes]) => [start + offset, bytes]),
      );
    for (const area of areas) t.is(await found(path, area), type, `libblkid sees it at ${area.start}`);
    await wipe(t, path);
  },
  title: (title) => `wiped from disk, old and new partitions: ${title}`,
});
for (const [name, [type, leftover]] of Object.entries(leftovers)) test(name, wiped, type, leftover);

test('wiped: a GPT, its backup too', async (t) => {
  const path = await image(t);
  const guid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
  const { primary, backup } = encodeGpt({
    ...{ diskGuid: guid(0), sectorSize: 512, diskSectors: diskSize / 512 },
    partitions: old.map(({ number, start, size }) => ({
      ...{ number, type: partitionTypes.linuxData, guid: guid(number), attributes: 0n, name: '' },
      firstLba: start / 512,
      lastLba: (start + size) / 512 - 1,
    })),
  });
  // The guarding MBR in the first sector is part of the primary table.
  await put(path, [
    [0, primary.bytes.subarray(0, 512)],
    [backup.offset, backup.bytes],
  ]);
  t.is(await found(path, disk), 'gpt', 'the backup alone is enough');
  await put(path, [[primary.offset, primary.bytes]]);
  await wipe(t, path);
});
