/**
 * Keyboard layouts of the virtual consoles, by the names of the keymaps in the image: Debian's console-data for PCs. The
 * build keeps these and no others (os/keymaps.sh), and ends when one is not there. Pure.
 */

import { didYouMean } from '../nearest.ts';
import type { Check } from './key-types.ts';

/** In alphabetical order. `us` is what the kernel begins with. */
export const keymapNames: readonly string[] = `
  ANSI-dvorak azerty be-latin1 be2-latin1 bg bg-cp1251 br-abnt2 br-latin1 by ca-multi cf croat cz-lat2
  cz-lat2-prog cz-us-qwerty cz-us-qwertz de de-latin1 de-latin1-nodeadkeys defkeymap defkeymap_V1.0 dk
  dk-latin1 dvorak dvorak-classic dvorak-de dvorak-fr dvorak-fr-bepo dvorak-l dvorak-lisp dvorak-r dvorak-ru
  dvorak-uk emacs emacs2 es es-cp850 et et-nodeadkeys fi fi-latin1 fr fr-latin0 fr-latin1 fr-latin9 fr-pc
  fr-x11 fr_CH fr_CH-latin1 gr gr-pc gr-utf8 hebrew hu hu101 il il-heb il-phonetic is-latin1 is-latin1-us it
  it-ibm it2 jp106 kg kk la-latin1 lisp-us lk201-us lt lt.l4 lv-latin4 lv-latin7 mac-usb-be mac-usb-de-latin1
  mac-usb-de-latin1-nodeadkeys mac-usb-de_CH mac-usb-dk-latin1 mac-usb-dvorak mac-usb-es mac-usb-euro
  mac-usb-fi-latin1 mac-usb-fr mac-usb-fr_CH-latin1 mac-usb-it mac-usb-pt-latin1 mac-usb-se mac-usb-uk
  mac-usb-us mk nl no no-latin1 no-standard pc-dvorak-latin1 pc110 pl pl-qwertz pl1 pt-latin1 pt-old ro
  ro-academic ru ru-cp1251 ru-ms ru-yawerty ru1 ru2 ru3 ru4 ru_win se-fi-ir209 se-fi-lat6 se-ir209 se-lat6
  se-latin1 sg sg-latin1 sg-latin1-lk450 sk-prog sk-prog-qwerty sk-prog-qwertz sk-qwerty sk-qwertz slovene sr
  sr-cy th-tis tr_f-latin5 tr_q-latin5 tralt trf trfu trq trqu ua ua-utf ua-utf-ws ua-ws uaw uaw_uni uk us
  us-intl.iso01 us-intl.iso15 us-latin1 wangbe wo
`
  .trim()
  .split(/\s+/);

/** What X and other systems call layouts that have another name here. */
const otherNames: Readonly<Record<string, string>> = {
  be: 'be-latin1',
  br: 'br-abnt2',
  ca: 'ca-multi',
  ch: 'sg',
  cz: 'cz-lat2',
  de_CH: 'sg',
  'de_CH-latin1': 'sg-latin1',
  'ch-fr': 'fr_CH',
  gb: 'uk',
  hr: 'croat',
  jp: 'jp106',
  la: 'la-latin1',
  latam: 'la-latin1',
  pt: 'pt-latin1',
  se: 'se-latin1',
  si: 'slovene',
  tr: 'trq',
};

/** For an unknown name: what was expected. */
export const keymap: Check = (value) => {
  if (keymapNames.includes(value)) return undefined;
  const other = Object.hasOwn(otherNames, value) ? otherNames[value] : undefined;
  const meant =
    other === undefined ? didYouMean(value, keymapNames) : `; that layout is called ${other} here`;
  return `expected the name of a console keymap, such as de-latin1, fr or uk${meant}`;
};

/** The keymap for a layout of X (xkeyboard-config): `gb`, `de` with the variant `nodeadkeys`; undefined for others. */
export function keymapFor(layout: string, variant?: string): string | undefined {
  const [first = ''] = layout.split(',');
  const name = Object.hasOwn(otherNames, first) ? (otherNames[first] ?? '') : first;
  const wanted = variant === undefined ? name : `${name}-latin1-${variant}`;
  return [wanted, name].find((candidate) => keymapNames.includes(candidate));
}
