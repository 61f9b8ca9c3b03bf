/** The bundle: one file that starts anywhere, the same bytes each time, libraries evaluated only when needed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const bundle = (name: string) =>
  execFileSync(
    process.execPath,
    [join(root, 'scripts/bundle.ts'), '--output', join(folder, name, 'opsctl.cjs'), '--explain'],
    // Not the folder of the project: nothing may depend on where it is run.
    { cwd: folder, encoding: 'utf8' },
  );

const explained = bundle('one');
const file = join(folder, 'one/opsctl.cjs');

test('one file that runs alone', (t) => {
  t.deepEqual(readdirSync(join(folder, 'one')), ['opsctl.LICENSES.txt', 'opsctl.cjs']);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [file, ...args], { cwd: folder, encoding: 'utf8', env: {} });
  t.is(run('--version').stdout, `${version}\n`);
  t.regex(run('--help').stdout, /^Usage: opsctl/);
  t.is(run('frobnicate').status, 2);
});

test('the same bytes again, and no path of this machine', (t) => {
  bundle('two');
  t.true(readFileSync(file).equals(readFileSync(join(folder, 'two/opsctl.cjs'))));
  t.false(readFileSync(file, 'utf8').includes(root));
});

test('the licences of what is inside', (t) => {
  const text = readFileSync(join(folder, 'one/opsctl.LICENSES.txt'), 'utf8');
  t.regex(text, /^commander \d\S+ \(MIT\)$/m);
  t.notRegex(text, /no licence text/);
});

test('--help evaluates commander and no other package', (t) => {
  const rows = explained
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const eager = rows.filter(([, atStart]) => atStart !== '0').map(([, , name]) => name);
  t.deepEqual(eager.toSorted(), ['commander', 'src']);
  t.true(rows.some(([, , name]) => name === 'got'));
});
