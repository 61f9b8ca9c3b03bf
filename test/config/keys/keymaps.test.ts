/** Names of keymaps: those of the image, and what is said about others. */
import test from 'ava';
import { commonLayouts } from '../../../src/cli/commands/install/questions/keymap-prompt.ts';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { keymap, keymapNames } from '../../../src/config/keys/keymaps.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

test('keymaps are names of files, each once, in order', (t) => {
  t.deepEqual(keymapNames, [...new Set(keymapNames)].toSorted());
  t.true(keymapNames.length > 100);
  for (const name of keymapNames) t.regex(name, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/);
});

test('a keymap of the image is taken, from a file and on the command line', (t) => {
  for (const name of ['us', 'de', 'fr', 'de-latin1', 'fr_CH-latin1', 'us-intl.iso15']) {
    const file = parseConfigYaml(Buffer.from(`bos: {keymap: ${name}}\n`), 'config.yaml', 'system');
    for (const { layer, diagnostics } of [file, parseCommandLine(`bos.keymap=${name}`)]) {
      t.deepEqual(diagnostics, []);
      t.is(layer.entries.get('bos.keymap')?.value, name);
    }
  }
});

test('another name is refused with the one that is meant', (t) => {
  for (const [given, said] of [
    ['de-latin', 'did you mean de-latin1?'],
    ['DE', 'did you mean de?'],
    ['gb', 'that layout is called uk here'],
    ['br', 'that layout is called br-abnt2 here'],
    ['ch-fr', 'that layout is called fr_CH here'],
    ['constructor', 'uk'],
    ['../de', 'uk'],
    ['-h', 'uk'],
  ] as const) {
    const fault = keymap(given) ?? '';
    t.true(fault.startsWith('expected the name of a console keymap, such as de-latin1, fr or uk'), given);
    t.true(fault.includes(said), `${given}: ${fault}`);
  }
  // What is suggested can be taken.
  for (const name of [
    'be',
    'br',
    'ca',
    'ch',
    'cz',
    'de_CH',
    'gb',
    'hr',
    'jp',
    'latam',
    'pt',
    'se',
    'si',
    'tr',
  ]) {
    const [, other = ''] = /called (\S+) here/.exec(keymap(name) ?? '') ?? [];
    t.is(keymap(other), undefined, name);
  }
});

test('a wrong keymap in a file is a fault with its place', (t) => {
  const { diagnostics, layer } = parseConfigYaml(
    Buffer.from('hostname: a\nbos:\n  keymap: german\n'),
    'config.yaml',
    'system',
  );
  t.like(diagnostics, [{ severity: 'error', key: 'bos.keymap', place: { line: 3 } }]);
  t.is(layer.entries.get('bos.keymap'), undefined);
});

test('the layouts that the installer offers are in the image', (t) => {
  for (const [layout, name] of Object.entries(commonLayouts)) t.true(keymapNames.includes(name), layout);
});
