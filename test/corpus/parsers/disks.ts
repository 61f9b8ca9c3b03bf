/** Partition tables of disks, and disks in files. */
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openQcow2 } from '../../../src/formats/disk-images/qcow2-reader.ts';
import { decodeApm } from '../../../src/formats/partition-tables/apm.ts';
import { encodeGpt } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { decodeMbr, encodeProtectiveMbr } from '../../../src/formats/partition-tables/mbr.ts';
import { collected, tool } from '../../formats/support.ts';
import { made } from './made.ts';
import { each, type Parser } from './parser.ts';

function gptDisk(sectorSize: 512 | 4096): Buffer {
  const diskSectors = 256;
  const disk = Buffer.alloc(diskSectors * sectorSize);
  const { primary, backup } = encodeGpt({
    ...{ diskSectors, sectorSize, diskGuid: '11111111-2222-4333-8444-555555555555' },
    partitions: [
      {
        ...{ number: 1, firstLba: 64, lastLba: 127, name: 'ESP', attributes: 0n },
        type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        guid: '21111111-2222-4333-8444-555555555555',
      },
    ],
  });
  disk.set(encodeProtectiveMbr(diskSectors));
  disk.set(primary.bytes, primary.offset);
  disk.set(backup.bytes, backup.offset);
  return disk;
}

function appleMap(): Buffer {
  const disk = Buffer.alloc(16 * 512);
  disk.write('ER', 0, 'latin1');
  disk.writeUInt16BE(512, 2);
  for (const index of [1, 2]) {
    disk.write('PM', index * 512, 'latin1');
    disk.writeUInt32BE(2, index * 512 + 4);
    disk.writeUInt32BE(index, index * 512 + 8);
    disk.writeUInt32BE(4, index * 512 + 12);
    disk.write('Apple_HFS', index * 512 + 48, 'latin1');
  }
  return disk;
}

/** A small disk, as qemu-img converts it. */
const qcow2 = (...options: string[]) =>
  made((file) => {
    const image = ['-f', 'raw', '-O', 'qcow2', ...options];
    tool('qemu-img', 'convert', ...image, '/bin/true', file);
  });

/** Looked at as a whole and as a place to write to. */
async function readQcow2(input: Uint8Array): Promise<void> {
  const disk = await openQcow2(fromBytes(input));
  await each(
    () => disk.read(0, 2 ** 18),
    () => disk.read(Math.max(0, disk.size - 1000), 2000),
    () => collected(disk.runs()),
    () => disk.locate({ offset: 1000, length: 2 ** 17 }),
  );
}

export const diskParsers: Readonly<Record<string, Parser>> = {
  GPT: {
    seeds: () => [gptDisk(512), gptDisk(4096)],
    parse: async (input) => {
      for (const sectorSize of [512, 2048, 4096]) await decodeGpt(fromBytes(input), sectorSize);
    },
  },
  MBR: { seeds: () => [Buffer.from(encodeProtectiveMbr(1000))], parse: decodeMbr },
  'Apple partition map': { seeds: () => [appleMap()], parse: (input) => decodeApm(fromBytes(input)) },
  'qcow2 image': {
    seeds: () => [
      qcow2('-o', 'cluster_size=512'),
      qcow2('-c', '-o', 'compat=0.10,cluster_size=4K'),
      qcow2('-c', '-o', 'compression_type=zstd,cluster_size=4K'),
    ],
    parse: readQcow2,
  },
};
