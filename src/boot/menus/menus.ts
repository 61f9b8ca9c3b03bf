/**
 * What the menus of boot loaders have in common, whoever made them: entries with titles, and the lines that start a
 * kernel with arguments. grub-menu.ts and isolinux-menu.ts read them; menu-edit.ts changes them.
 */

export type BootLoader = 'grub' | 'isolinux';

export interface MenuArgument {
  /** As the kernel gets it, without quotes: `name=value with spaces`; undefined when variables of GRUB decide. */
  readonly word: string | undefined;
  /** Bytes of the file. */
  readonly start: number;
  readonly end: number;
}

export interface KernelLine {
  /** The kernel's file as it is written, variables as `${name}`. */
  readonly kernel: string;
  readonly arguments: readonly MenuArgument[];
  /** Behind the kernel; in ISOLINUX, whose arguments have a line of their own, where the first one begins. */
  readonly start: number;
  /** Where further arguments go: instead of these bytes of the file, between these texts. */
  readonly more: {
    readonly start: number;
    readonly end: number;
    readonly before: string;
    readonly after: string;
  };
}

export interface MenuEntry {
  /** What a person sees. */
  readonly title: string;
  /** GRUB's --id, ISOLINUX's label. */
  readonly id: string | undefined;
  /** What `default` must say for it to start by itself, submenus included. */
  readonly reference: string;
  readonly kernels: readonly KernelLine[];
}

export interface Menu {
  readonly loader: BootLoader;
  readonly entries: readonly MenuEntry[];
  /** Kernels that no entry starts itself: in functions of GRUB, or ISOLINUX's arguments for all entries. */
  readonly loose: readonly KernelLine[];
  /** As written; the last one said. */
  readonly default: string | undefined;
  /** Seconds; undefined when it is not said, or not a number. */
  readonly timeout: number | undefined;
  /** Files that it goes on in, as written, variables as `${name}`. */
  readonly includes: readonly string[];
}
