/** What an overlay must know of the system that it goes on. Plain JSON. */
import type { Manifest } from '../../media/manifest.ts';
import type { BootConfig } from './boot-config.ts';

export interface OverlayFacts {
  readonly v: 1;
  /** A folder, or an image and the place of the file system in it. */
  readonly target:
    | { readonly kind: 'folder'; readonly path: string }
    | {
        readonly kind: 'image';
        readonly path: string;
        /** Bytes. */
        readonly offset: number;
        readonly size: number;
        /** The number of the partition; 0 where the image has no partition table. */
        readonly partition: number;
      };
  /** Of the programs of that system; undefined when none was found or is known. */
  readonly arch: Manifest['arch'] | undefined;
  /** In words, what the programs are for when that is none of ours: `RISC-V`. */
  readonly machine: string;
  /** It has the folders of a Linux, and an init. */
  readonly linux: boolean;
  /** `Raspbian GNU/Linux 12 (bookworm)`; empty when it does not say. */
  readonly name: string;
  /** What starts it: our own after an overlay. */
  readonly init: {
    /** Where /sbin really is in that root. */
    readonly folder: string;
    readonly kind: 'link' | 'file' | 'missing' | 'ours';
    /** Of a link, its target. */
    readonly target: string;
    /** An old init is kept beside it. */
    readonly kept: boolean;
  };
  /** What of /bos is there: `foreign` is not ours. */
  readonly bos: 'nothing' | 'unfinished' | 'complete' | 'foreign';
  /** Bytes that can be written there. */
  readonly free: number;
  /** Files from which the boot loader takes the kernel command line. */
  readonly bootConfigs: readonly BootConfig[];
}
