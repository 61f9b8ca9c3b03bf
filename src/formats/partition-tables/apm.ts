/**
 * The Apple partition map, which hybrid ISOs carry for old Macs: a driver descriptor in block 0 and one entry in
 * each block after it (Inside Macintosh: Devices, "The Driver Descriptor Record", "The Partition Map"). Big-endian.
 */
import type { ByteSource } from '../bytes.ts';

export interface ApmPartition {
  /** 1 for the first entry of the map. */
  readonly number: number;
  readonly name: string;
  /** `Apple_HFS`. */
  readonly type: string;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  /** Where the entry itself stands. */
  readonly place: number;
}

export interface Apm {
  /** Bytes; 512 or 2048. */
  readonly blockSize: number;
  readonly partitions: readonly ApmPartition[];
}

const maximumEntries = 63;

/** Reads the map; undefined when there is none. Isohybrid images have one whose block 0 is at the same time an MBR. */
export async function decodeApm(source: ByteSource): Promise<Apm | undefined> {
  const first = viewOf(await source.read(0, 512));
  if (first.byteLength < 512 || first.getUint16(0) !== 0x4552) return undefined;
  const said = first.getUint16(2);
  for (const blockSize of new Set([said, 2048, 512])) {
    if (blockSize !== 512 && blockSize !== 2048) continue;
    const partitions = await entries(source, blockSize);
    if (partitions.length > 0) return { blockSize, partitions };
  }
  return undefined;
}

async function entries(source: ByteSource, blockSize: number): Promise<ApmPartition[]> {
  const found: ApmPartition[] = [];
  for (let number = 1; number <= maximumEntries; number += 1) {
    const place = number * blockSize;
    const view = viewOf(await source.read(place, 512));
    if (view.byteLength < 512 || view.getUint16(0) !== 0x504d) break;
    if (number > view.getUint32(4)) break;
    found.push({
      number,
      place,
      offset: view.getUint32(8) * blockSize,
      size: view.getUint32(12) * blockSize,
      name: text(view, 16),
      type: text(view, 48),
    });
  }
  return found;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Up to 32 bytes, ended by a NUL. */
const text = (view: DataView, offset: number): string =>
  Buffer.from(view.buffer, view.byteOffset + offset, 32)
    .toString('latin1')
    .replace(/\0.*$/s, '');
