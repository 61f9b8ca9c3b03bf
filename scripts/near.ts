/**
 * The tests nearest to what has changed, in seconds: `npm run near`, or `npm run near -- FILE…`. What they leave open,
 * `npm test` answers.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foldersBetween, type ImportGraph, importGraph, isLong, isTest, mirrorOf } from './import-graph.ts';

const project = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
/** Test files for each changed file: starting one takes half a second. */
const perFile = 2;

/** What differs from the last commit, and what git does not know yet. */
function changedFiles(): string[] {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: project, encoding: 'utf8' }).split('\n').filter(Boolean);
  return [
    ...git('diff', '--name-only', '--diff-filter=d', 'HEAD'),
    ...git('ls-files', '--others', '--exclude-standard'),
  ];
}

/** The test of the same name first, then those of the same folder, then those with the fewest imports in between. */
function nearest(graph: ImportGraph, file: string): string[] {
  if (isTest(file)) return [file];
  const distances = graph.distancesTo(file);
  const far = (test: string) =>
    test === mirrorOf(file) ? 0 : foldersBetween(test, file) * 100 + (distances.get(test) ?? 0);
  return [...distances.keys()]
    .filter((path) => isTest(path) && !isLong(path))
    .toSorted((a, b) => far(a) - far(b) || a.length - b.length);
}

const graph = importGraph(project);
const given = process.argv.slice(2).map((path) => relative(project, path));
const changed = (given.length > 0 ? given : changedFiles()).filter((path) => graph.files.includes(path));
const found = changed.map((file) => nearest(graph, file));
const tests = [...new Set(found.flatMap((list) => list.slice(0, perFile)))];
const all = new Set(found.flat()).size;

if (tests.length === 0) console.log('Nothing has changed that a test reaches by its imports.');
else {
  console.log(`${tests.length} of the ${all} test files that reach what has changed:\n${tests.join('\n')}`);
  const { status } = spawnSync('npm', ['run', '--silent', 'unit', '--', ...tests], {
    cwd: project,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
