/** What the beginning of a disk image says of all of it: its table, the sectors that this counts in, how far it reaches. */
import { OpsError } from '../../errors.ts';
import { type ByteRange, endOf } from '../byte-range.ts';
import { hasAt } from '../disk-images/containers.ts';
import { gptSignature } from './gpt.ts';
import { decodeGpt } from './gpt-decode.ts';
import { decodeMbr } from './mbr.ts';

export interface ImageHead {
  readonly table: 'gpt' | 'mbr' | 'none';
  /** Bytes of a sector; undefined where an image says nothing of it. Of an MBR it is the usual 512. */
  readonly sectorSize: number | undefined;
  /** ISO 9660, with a partition table or without. */
  readonly iso: boolean;
  /** In bytes. */
  readonly partitions: readonly (ByteRange & { readonly name: string })[];
  /** A complete image has at least so many bytes. */
  readonly reachesTo: number;
}

/** As much of an image as is looked at: a GPT on sectors of 4096 bytes, and the first descriptor of an ISO. */
export const headSize = 64 * 1024;

/** The tables think that they are on a disk of this size. */
const anyDisk = 2 ** 52;

/** `head` are the first bytes of the image, `headSize` of them when it has as many. */
export async function readImageHead(head: Uint8Array): Promise<ImageHead> {
  // ECMA-119, sections 6.2.1 and 8.4.8: sector 16, the number of sectors at byte 80.
  const iso = hasAt(head, 0x8001, 'CD001') && head[0x8000] === 1;
  const volume = iso ? Buffer.from(head.subarray(0x8050, 0x8054)).readUInt32LE(0) * 2048 : undefined;
  for (const sectorSize of [512, 4096]) {
    const gpt = await gptOf(head, sectorSize);
    if (gpt === undefined) continue;
    const reachesTo = volume ?? Math.max(gpt.backupEnd, ...gpt.partitions.map(endOf));
    return { table: 'gpt', sectorSize, iso, partitions: gpt.partitions, reachesTo };
  }
  const partitions = mbrPartitions(head);
  if (partitions.length === 0)
    return { table: 'none', sectorSize: undefined, iso, partitions, reachesTo: volume ?? 0 };
  const reachesTo = volume ?? Math.max(...partitions.map(endOf));
  return { table: 'mbr', sectorSize: 512, iso, partitions, reachesTo };
}

async function gptOf(head: Uint8Array, sectorSize: number) {
  if (!hasAt(head, sectorSize, gptSignature) || head.length < 2 * sectorSize) return undefined;
  const source = {
    size: anyDisk,
    read: async (offset: number, length: number) => head.subarray(offset, offset + length),
  };
  const reading = await decodeGpt(source, sectorSize).catch((error: unknown) => {
    // Tools that make ISOs have written such: the other table counts.
    if (error instanceof OpsError) return undefined;
    throw error;
  });
  if (reading === undefined) return undefined;
  // UEFI 2.10, table 5.5: AlternateLBA.
  const backup = Buffer.from(head.subarray(sectorSize + 32, sectorSize + 40)).readBigUInt64LE(0);
  return {
    backupEnd: Number(backup + 1n) * sectorSize,
    partitions: reading.table.partitions.map(({ firstLba, lastLba, name }) => ({
      offset: firstLba * sectorSize,
      length: (lastLba - firstLba + 1) * sectorSize,
      name,
    })),
  };
}

/** A FAT boot sector ends like an MBR: its "entries" are text and code, and rarely make sense. */
function mbrPartitions(head: Uint8Array) {
  const mbr = decodeMbr(head);
  if (mbr === undefined || mbr.protective) return [];
  const active = [0, 1, 2, 3].map((index) => head[446 + 16 * index]);
  if (active.some((byte) => byte !== 0 && byte !== 0x80)) return [];
  return mbr.partitions
    .filter(({ sectors }) => sectors > 0)
    .map(({ firstLba, sectors }) => ({ offset: firstLba * 512, length: sectors * 512, name: '' }));
}
