/** Which file imports which, over src, test, scripts and bench: from a changed file to the tests that can see it. */
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { importsOf } from '../test/house/import-rules.ts';

export interface ImportGraph {
  readonly files: readonly string[];
  /** What a file imports and what that imports, itself first. */
  reachedFrom(path: string): ReadonlySet<string>;
  /** The files that reach a file, with the number of imports in between; itself with 0. */
  distancesTo(path: string): ReadonlyMap<string, number>;
}

/** Of the tree at `root`; paths are relative to it. Imports of types alone do not count: no test sees them. */
export function importGraph(root: string): ImportGraph {
  const files = globSync('{src,test,scripts,bench}/**/*.ts', { cwd: root });
  const known = new Set(files);
  const imported = new Map<string, string[]>();
  const importers = new Map<string, string[]>();
  for (const file of files) {
    const targets = importsOf(readFileSync(`${root}/${file}`, 'utf8'))
      .filter(({ from, typeOnly }) => from.startsWith('.') && !typeOnly)
      .map(({ from }) => posix.join(posix.dirname(file), from))
      .filter((target) => known.has(target));
    imported.set(file, targets);
    for (const target of targets) importers.set(target, [...(importers.get(target) ?? []), file]);
  }
  return {
    files: files.toSorted(),
    reachedFrom: (path) => new Set(distances(imported, path).keys()),
    distancesTo: (path) => distances(importers, path),
  };
}

/** Breadth first, so that the first number that a file gets is its smallest. */
function distances(edges: ReadonlyMap<string, readonly string[]>, start: string): Map<string, number> {
  const found = new Map([[start, 0]]);
  for (const [file, distance] of found)
    for (const next of edges.get(file) ?? []) if (!found.has(next)) found.set(next, distance + 1);
  return found;
}

export const isTest = (path: string) => path.endsWith('.test.ts');
export const isLong = (path: string) => path.endsWith('.long.test.ts');

/** `test/steps/filesystem/relabel.test.ts` for `src/steps/filesystem/relabel.ts`. */
export const mirrorOf = (source: string) => source.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts');

/** How many folders a test lies away from where the mirror of a source would: 0 for `test/steps/contract.test.ts`. */
export function foldersBetween(test: string, source: string): number {
  const [a, b] = [posix.dirname(test).split('/'), posix.dirname(mirrorOf(source)).split('/')];
  const common = a.findIndex((folder, index) => folder !== b[index]);
  const shared = common === -1 ? a.length : common;
  return a.length + b.length - 2 * shared;
}
