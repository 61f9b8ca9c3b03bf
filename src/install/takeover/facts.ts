/** What a takeover must know of the Linux that runs: its root, its GRUB, its firmware. Plain JSON; reads only. */
import type { GrubFolder } from '../../boot/menus/takeover-menu.ts';
import type { MachineFacts } from '../../disk/facts.ts';

/** What the root file system lies on. */
export type RootDeviceKind = 'partition' | 'disk' | 'lvm' | 'crypt' | 'raid' | 'other';

export interface RootFacts {
  /** As the kernel calls it: ext4, btrfs, overlay, … */
  readonly fsType: string;
  /** As it was named when mounting. */
  readonly source: string;
  readonly readOnly: boolean;
  /** The mount shows the whole of the file system, not a folder of it. */
  readonly whole: boolean;
  /** Undefined: none that the kernel knows (a container, a network file system). */
  readonly device?: {
    /** `/dev/vda1` */
    readonly path: string;
    readonly kind: RootDeviceKind;
    /** Of the partition, `/dev/vda`. */
    readonly disk?: string;
  };
  /** Of the file system, lower case; undefined when its super block is not known. */
  readonly uuid?: string;
  /** Features of ext4 for which GRUB refuses all of it; undefined for none. */
  readonly unknownToGrub?: readonly string[];
}

/** Where a folder of GRUB lies that is not on the file system of the root. */
export interface BootPlace extends RootFacts {
  /** `/boot` */
  readonly mountPoint: string;
  /** The folder, from the root of that file system on: `/grub`. */
  readonly path: string;
}

/** One of the two folders in which GRUB's menu can be. */
export interface GrubFacts {
  readonly folder: GrubFolder;
  readonly readsCustom: boolean;
  readonly startsOnce: boolean;
  /** It starts nothing until somebody presses a key. */
  readonly waits?: true;
  /** ok: a block in which the one-time entry has room. */
  readonly environment: 'ok' | 'missing' | 'link' | 'invalid' | 'full';
  /** Undefined: on the root. */
  readonly place?: BootPlace;
}

/** What the GRUB that firmware starts will read. */
export interface LoaderFacts {
  /**
   * Menus that GRUB is told to read, as `UUID:/boot/grub`; UUID is empty where a partition of the same disk is named
   * by its number, which then is the one of the root.
   */
  readonly menus: readonly string[];
  /** Why nothing was found, in words. */
  readonly problem?: string;
  /** The shim on the EFI system partition trusts the keys of Debian. */
  readonly debianShim: boolean;
}

export interface TakeoverFacts
  extends Pick<MachineFacts, 'arch' | 'system' | 'firmware' | 'secureBoot' | 'consoles'> {
  readonly v: 1;
  /** In words, when the system runs in one: `lxc`. */
  readonly container?: string;
  readonly root: RootFacts;
  /** Other file systems that are mounted below the root, but those of the kernel and in memory. */
  readonly mounts: readonly { readonly mountPoint: string; readonly source: string }[];
  /** Every folder that has a menu. */
  readonly grub: readonly GrubFacts[];
  readonly loader: LoaderFacts;
  /** Bytes free on the root for root. */
  readonly freeSpace: number;
  /** What of ours is there. foreign: a folder `/bos` that is not ours. */
  readonly ours: 'nothing' | 'unfinished' | 'pending' | 'foreign';
  /** Where it is: `/bos`, or `/boot/bos`. */
  readonly oursAt?: string;
  /** Of one that is pending: when and why a try of it ended here again, in a line. */
  readonly returned?: string;
  /** A partition with this label is there that is not the root. */
  readonly otherState?: string;
  /** Programs that are needed and missing. */
  readonly missing: readonly string[];
}
