/** The examples of docs/coming-from-k3os.md, run one after the other: their output is what the page shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../src/cli/commands/config/command.ts';
import { runInside } from '../cli/commands/inside.ts';
import { fakeRoot } from '../runtime/fake-root.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/coming-from-k3os.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));

/** The words of a line of the page; only its own quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

test('the page says what happens', async (t) => {
  const fake = await fakeRoot(t);
  const old = blocks.find(({ language }) => language === 'yaml')?.text ?? '';
  t.regex(old, /^# k3os\.yaml\n/);
  await fake.write('k3os.yaml', old);
  const calls = blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split(/^\$ opsctl config /m).slice(1));
  t.is(calls.length, 4);
  for (const call of calls) {
    const [line = '', ...shown] = call.split('\n');
    const { out, err } = await runInside(fake, configCommand, wordsOf(line));
    // The page is wider than a terminal.
    const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
    t.is(inOneLine(`${out}${err}`), inOneLine(shown.join('\n')), line);
  }
});
