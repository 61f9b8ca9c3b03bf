/**
 * The header of a qcow2 image, versions 2 and 3, as QEMU writes it. Numbers are big-endian. Offsets and rules: QEMU,
 * docs/interop/qcow2.txt, section "Header".
 */
import { type OpsError, refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';

/** `QFI\xfb` */
export const qcow2Magic = 0x514649fb;
/** Of version 2; version 3 goes on, and says how far. */
const shortHeader = 72;
const longHeader = 104;
/** QEMU's own limits (block/qcow2.h: MIN_CLUSTER_BITS, MAX_CLUSTER_BITS, QCOW_MAX_L1_SIZE). */
const clusterBits = { least: 9, most: 21 } as const;
const largestL1 = 32 * 2 ** 20;

/** "incompatible_features": what a reader has to know, or must leave the image alone. */
export const incompatible = { dirty: 1n, corrupt: 2n, dataFile: 4n, compressionType: 8n, extendedL2: 16n };

export interface Qcow2Header {
  readonly version: 2 | 3;
  /** Of the virtual disk, in bytes. */
  readonly size: number;
  readonly clusterBits: number;
  /** Where the first-level table begins, in bytes, and its entries. */
  readonly l1Offset: number;
  readonly l1Entries: number;
  readonly compression: 'zlib' | 'zstd';
  /** Internal snapshots, which share clusters with the disk. */
  readonly snapshots: number;
  /** Whether something in it describes the data and would be wrong after a write, such as a bitmap of changes. */
  readonly describesData: boolean;
}

export const damaged = (why: string, cause?: unknown): OpsError =>
  refused('image-damaged', `The qcow2 image is damaged: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Check it with `qemu-img check`, or copy it again.',
  });

const unsupported = (what: string, hint: string): OpsError =>
  refused('image-unsupported', `The qcow2 image ${what}`, { hint });

const flatten = 'Make a plain copy with `qemu-img convert -O qcow2 OLD NEW`.';

/** Whether a file that begins like this is a qcow2 image of whatever version. */
export const isQcow2 = (start: Uint8Array): boolean =>
  start.length >= 4 && Buffer.from(start.buffer, start.byteOffset, 4).readUInt32BE(0) === qcow2Magic;

/**
 * Reads the header. Throws OpsError (refused) `image-damaged` for what is not a qcow2 image or contradicts itself,
 * `image-unsupported` for what is not all in this one file or needs something that is not known here.
 */
export async function readQcow2Header(source: ByteSource): Promise<Qcow2Header> {
  const bytes = Buffer.from(await source.read(0, longHeader + 8));
  if (bytes.length < shortHeader || !isQcow2(bytes)) throw damaged('it does not begin with a qcow2 header');
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3)
    throw unsupported(`has version ${version}`, `Versions 2 and 3 can be read. ${flatten}`);
  const long = version === 3;
  if (long && bytes.length < longHeader) throw damaged('it ends in its header');
  refuseParts(bytes, long ? bytes.readBigUInt64BE(72) : 0n);
  const bits = bytes.readUInt32BE(20);
  if (bits < clusterBits.least || bits > clusterBits.most) throw damaged(`its clusters have 2^${bits} bytes`);
  const size = safe(bytes.readBigUInt64BE(24), 'its size');
  const l1Entries = bytes.readUInt32BE(36);
  const l1Offset = safe(bytes.readBigUInt64BE(40), 'the offset of its L1 table');
  const needed = Math.ceil(size / 2 ** (bits + bits - 3));
  if (l1Entries < needed) throw damaged(`its L1 table has ${l1Entries} entries instead of ${needed}`);
  if (needed * 8 > largestL1) throw damaged(`its L1 table would have ${needed} entries`);
  if (l1Offset % 2 ** bits !== 0 || l1Offset + needed * 8 > source.size)
    throw damaged('its L1 table does not lie in it');
  return {
    ...{ version, size, clusterBits: bits, l1Offset, l1Entries: needed },
    compression: long ? compressionOf(bytes) : 'zlib',
    snapshots: bytes.readUInt32BE(60),
    // "autoclear_features": a writer that does not keep up what they stand for has to clear them.
    describesData: long && bytes.readBigUInt64BE(88) !== 0n,
  };
}

/** What the image consists of beside this file, and what its incompatible features are. */
function refuseParts(bytes: Buffer, features: bigint): void {
  const method = bytes.readUInt32BE(32);
  if (method !== 0) throw unsupported('is encrypted', `Make a copy that is not. ${flatten}`);
  if (bytes.readBigUInt64BE(8) !== 0n) throw unsupported('needs another one, its backing file', flatten);
  if (features & incompatible.dataFile) throw unsupported('has its data in another file', flatten);
  if (features & (incompatible.dirty | incompatible.corrupt))
    throw damaged('it is marked as not closed properly, or as corrupt');
  if (features & incompatible.extendedL2) throw unsupported('has extended L2 entries', flatten);
  const known = Object.values(incompatible).reduce((all, bit) => all | bit, 0n);
  const unknown = features & ~known;
  if (unknown !== 0n) throw unsupported(`has unknown features (0x${unknown.toString(16)})`, flatten);
}

/** "compression_type", in headers that are long enough; zlib in all others. */
function compressionOf(bytes: Buffer): Qcow2Header['compression'] {
  const long = bytes.readUInt32BE(100) > longHeader && bytes.length > longHeader;
  const type = long ? bytes.readUInt8(104) : 0;
  if (type > 1) throw unsupported(`has clusters that are compressed by method ${type}`, flatten);
  return type === 0 ? 'zlib' : 'zstd';
}

function safe(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`${what} is ${value} bytes`);
  return Number(value);
}
