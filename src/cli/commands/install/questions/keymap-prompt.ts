/** The keyboard layout, where somebody is about to type a password at a screen: the kernel begins with that of the US. */
import { keymap, keymapNames } from '../../../../config/keys/keymaps.ts';
import { messageWithDetails } from '../../../../errors.ts';
import type { Host } from '../../../../host/ports.ts';
import { loadKeymap } from '../../../../runtime/appliers/keymap.ts';
import { trimmedHint, validateInput } from '../../../terminal/validate-input.ts';
import type { Conversation } from '../../../terminal/way-back.ts';

const usual = 'us';
const another = '';

/** Those of many keyboards, each with the name of its keymap. */
export const commonLayouts: Readonly<Record<string, string>> = {
  Belgian: 'be-latin1',
  Brazilian: 'br-abnt2',
  British: 'uk',
  'Canadian, multilingual': 'ca-multi',
  Croatian: 'croat',
  Czech: 'cz-lat2',
  Danish: 'dk-latin1',
  Dutch: 'nl',
  Dvorak: 'dvorak',
  Estonian: 'et',
  Finnish: 'fi-latin1',
  French: 'fr-latin9',
  German: 'de-latin1',
  Hungarian: 'hu',
  Italian: 'it',
  Japanese: 'jp106',
  'Latin American': 'la-latin1',
  Norwegian: 'no-latin1',
  Polish: 'pl',
  Portuguese: 'pt-latin1',
  Romanian: 'ro',
  Slovak: 'sk-qwertz',
  Slovenian: 'slovene',
  Spanish: 'es',
  Swedish: 'se-latin1',
  'Swiss, French': 'fr_CH',
  'Swiss, German': 'sg',
  Turkish: 'trq',
};

/**
 * Whether the keys that are pressed here go through the kernel's keymap, and that is ours to change: the terminal is a
 * virtual console of a live system, not a serial line and not over ssh.
 */
export async function hasOwnKeymap({ files }: Host): Promise<boolean> {
  if (!(await files.exists('/run/bos/boot.json'))) return false;
  const terminal = await files.readLink('/proc/self/fd/0').catch(() => '');
  if (terminal !== '/dev/console') return /^\/dev\/tty\d+$/.test(terminal);
  // console(4): the last of its consoles is what is typed at.
  const consoles = await files.readText('/sys/class/tty/console/active').catch(() => '');
  return /(^|\s)tty\d+$/.test(consoles.trim());
}

/** The name of the keymap, which counts from the next key on; undefined for what the kernel begins with. */
export async function askForKeymap(host: Host, talk: Conversation): Promise<string | undefined> {
  const chosen = await talk.select({
    message: 'Keyboard layout?',
    choices: [
      { name: 'US English', value: usual },
      ...Object.entries(commonLayouts).map(([name, value]) => ({ name, value })),
      { name: 'another, by the name of its keymap', value: another },
    ],
  });
  const name = chosen === another ? await askForName(talk) : chosen;
  const why = await talk.once(() => loadKeymap(host, name).then(() => undefined, messageWithDetails));
  if (why !== undefined) talk.tell(`The layout cannot be used before the restart: ${why}.\n`);
  return name === usual ? undefined : name;
}

async function askForName(talk: Conversation): Promise<string> {
  const answer = await talk.input({
    message: `Keymap (one of ${keymapNames.length}, such as dvorak-de):`,
    validate: validateInput(keymap),
    hint: trimmedHint(keymap),
  });
  return answer.trim();
}
