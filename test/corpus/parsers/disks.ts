/** Partition tables of disks. */
import { fromBytes } from '../../../src/formats/bytes.ts';
import { decodeApm } from '../../../src/formats/partition-tables/apm.ts';
import { encodeGpt } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { decodeMbr, encodeProtectiveMbr } from '../../../src/formats/partition-tables/mbr.ts';
import type { Parser } from './parser.ts';

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

export const diskParsers: Readonly<Record<string, Parser>> = {
  GPT: {
    seeds: () => [gptDisk(512), gptDisk(4096)],
    parse: async (input) => {
      for (const sectorSize of [512, 2048, 4096]) await decodeGpt(fromBytes(input), sectorSize);
    },
  },
  MBR: { seeds: () => [Buffer.from(encodeProtectiveMbr(1000))], parse: decodeMbr },
  'Apple partition map': { seeds: () => [appleMap()], parse: (input) => decodeApm(fromBytes(input)) },
};
