/**
 * What the boot sector of a FAT file system tells, and whether it is a FAT32 that every reader accepts. Offsets
 * and rules: Microsoft, "FAT32 File System Specification" 1.03, sections "Boot Sector and BPB" and
 * "FAT Type Determination".
 */
import type { ByteSource } from '../../bytes.ts';
import { withoutTrailing } from '../../trailing.ts';

export interface FatInfo {
  /** By the layout of the boot sector for FAT32, by the count of clusters for the others. */
  readonly type: 'fat12' | 'fat16' | 'fat32';
  /** Of the boot sector; empty for `NO NAME`. */
  readonly label: string;
  /** `1A2B-3C4D` */
  readonly serial: string;
  readonly bytesPerSector: number;
  readonly sectorsPerCluster: number;
  readonly clusters: number;
  /** Bytes. */
  readonly size: number;
}

/** The smallest FAT32: with fewer clusters, readers take it for FAT16. */
export const fat32MinimumClusters = 65525;

/** Reads the boot sector; undefined when it is not one of a FAT file system. */
export async function probeFat(source: ByteSource): Promise<FatInfo | undefined> {
  const sector = await source.read(0, 512);
  if (sector.length < 512 || sector[510] !== 0x55 || sector[511] !== 0xaa) return undefined;
  const view = new DataView(sector.buffer, sector.byteOffset, 512);
  const bytesPerSector = view.getUint16(11, true);
  const sectorsPerCluster = view.getUint8(13);
  const reserved = view.getUint16(14, true);
  const fats = view.getUint8(16);
  const rootEntries = view.getUint16(17, true);
  const total = view.getUint16(19, true) || view.getUint32(32, true);
  const isFat32 = view.getUint16(22, true) === 0;
  const fatSectors = isFat32 ? view.getUint32(36, true) : view.getUint16(22, true);
  const sane =
    [512, 1024, 2048, 4096].includes(bytesPerSector) &&
    isPowerOfTwo(sectorsPerCluster) &&
    reserved > 0 &&
    (fats === 1 || fats === 2) &&
    fatSectors > 0;
  if (!sane) return undefined;
  const rootSectors = Math.ceil((rootEntries * 32) / bytesPerSector);
  const dataSectors = total - reserved - fats * fatSectors - rootSectors;
  if (dataSectors < 0) return undefined;
  const clusters = Math.floor(dataSectors / sectorsPerCluster);
  // BS_VolID, BS_VolLab
  const extended = isFat32 ? 64 : 36;
  return {
    type: isFat32 ? 'fat32' : clusters < 4085 ? 'fat12' : 'fat16',
    label: label(sector.subarray(extended + 7, extended + 18)),
    serial: serial(view.getUint32(extended + 3, true)),
    bytesPerSector,
    sectorsPerCluster,
    clusters,
    size: total * bytesPerSector,
  };
}

/**
 * What makes a FAT file system no valid FAT32 on a disk with logical sectors of `deviceSectorSize` bytes;
 * empty when it is one.
 */
export function fat32Faults(info: FatInfo, deviceSectorSize: number): string[] {
  const faults: string[] = [];
  if (info.type !== 'fat32') faults.push(`it is ${info.type.toUpperCase()}`);
  if (info.clusters < fat32MinimumClusters)
    faults.push(`it has ${info.clusters} clusters, FAT32 needs ${fat32MinimumClusters}`);
  if (info.bytesPerSector < deviceSectorSize)
    faults.push(
      `its sectors of ${info.bytesPerSector} bytes are smaller than the disk's ${deviceSectorSize}`,
    );
  return faults;
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

function label(bytes: Uint8Array): string {
  const text = withoutTrailing(Buffer.from(bytes).toString('latin1'), '\0 ');
  return text === 'NO NAME' ? '' : text;
}

function serial(value: number): string {
  const hex = value.toString(16).toUpperCase().padStart(8, '0');
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}
