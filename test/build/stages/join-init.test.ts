/** The script of the initrd: what it is joined from, and that each part of it stands for itself. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { initParts, joinInit, readInit } from '../../../src/build/stages/join-init.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const read = async (path: string): Promise<string> => readFileSync(`${project}/${path}`, 'utf8');
const parts = readdirSync(`${project}/os/initrd/lib`)
  .filter((name) => name.endsWith('.sh'))
  .map((name) => `lib/${name}`);
const joined = await readInit(read);

test('files stand where they are named, and nothing else changes', async (t) => {
  const init = '#!/bin/sh\n. lib/a-b.sh\n. /etc/profile\n  . lib/c.sh\n. lib/d.sh\nend\n';
  const texts: Record<string, string> = { 'lib/a-b.sh': '# a\na=1\n\n', 'lib/d.sh': 'd=1\n' };
  const whole = await joinInit(init, async (path) => texts[path] ?? t.fail(path));
  t.is(whole, '#!/bin/sh\n# a\na=1\n. /etc/profile\n  . lib/c.sh\nd=1\nend\n');
  t.deepEqual(initParts(init), ['lib/a-b.sh', 'lib/d.sh']);
});

test('a file that is named and not there fails the build', async (t) => {
  await t.throwsAsync(readInit(async (path) => (path.includes('lib/') ? read(`${path}.gone`) : read(path))));
});

test('every file is in it once, as it is', async (t) => {
  t.deepEqual(initParts(await read('os/initrd/init')).toSorted(), parts.toSorted());
  for (const part of parts) t.is(joined.split((await read(`os/initrd/${part}`)).trim()).length, 2, part);
  t.notRegex(joined, /^\s*(\.|source) /m);
});

for (const [shell, ...options] of [['dash'], ['busybox', 'sh']] as const) {
  test(`${shell} reads all of it`, (t) => {
    t.notThrows(() =>
      execFileSync(shell, [...options, '-n'], { input: joined, stdio: ['pipe', 'ignore', 'pipe'] }),
    );
  });

  // No program can be found, an error ends it, and a variable must be set before it is read.
  test(`sourcing a file does nothing but define, in ${shell}`, (t) => {
    for (const part of parts) {
      const script = `PATH=/nonexistent; set -eu; before=$PWD; . ${project}/os/initrd/${part}; [ "$PWD:$#" = "$before:0" ] && echo whole`;
      const said = execFileSync(shell, [...options, '-c', script], { encoding: 'utf8' });
      t.is(said, 'whole\n', part);
    }
  });
}

/** Two files that define one name would overwrite each other. */
test('a function is defined once', (t) => {
  const names: string[] = joined.match(/^\w+(?=\(\))/gm) ?? [];
  t.true(names.length > 50);
  t.deepEqual(
    names.filter((name, index) => names.indexOf(name) < index),
    [],
  );
});
