import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { consoleWords, grubWord, kernelWords } from '../../src/boot/command-line.ts';
import { configWords, parseCommandLine } from '../../src/config/command-line/command-line.ts';
import { merge } from '../../src/config/sources/merge.ts';
import { grubText } from '../../src/formats/boot-config/grub-script.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { anyConfig } from '../config/keys/arbitrary.ts';
import { runs } from '../properties.ts';
import type { GrubVersion } from './menus/grub-model.ts';
import { grubRequote, grubScriptWords } from './menus/grub-model.ts';

const real = linuxHost();

const anyVersion = fc.constantFrom<GrubVersion>('2.06', '2.12');

const throughGrub = (words: readonly string[], version: GrubVersion): string =>
  grubRequote(grubScriptWords(words.map(grubWord).join(' ')), version);

test('a configuration arrives unchanged through grub.cfg, GRUB and the kernel', (t) => {
  fc.assert(
    fc.property(anyConfig, anyVersion, (config, version) => {
      const line = throughGrub(['quiet', ...configWords(config), 'console=ttyS0,115200'], version);
      const { layer, diagnostics, others } = parseCommandLine(line);
      t.deepEqual(diagnostics, []);
      t.deepEqual(
        others.map(({ name }) => name),
        ['quiet', 'console'],
      );
      t.deepEqual(merge([layer]).config, config);
    }),
  );
});

test("GRUB's own parser takes every line that is made of a configuration", async (t) => {
  const folder = await real.files.makeTempDir('bos-grub-words-');
  t.teardown(() => real.files.remove(folder));
  const lines = fc
    .sample(anyConfig, { numRuns: runs(200), seed: 4 })
    .map((config) => `linux /vmlinuz ${configWords(config).map(grubWord).join(' ')}\n`);
  const check = async (name: string, text: string) => {
    await real.files.write(join(folder, name), text);
    const { exitCode } = await real.processes.run('grub-script-check', [join(folder, name)], {
      okCodes: [0, 1],
    });
    return exitCode;
  };
  t.is(await check('good.cfg', lines.join('')), 0);
  t.is(await check('bad.cfg', `${lines.join('')}linux /vmlinuz 'open\n`), 1);
});

test('a word arrives unchanged or is refused', (t) => {
  const char = fc.constantFrom('a', '=', '"', "'", ' ', '\\', '\t', 'x41', '$', '*', '{', '#', 'à', '.');
  fc.assert(
    fc.property(fc.array(char), anyVersion, (chars, version) => {
      const word = chars.join('');
      let quoted: string;
      try {
        quoted = grubWord(word);
      } catch (error) {
        t.like(error, { kind: 'usage', code: 'argument-not-for-grub' });
        return;
      }
      const line = grubRequote([...grubScriptWords(quoted), 'next'], version);
      t.deepEqual(kernelWords(line), [word, 'next']);
    }),
    { numRuns: runs(500) },
  );
});

test('any text is one word of the script', (t) => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((text) => !/[\n\r]/.test(text)),
      (text) => {
        t.deepEqual(grubScriptWords(grubText(text)), [text]);
      },
    ),
  );
});

// What people write in grub.cfg by hand, after GRUB's script has taken its quotes away.
const typed = test.macro((t, word: string, token: string) => {
  t.is(merge([parseCommandLine(grubRequote([word], '2.06')).layer]).config['bos.token'], token);
});
test('typed: spaces', typed, 'bos.token=a b', 'a b');
test('typed: an apostrophe', typed, "bos.token=it's", "it's");
test('typed: a backslash', typed, String.raw`bos.token=a\b`, String.raw`a\b`);
test('typed: an escape', typed, String.raw`bos.token=a\x20b`, 'a b');
test('typed: a quote', typed, 'bos.token=a"b', 'a"b');
test('typed: a dollar', typed, 'bos.token=$6$a', '$6$a');

const consoles = test.macro((t, line: string, tty: string, expected: readonly string[]) => {
  t.deepEqual(consoleWords(line, tty), [...expected]);
});
test(
  'consoles are carried over in order, each once',
  consoles,
  'console=tty0 quiet console=ttyS0,9600 console=tty0',
  'auto',
  ['console=tty0', 'console=ttyS0,9600'],
);
test('a named terminal comes last', consoles, 'console=ttyS0,9600 console=tty0', 'ttyS0', [
  'console=tty0',
  'console=ttyS0,9600',
]);
test('a new serial terminal gets a speed', consoles, 'console=tty0', '/dev/ttyS1', [
  'console=tty0',
  'console=ttyS1,115200',
]);
test('a speed that is given replaces', consoles, 'console=ttyS0,9600', 'ttyS0,57600', [
  'console=ttyS0,57600',
]);
test('ttyS1 is not ttyS10', consoles, 'console=ttyS10', 'ttyS1', ['console=ttyS10', 'console=ttyS1,115200']);
test('none', consoles, 'console= quiet', 'auto', []);
