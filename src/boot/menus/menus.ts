/**
 * What the menus of boot loaders have in common, whoever made them: entries with titles, and the lines that start a
 * kernel with arguments. grub-menu.ts and isolinux-menu.ts read them; menu-edit.ts changes them.
 */

/** Bytes of a menu; what is longer is not read as one. Menus of distributions have at most some hundred KiB. */
export const menuLimit = 1024 * 1024;

export type BootLoader = 'grub' | 'isolinux' | 'systemd-boot' | 'unified-kernel';

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
  /** Behind the kernel, or where the first argument begins when they have a line of their own. */
  readonly start: number;
  /** The kernel stands in the same line. */
  readonly inOneLine?: boolean;
  /** Another line of the same kernel follows, which takes what is added. */
  readonly continued?: boolean;
  /** It has no arguments of its own, and gets those that are said for all entries: these. */
  readonly inherited?: readonly string[];
  /** Where further arguments go: instead of these bytes of the file, between these texts. */
  readonly more: {
    readonly start: number;
    readonly end: number;
    readonly before: string;
    readonly after: string;
  };
}

/** What installers divide arguments by: those behind it go to the installed system. Once it was `--`. */
export const isSeparator = (word: string | undefined): boolean => word === '---' || word === '--';

/** What the other files of a menu say of this one. */
export interface MenuContext {
  /** Entries that a command line can start by name. */
  readonly labels: ReadonlySet<string>;
  /** The arguments that are said for all entries, in a file that goes on in this one. */
  readonly inherited?: readonly string[];
}

export interface MenuEntry {
  /** What a person sees; the keyword of a line that starts a kernel by itself. */
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
  /** Kernels that no entry starts itself: in functions of GRUB, or ISOLINUX's arguments for all entries (no kernel). */
  readonly loose: readonly KernelLine[];
  /** As written; the last one said. */
  readonly default: string | undefined;
  /** Seconds; undefined when it is not said, or not a number. */
  readonly timeout: number | undefined;
  /** Files that it goes on in, as written, variables as `${name}`. */
  readonly includes: readonly string[];
}
