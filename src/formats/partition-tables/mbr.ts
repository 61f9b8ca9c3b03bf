/** The master boot record: boot code, disk signature and four partition entries (UEFI 2.10 section 5.2.1). */

export interface MbrPartition {
  /** 1 to 4. */
  readonly number: number;
  readonly active: boolean;
  /** One byte, 0x83 for Linux; 0 never occurs. */
  readonly type: number;
  /** In logical sectors. */
  readonly firstLba: number;
  readonly sectors: number;
}

export interface Mbr {
  /** The 32 bits at 440 that NT and Linux tell disks apart by. */
  readonly diskSignature: number;
  /** Something other than zeros lies before the disk signature: the firmware may run it. */
  readonly hasBootCode: boolean;
  /** One of the entries is the one that guards a GPT (type 0xEE, UEFI 2.10 section 5.2.3). */
  readonly protective: boolean;
  readonly partitions: readonly MbrPartition[];
}

/** Where the boot code ends and what belongs to the disk begins. */
export const bootCodeSize = 440;
export const mbrSize = 512;
export const protectiveType = 0xee;

const tableOffset = 446;
const entrySize = 16;

/**
 * Decodes the first 512 bytes of a disk; undefined when they do not end in 55 AA. A FAT boot sector ends so too:
 * that its "entries" make sense is for the caller to judge.
 */
export function decodeMbr(sector: Uint8Array): Mbr | undefined {
  if (sector.length < mbrSize || sector[510] !== 0x55 || sector[511] !== 0xaa) return undefined;
  const view = new DataView(sector.buffer, sector.byteOffset, mbrSize);
  const partitions: MbrPartition[] = [];
  for (let index = 0; index < 4; index += 1) {
    const offset = tableOffset + index * entrySize;
    const type = view.getUint8(offset + 4);
    if (type === 0) continue;
    partitions.push({
      number: index + 1,
      active: view.getUint8(offset) === 0x80,
      type,
      firstLba: view.getUint32(offset + 8, true),
      sectors: view.getUint32(offset + 12, true),
    });
  }
  return {
    diskSignature: view.getUint32(bootCodeSize, true),
    hasBootCode: sector.subarray(0, bootCodeSize).some((byte) => byte !== 0),
    protective: partitions.some((partition) => partition.type === protectiveType),
    partitions,
  };
}

/**
 * The MBR that guards a GPT: no boot code, one entry of type 0xEE over the whole disk or as much of it as 32 bits
 * can say (UEFI 2.10 section 5.2.3, table 5.4).
 */
export function encodeProtectiveMbr(diskSectors: number): Uint8Array {
  const sector = new Uint8Array(mbrSize);
  const view = new DataView(sector.buffer);
  sector.set([0x00, 0x00, 0x02, 0x00, protectiveType, 0xff, 0xff, 0xff], tableOffset);
  view.setUint32(tableOffset + 8, 1, true);
  view.setUint32(tableOffset + 12, Math.min(diskSectors - 1, 0xffffffff), true);
  sector.set([0x55, 0xaa], 510);
  return sector;
}
