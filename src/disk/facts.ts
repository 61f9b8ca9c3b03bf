/** What probing saw of a machine and its disks: plain JSON, printed by `opsctl facts`, the input of every plan. */
import type { ArchitectureName } from '../architectures.ts';

/** A signature as libblkid reports it: `ext4`, `vfat`, `LVM2_member`, `iso9660`, … */
export interface Signature {
  readonly type: string;
  readonly label?: string;
  readonly uuid?: string;
}

export interface PartitionFacts {
  /** `/dev/vda1` */
  readonly path: string;
  readonly number: number;
  /** Bytes. */
  readonly start: number;
  readonly size: number;
  /** GPT type GUID, lower case, or MBR type as `0x83`. */
  readonly type?: string;
  /** Its own GUID in the GPT, lower case. */
  readonly guid?: string;
  readonly name?: string;
  readonly signature?: Signature;
  readonly mounts: readonly string[];
  /** Kernel names of what is stacked on it: dm-0, md127. */
  readonly holders: readonly string[];
}

/** A device that the kernel has made of disks or partitions: LVM, RAID, encryption, a cache. */
export interface StackedDevice {
  /** dm-0, md127, bcache0 */
  readonly kernelName: string;
  /** `/dev/mapper/vg-root` */
  readonly path: string;
  /** As lsblk calls it: lvm, crypt, mpath, raid1; `part` for a partition of a stacked device. */
  readonly type: string;
  readonly mounts: readonly string[];
  /** The other disks that it lies on. */
  readonly alsoOn: readonly string[];
  /** What follows is missing in facts that an older version has recorded. */
  /** Bytes. */
  readonly size?: number;
  readonly signature?: Signature;
  /** What it lies on directly, on all disks: `/dev/sda2`, `/dev/md127`. */
  readonly on?: readonly string[];
  /** What the device mapper knows it by: `LVM-` and the UUIDs of group and volume, `CRYPT-LUKS2-…`. */
  readonly mapperId?: string;
}

/**
 * What a disk carries, as far as an installer must know.
 * - empty: no signature, no partition.
 * - unfinished: our own installation that never reached its valid mark.
 * - bhojpur: a valid installation. damaged: one that was valid and is not whole.
 * - data: anything else.
 */
export type DiskContent = 'empty' | 'unfinished' | 'bhojpur' | 'damaged' | 'data';

export interface DiskFacts {
  /** `/dev/nvme0n1` */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly logicalSectorSize: number;
  readonly physicalSectorSize: number;
  readonly model?: string;
  readonly serial?: string;
  readonly transport?: string;
  readonly removable: boolean;
  readonly readOnly: boolean;
  /** /dev/disk/by-id and by-path names. */
  readonly links: readonly string[];
  readonly tableType?: 'gpt' | 'dos';
  readonly signature?: Signature;
  readonly partitions: readonly PartitionFacts[];
  readonly mounts: readonly string[];
  readonly holders: readonly string[];
  /** Everything above the disk and its partitions; what stands on another comes before it. */
  readonly stacked: readonly StackedDevice[];
  /** The running system was started from it. */
  readonly bootMedium: boolean;
  readonly content: DiskContent;
  /** In words, for a person: `ext4 "home", LVM2_member`. */
  readonly contentSummary: string;
}

export interface MachineFacts {
  readonly v: 1;
  readonly arch: ArchitectureName;
  readonly firmware: 'bios' | 'efi';
  readonly secureBoot: boolean;
  /** live: booted from a medium; installed: from a disk; other: not Bhojpur OS. */
  readonly system: 'live' | 'installed' | 'other';
  /** Bytes. */
  readonly memory: number;
  /** The `console=` arguments of this boot, in order: `ttyS0,115200`. */
  readonly consoles: readonly string[];
  readonly disks: readonly DiskFacts[];
  /** Where the medium's files are: a folder that holds bos/system/manifest.json. */
  readonly mediumRoot?: string;
  /** Random ids for a plan to use, so that planning itself is pure. */
  readonly ids: {
    readonly disk: string;
    readonly biosGrub: string;
    readonly esp: string;
    readonly state: string;
    readonly stateFs: string;
    /** Of a disk for /var: its table, its partition, its file system. */
    readonly varDisk: string;
    readonly varPartition: string;
    readonly varFs: string;
    /** FAT volume serial, 8 hex digits. */
    readonly espFs: string;
  };
}
