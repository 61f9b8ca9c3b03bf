/**
 * Writes a virtual disk as VHD of fixed size: the disk, then a footer. After Microsoft, "Virtual Hard Disk Image Format
 * Specification", version 1.0 (2006), sections "Hard Disk Footer Format" and "Appendix: CHS Calculation". Azure takes no
 * other form, and wants a disk of whole MiB.
 */
import { type Part, rawParts, type VirtualDisk } from './virtual-disk.ts';

const footerSize = 512;
const sectorSize = 512;

export interface VhdIdentity {
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** Seconds since 1970. */
  readonly time: number;
}

export async function* vhdParts(disk: VirtualDisk, identity: VhdIdentity): AsyncGenerator<Part> {
  yield* rawParts(disk);
  yield vhdFooter(disk.size, identity);
}

/** Seconds from 1970 to 2000, where the format begins to count. */
const epoch = 946_684_800;

/** Big-endian. */
export function vhdFooter(size: number, { uuid, time }: VhdIdentity): Buffer {
  const bytes = Buffer.alloc(footerSize);
  bytes.write('conectix', 0, 'latin1');
  // "Features": reserved, always set.
  bytes.writeUInt32BE(2, 8);
  bytes.writeUInt32BE(0x00010000, 12);
  // "Data Offset": a fixed disk has none.
  bytes.fill(0xff, 16, 24);
  bytes.writeUInt32BE(Math.max(0, time - epoch), 24);
  // Hyper-V's own name. Readers that know others take the size from the geometry, which is rounded (QEMU, block/vpc.c).
  bytes.write('win ', 28, 'latin1');
  bytes.writeUInt32BE(0x000a0000, 32);
  bytes.write('Wi2k', 36, 'latin1');
  bytes.writeBigUInt64BE(BigInt(size), 40);
  bytes.writeBigUInt64BE(BigInt(size), 48);
  const { cylinders, heads, sectors } = geometryOf(size / sectorSize);
  bytes.writeUInt16BE(cylinders, 56);
  bytes.writeUInt8(heads, 58);
  bytes.writeUInt8(sectors, 59);
  // "Disk Type": fixed.
  bytes.writeUInt32BE(2, 60);
  bytes.set(uuid.subarray(0, 16), 68);
  // "Checksum": the complement of the sum of all other bytes.
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.writeUInt32BE(~sum >>> 0, 64);
  return bytes;
}

/** "CHS Calculation": the largest geometry that is not larger than the disk. */
function geometryOf(total: number): { cylinders: number; heads: number; sectors: number } {
  const count = Math.min(total, 65535 * 16 * 255);
  if (count >= 65535 * 16 * 63) return { cylinders: Math.floor(count / 255 / 16), heads: 16, sectors: 255 };
  let sectors = 17;
  let tracks = Math.floor(count / sectors);
  let heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
  if (tracks >= heads * 1024 || heads > 16) {
    [sectors, heads] = [31, 16];
    tracks = Math.floor(count / sectors);
  }
  if (tracks >= heads * 1024) {
    [sectors, heads] = [63, 16];
    tracks = Math.floor(count / sectors);
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectors };
}
