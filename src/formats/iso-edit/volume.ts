/**
 * The trees of an ISO 9660 image: one image may show the same files through several volume descriptors. There is the
 * primary one, Joliet's (a supplementary descriptor), and, where partition 1 of a stick is to be mountable as well, a
 * second set that lies in the partition and counts its blocks from there (xorriso's -partition_offset).
 */
import { refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import { blockSize, type Extent, type Naming, recordBytes, systemUse } from './record.ts';

export interface Volume {
  /** `enhanced` is ISO 9660:1999's. */
  readonly kind: 'primary' | 'joliet' | 'enhanced';
  /** Blocks of the image before the blocks that this tree counts; 0 for the image itself. */
  readonly base: number;
  /** Where its descriptor lies, in bytes of the image. */
  readonly at: number;
  readonly descriptor: Uint8Array;
  readonly naming: Naming;
  /** Bytes to leave out of each system use area (SUSP 5.3, "SP"). */
  readonly skip: number;
  readonly root: Extent;
}

/** Offsets in a volume descriptor (ECMA-119, 8.4). */
export const descriptorFields = {
  volumeId: 40,
  spaceSize: 80,
  pathTableSize: 132,
  pathTableL: 140,
  optionalL: 144,
  pathTableM: 148,
  optionalM: 152,
  root: 156,
} as const;

const lastSector = 64;

/**
 * The descriptors of the set that begins 16 blocks after block `base`; none when there is no set. Throws OpsError
 * (refused) `iso-invalid` for one that makes no sense.
 */
export async function readVolumes(source: ByteSource, base: number): Promise<Volume[]> {
  const volumes: Volume[] = [];
  for (let sector = 16; sector < lastSector; sector += 1) {
    const at = (base + sector) * blockSize;
    const descriptor = Uint8Array.from(await source.read(at, blockSize));
    if (descriptor.length < blockSize || latin1(descriptor, 1, 6) !== 'CD001' || descriptor[0] === 255) break;
    const kind = kindOf(descriptor);
    if (kind === undefined || volumes.some((volume) => volume.kind === kind)) continue;
    const view = new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.length);
    const record = recordBytes(descriptor.subarray(0, descriptorFields.root + 34), descriptorFields.root);
    const root = {
      block: view.getUint32(descriptorFields.root + 2, true) + (record[1] ?? 0),
      size: view.getUint32(descriptorFields.root + 10, true),
    };
    if (view.getUint16(128, true) !== blockSize || ((record[25] ?? 0) & 2) === 0 || root.size === 0)
      throw refused('iso-invalid', `The volume descriptor at byte ${at} is invalid`, {
        hint: 'The image is damaged or incomplete: copy or download it again.',
      });
    const first = await source.read((base + root.block) * blockSize, blockSize);
    const { naming, skip } = kind === 'joliet' ? { naming: 'joliet' as const, skip: 0 } : rockRidge(first);
    volumes.push({ kind, base, at, descriptor, naming, skip, root });
  }
  return volumes;
}

/** Joliet by its escape sequence (8.5.6), the one of ISO 9660:1999 by its version 2 (8.5.2 there). */
function kindOf(descriptor: Uint8Array): Volume['kind'] | undefined {
  if (descriptor[0] === 1) return 'primary';
  if (descriptor[0] !== 2) return undefined;
  if (/^%\/[@CE]/.test(latin1(descriptor, 88, 91))) return 'joliet';
  return descriptor[6] === 2 ? 'enhanced' : undefined;
}

/** Rock Ridge is there when the root's `.` begins with "SP" (SUSP 5.3). */
function rockRidge(directory: Uint8Array): { naming: Naming; skip: number } {
  const use = systemUse(recordBytes(directory, 0));
  const there = latin1(use, 0, 2) === 'SP' && use[4] === 0xbe && use[5] === 0xef;
  return there ? { naming: 'rock-ridge', skip: use[6] ?? 0 } : { naming: 'plain', skip: 0 };
}

const latin1 = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');
