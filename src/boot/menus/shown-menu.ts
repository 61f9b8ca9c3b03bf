/** The entries of a menu as they are shown: arguments as they stand, secrets of our keys hidden. */
import type { Redact } from '../../config/redact.ts';
import type { KernelLine, Menu } from './menus.ts';

export interface ShownEntry {
  readonly title: string;
  readonly id: string | null;
  readonly kernels: readonly { readonly kernel: string; readonly arguments: readonly string[] }[];
}

/** Arguments for all entries of ISOLINUX, and kernels in functions of GRUB. */
const looseTitle = 'outside of entries';

/** `bytes` are what the menu was read of: for arguments that GRUB's variables decide. */
export function shownEntries(menu: Menu, bytes: Uint8Array, redact: Redact): ShownEntry[] {
  const text = Buffer.from(bytes);
  const shown = ({ kernel, arguments: own, inherited }: KernelLine) => ({
    kernel,
    arguments:
      inherited?.map((word) => shownArgument(word, redact)) ??
      own.map(({ word, start, end }) => shownArgument(word ?? text.toString('utf8', start, end), redact)),
  });
  const loose = menu.loose.map(shown);
  return [
    ...menu.entries.map(({ title, id, kernels }) => ({ title, id: id ?? null, kernels: kernels.map(shown) })),
    ...(loose.length === 0 ? [] : [{ title: looseTitle, id: null, kernels: loose }]),
  ];
}

/** A word has no quotes: all of it after the name of a secret is that. */
function shownArgument(word: string, redact: Redact): string {
  const name = `${word.split('=', 1)[0]}=`;
  const hidden = redact(`${name}x`);
  return hidden === `${name}x` ? redact(word) : hidden;
}
