/** `npm test` runs every short test once, most of them in groups. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { filesOf, type Group, groups, runsAlone, shortTests } from '../together/groups.ts';

const folder = join(import.meta.dirname, '../together');
const names = Object.keys(groups) as Group[];

test('every test file is in one group, or runs alone', (t) => {
  const files = [...names.flatMap(filesOf), ...shortTests().filter(runsAlone)];
  t.deepEqual(files.toSorted(), shortTests());
  t.true(files.includes('test/house/together.test.ts'));
});

test('every group has its file, and every file its group', (t) => {
  const found = readdirSync(folder).filter((name) => name.endsWith('.group.ts'));
  t.deepEqual(found.toSorted(), names.map((name) => `${name}.group.ts`).toSorted());
});

test('a group keeps no snapshots', (t) => {
  t.false(existsSync(join(folder, 'snapshots')));
});
