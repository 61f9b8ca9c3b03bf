/** What the boot menu of an ISO says and a kit made of it does not: somebody may have put it in on purpose. */
import { architectureNames, architectures } from '../../architectures.ts';
import type { Iso } from '../../formats/iso9660/image.ts';
import { findMenus } from '../inspect/find-menus.ts';

/** Those that the menus of every medium have, or that say what an entry is. */
const usual = /^(bos\.(mode|fallback_mode)=.*|quiet|console=tty0)$/;
const serialLines = architectureNames.map((name) => `console=${architectures[name].serial}`);
/** Also without its speed. */
const isUsual = (word: string) =>
  usual.test(word) || serialLines.some((line) => word === line || word === line.replace(/,.*$/, ''));

/**
 * Of the entries for a live system and the installer: the names of arguments that are not among the words of the kit.
 * Their values may be secrets.
 */
export async function leftOut(iso: Iso, words: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const { menu } of await findMenus(iso))
    for (const { kernels } of menu.entries)
      for (const line of kernels) {
        const own = line.arguments.flatMap(({ word }) => (word === undefined ? [] : [word]));
        if (!own.some((word) => /^bos\.mode=(live|install)$/.test(word))) continue;
        for (const word of own)
          if (!isUsual(word) && !words.includes(word)) found.add(word.replace(/=.*$/s, ''));
      }
  return [...found];
}
