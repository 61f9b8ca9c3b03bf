/** Which test files share a process of AVA, and which need one of their own. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasMoreRuns, isLongRun } from '../properties.ts';

/** `npm run long` comes behind `npm test`; `npm run every` is both at once. */
const onlyMoreRuns = isLongRun && process.env.LONG_TESTS !== 'all';

const root = join(import.meta.dirname, '../..');

/**
 * Patterns below `test`. A group has a file `NAME.group.ts` here; what is loaded for one is loaded once. Those that
 * take longest begin first: the last one to end is waited for alone.
 */
export const groups = {
  runtime: ['{runtime,initrd}/**'],
  build: ['{build,upgrade,vm,packer,kubernetes,patch,palette}/**'],
  host: ['host/**'],
  image: ['{image,media,oci}/**'],
  formats: ['formats/**'],
  iso: ['{iso,serve}/**'],
  cli: ['cli/**'],
  install: ['install/**'],
  boot: ['config/**', 'disk/**', 'boot/**'],
  project: ['{docs,house,scripts,bench}/**', '*'],
  steps: ['{steps,plan,operation,power-cuts}/**'],
  corpus: ['corpus/**'],
} as const;

export type Group = keyof typeof groups;

/** Test files that `npm test` runs, relative to the root. */
export const shortTests = (): string[] => matching('**').filter((file) => !file.startsWith('test/system/'));

/** Those that run now: with `long`, only the ones with properties that are tried more often then. */
export const selectedTests = (long = onlyMoreRuns): string[] =>
  shortTests().filter((file) => !long || hasMoreRuns(textOf(file)));

/** Those of one group that run now. */
export const filesOf = (group: Group, long = onlyMoreRuns): string[] =>
  groups[group].flatMap(matching).filter((file) => !runsAlone(file) && (!long || hasMoreRuns(textOf(file))));

/** The order in which files begin: what has a process of its own, then groups as above. */
export function inOrder(one: string, other: string): number {
  const at = (file: string) =>
    Object.keys(groups).findIndex((group) => file.endsWith(`/together/${group}.group.ts`));
  return at(one) - at(other) || one.localeCompare(other);
}

/** What is changed of Node.js stays so for every other file. */
export const runsAlone = (file: string): boolean => /\bsyncBuiltinESMExports\b/.test(textOf(file));

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

function matching(pattern: string): string[] {
  return globSync(`test/${pattern}`, { cwd: root })
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.long.test.ts'))
    .toSorted();
}
