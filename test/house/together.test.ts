/** `npm test` runs every short test once, most of them in groups. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { snapshotsOf } from '../together/ava/snapshots.ts';
import {
  filesOf,
  type Group,
  groups,
  inOrder,
  runsAlone,
  selectedTests,
  shortTests,
} from '../together/groups.ts';
import { projectFiles } from './project-files.ts';

const folder = join(import.meta.dirname, '../together');
const names = Object.keys(groups) as Group[];

test('every test file is in one group, or runs alone', (t) => {
  const files = [...names.flatMap((name) => filesOf(name, false)), ...shortTests().filter(runsAlone)];
  t.deepEqual(files.toSorted(), shortTests());
  t.true(files.includes('test/house/together.test.ts'));
});

test('every group has its file, and every file its group', (t) => {
  const found = readdirSync(folder).filter((name) => name.endsWith('.group.ts'));
  t.deepEqual(found.toSorted(), names.map((name) => `${name}.group.ts`).toSorted());
});

test('the groups that take longest begin first, behind what has a process of its own', (t) => {
  const files = [
    '/a/test/together/boot.group.ts',
    '/a/test/together/runtime.group.ts',
    '/a/test/z.test.ts',
    '/a/b.ts',
  ];
  t.deepEqual(files.toSorted(inOrder), [files[3], files[2], files[1], files[0]]);
});

/** `numRuns: 1` is a property that makes its own many inputs. */
test('properties have their number of runs from runs(), and npm run long tries all of these', (t) => {
  const texts = projectFiles(...shortTests());
  const own = texts.filter(({ text }) => /\bnumRuns\b(?!: (runs\(|1\b))/.test(text));
  t.deepEqual(
    own.map(({ path }) => path),
    [],
  );
  const long = [...names.flatMap((name) => filesOf(name, true)), ...selectedTests(true).filter(runsAlone)];
  const asking = texts.filter(({ text }) => /\bnumRuns: runs\(/.test(text));
  t.true(asking.length > 30);
  for (const { path } of asking) t.true(long.includes(path), path);
});

const selectedWith = (environment: Record<string, string>): Record<'alone' | 'grouped', string[]> => {
  const groupsOf = join(folder, 'groups.ts');
  const code = `import { filesOf, groups, runsAlone, selectedTests } from ${JSON.stringify(groupsOf)};
    const grouped = Object.keys(groups).flatMap((name) => filesOf(name));
    console.log(JSON.stringify({ grouped, alone: selectedTests().filter(runsAlone) }));`;
  const { TESTS_TOGETHER, LONG_TESTS, ...env } = process.env;
  const args = ['--input-type=module', '--eval', code];
  return JSON.parse(
    execFileSync(process.execPath, args, { env: { ...env, ...environment }, encoding: 'utf8' }),
  );
};

test('npm run every leaves no short test out, and make test runs it', (t) => {
  const { grouped, alone } = selectedWith({ LONG_TESTS: 'all' });
  t.deepEqual([...grouped, ...alone].toSorted(), shortTests());
  t.true(selectedWith({ LONG_TESTS: 'yes' }).grouped.length < grouped.length / 2);
  const [makefile, scripts] = projectFiles('Makefile', 'package.json').map(({ text }) => text);
  t.regex(
    JSON.parse(scripts ?? '').scripts.every,
    /^LONG_TESTS=all TESTS_TOGETHER=yes npm run --silent unit$/,
  );
  t.regex(makefile ?? '', /^test: all\n\t.*\bchecked\n/m);
  t.regex(makefile ?? '', /^checked: bundle\n\t.* && npm run --silent every\n/m);
});

test('npm run long is told to try all of them', (t) => {
  const [{ text = '' } = {}] = projectFiles('package.json');
  t.regex(JSON.parse(text).scripts.long, /^LONG_TESTS=yes TESTS_TOGETHER=yes /);
});

/** The snapshots that are right are those of the tests themselves. */
test('a snapshot that differs, or that there is none of, is a failure in a group', (t) => {
  const begin = snapshotsOf('test/vm/argv.test.ts');
  t.false(begin('argv: a BIOS machine with a CD and an empty disk')('another command line'));
  t.false(begin('no such test')('anything'));
});

test('a group keeps no snapshots', (t) => {
  t.false(existsSync(join(folder, 'snapshots')));
});
