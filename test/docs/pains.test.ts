/** docs/pains.md promises tests: each that it names must exist, under that very name, in that very file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { SystemFile } from '../system/support/machines.ts';

const docs = join(import.meta.dirname, '../../docs');
const page = readFileSync(join(docs, 'pains.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\| (?!#|what|-)/.test(line));

interface Promised {
  readonly title: string;
  readonly file: string;
}

const promisedBy = (row: string): Promised[] =>
  [...row.matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g)].map(([, title = '', file = '']) => ({
    title,
    file: join(docs, file),
  }));

/** The names of system tests are made of parts: they are asked for. Titles of others stand in their files. */
async function holds({ title, file }: Promised): Promise<boolean> {
  if (!existsSync(file)) return false;
  if (!file.endsWith('.system.ts')) {
    const text = readFileSync(file, 'utf8');
    return ["'", '"', '`'].some((quote) => text.includes(`${quote}${title.replaceAll("'", "\\'")}`));
  }
  const { tests }: SystemFile = await import(file);
  return tests.some(({ name }) => name === title);
}

test('every pain has a test or says that it has none', (t) => {
  t.true(rows.length > 30);
  const silent = rows.filter((row) => promisedBy(row).length === 0 && !row.includes('not yet'));
  t.deepEqual(silent, []);
  const numbers = rows.flatMap((row) => /^\| (\d+) \|/.exec(row)?.slice(1) ?? []);
  t.deepEqual(
    numbers,
    Array.from({ length: 25 }, (_, index) => `${index + 1}`),
  );
});

test('every test that is promised exists', async (t) => {
  const promised = rows.flatMap(promisedBy);
  t.true(promised.length > 40);
  const kept = await Promise.all(promised.map(holds));
  t.deepEqual(
    promised.filter((_, index) => !kept[index]),
    [],
  );
});

test('a promise that is not kept is found', async (t) => {
  const file = join(import.meta.dirname, 'pains.test.ts');
  t.false(await holds({ title: 'no such title', file: `${file}x` }));
  t.false(await holds({ title: ['no', 'such', 'title'].join(' - '), file }));
  t.true(await holds({ title: 'every pain has a test or says that it has none', file }));
  const system = join(import.meta.dirname, '../system/boot/live.system.ts');
  t.false(await holds({ title: 'live boot', file: system }));
  t.true(await holds({ title: 'live boot: bios, usb', file: system }));
});
