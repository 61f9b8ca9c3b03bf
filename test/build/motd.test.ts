/** What a person reads after logging in. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { commands } from '../../src/cli/commands/index.ts';
import { walk } from '../../src/cli/reference/tree.ts';

const columns = 78;
const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../os/overlay/usr/lib/bhojpur/${name}`, import.meta.url)), 'utf8');
test('the console of a live system says how to log in, on lines that fit', (t) => {
  const text = read('issue-live');
  t.regex(text, /log in as bhojpur/);
  // agetty(8) takes a backslash for an escape.
  for (const line of text.split('\n')) t.regex(line, /^[ -[\]-~]{0,78}$/);
});

const known = walk(commands).map(({ path }) => path.join(' '));

for (const [name, wanted] of [
  ['motd-live', ['sudo opsctl install', 'sudo opsctl disks']],
  ['motd-disk', ['/var/lib/bhojpur/os/config.yaml', 'sudo opsctl config']],
] as const) {
  test(`${name} fits on a console and names what comes next`, (t) => {
    const text = read(name);
    t.deepEqual(
      text.split('\n').filter((line) => line.length > columns || /[^\x20-\x7e]/.test(line)),
      [],
    );
    for (const words of wanted) t.true(text.includes(words), words);
  });

  test(`${name} names commands that there are`, (t) => {
    const named = [...read(name).matchAll(/opsctl ((?:[a-z]+ ?)+)/g)].map(([, words = '']) => words.trim());
    t.true(named.length > 1);
    for (const words of named) t.true(known.includes(words), words);
  });
}
