/**
 * An empty FAT32 volume, laid out in memory. Sections are those of Microsoft, "FAT32 File System Specification" 1.03;
 * little-endian.
 */
import { fat32MinimumClusters } from './boot-sector.ts';
import { labelRecord, paddedLabel } from './record.ts';

export interface NewVolume {
  /** Bytes. */
  readonly size: number;
  /** Bytes of a logical sector. */
  readonly sectorSize: 512 | 4096;
  readonly label: string;
  /** 32 bits. */
  readonly serial: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Bytes. */
export const newVolumeClusterSize = 4096;

/** Sectors before the tables: the boot sectors, and their copies ("Boot Sector and BPB"). */
const reservedSectors = 32;
const infoSector = 1;
const backupSector = 6;
const tables = 2;
const rootCluster = 2;
/** A fixed disk: BPB_Media, and the lowest byte of the first entry of the table. */
const media = 0xf8;

/**
 * Its bytes from the first to the end of the root folder, which is all there is. The data begin at a whole cluster of the
 * volume. Throws RangeError for fewer clusters than FAT32 has, or a label that is none.
 */
export function newFatVolume(volume: NewVolume): Buffer {
  const { sectorSize, label, time } = volume;
  const sectorsPerCluster = newVolumeClusterSize / sectorSize;
  const sectors = Math.floor(volume.size / sectorSize);
  const inClusters = (count: number) => Math.ceil(count / sectorsPerCluster) * sectorsPerCluster;
  // Larger than needed by the clusters that it takes away itself ("FAT Data Structure" allows it).
  const entries = Math.floor((sectors - reservedSectors) / sectorsPerCluster) + 2;
  const tableSectors = inClusters(Math.ceil((entries * 4) / sectorSize));
  const dataSector = reservedSectors + tables * tableSectors;
  const clusters = Math.floor((sectors - dataSector) / sectorsPerCluster);
  if (clusters < fat32MinimumClusters) throw new RangeError(`${clusters} clusters are too few for FAT32`);
  const bytes = Buffer.alloc(dataSector * sectorSize + newVolumeClusterSize);
  for (const start of [0, backupSector]) {
    const sector = (index: number) => bytes.subarray((start + index) * sectorSize);
    writeBootSector(sector(0), volume, { sectors, sectorsPerCluster, tableSectors });
    writeInfo(sector(infoSector), clusters - 1);
    // The third boot sector, which has code elsewhere.
    writeSignature(sector(2));
  }
  for (let index = 0; index < tables; index += 1) {
    const table = bytes.subarray((reservedSectors + index * tableSectors) * sectorSize);
    table.writeUInt32LE(0x0fffff00 | media, 0);
    // The upper bits: unmounted cleanly, no error met.
    table.writeUInt32LE(0x0fffffff, 4);
    table.writeUInt32LE(0x0fffffff, rootCluster * 4);
  }
  labelRecord(label, time).copy(bytes, dataSector * sectorSize);
  return bytes;
}

interface Geometry {
  readonly sectors: number;
  readonly sectorsPerCluster: number;
  readonly tableSectors: number;
}

/** "Boot Sector and BPB", with what FAT32 has from offset 36 on. */
function writeBootSector(
  sector: Buffer,
  { sectorSize, label, serial }: NewVolume,
  { sectors, sectorsPerCluster, tableSectors }: Geometry,
): void {
  const code = 90;
  sector.set([0xeb, code - 2, 0x90]);
  // "MSWIN4.1" is the recommended setting.
  sector.write('MSWIN4.1', 3, 'latin1');
  sector.writeUInt16LE(sectorSize, 11);
  sector.writeUInt8(sectorsPerCluster, 13);
  sector.writeUInt16LE(reservedSectors, 14);
  sector.writeUInt8(tables, 16);
  sector.writeUInt8(media, 21);
  // Of the geometry that a BIOS makes up for disks this large.
  sector.writeUInt16LE(63, 24);
  sector.writeUInt16LE(255, 26);
  sector.writeUInt32LE(sectors, 32);
  sector.writeUInt32LE(tableSectors, 36);
  sector.writeUInt32LE(rootCluster, 44);
  sector.writeUInt16LE(infoSector, 48);
  sector.writeUInt16LE(backupSector, 50);
  sector.writeUInt8(0x80, 64);
  // BS_BootSig: the three fields after it are there.
  sector.writeUInt8(0x29, 66);
  sector.writeUInt32LE(serial >>> 0, 67);
  sector.write(paddedLabel(label), 71, 'latin1');
  sector.write('FAT32   ', 82, 'latin1');
  // Nothing starts here: int 0x18 has the BIOS try the next device.
  sector.set([0xcd, 0x18, 0xf4, 0xeb, 0xfd], code);
  writeSignature(sector);
}

/** "FSInfo Sector Structure": the root folder takes the first cluster. */
function writeInfo(sector: Buffer, free: number): void {
  sector.write('RRaA', 0, 'latin1');
  sector.write('rrAa', 484, 'latin1');
  sector.writeUInt32LE(free, 488);
  sector.writeUInt32LE(rootCluster, 492);
  writeSignature(sector);
}

/** At byte 510, however large a sector is. */
function writeSignature(sector: Buffer): void {
  sector.writeUInt16LE(0xaa55, 510);
}
