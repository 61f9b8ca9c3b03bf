/**
 * What every test file does when nothing is mutated: whether it passes, how long it takes, and what of src it runs.
 * Kept from run to run, by the content of the test and of all that it imports.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type ImportGraph, isLong, isTest } from '../import-graph.ts';
import type { Mutation } from './mutation.ts';
import type { TestProcess } from './process.ts';
import { type Coverage, isSet } from './worker/coverage.ts';

export interface TestFile {
  readonly path: string;
  readonly long: boolean;
  /** Why it cannot be used; undefined when it passes. */
  readonly failed?: string;
  readonly ms: number;
  readonly coverage: Coverage;
  readonly snapshots: Readonly<Record<string, readonly string[]>>;
}

/** Of what is kept. */
const version = 2;
const limitMs = { short: 600_000, long: 1_800_000 };
/** Tests of virtual machines, of the style of the sources and of pages know nothing of what a mutation does. */
const unfit = /^test\/(system|house|docs|scripts)\//;

export const testFiles = (graph: ImportGraph, long: boolean): string[] =>
  graph.files.filter((path) => isTest(path) && !unfit.test(path) && (long || !isLong(path)));

/** `fresh` is a process without a cache of compiled code, in which V8 counts everything; it is ended after the test. */
export async function baselineOf(
  path: string,
  graph: ImportGraph,
  root: string,
  cache: string,
  fresh: TestProcess,
): Promise<TestFile> {
  const kept = `${cache}/${keyOf(path, graph, root)}.json`;
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as TestFile;
  const start = performance.now();
  const long = isLong(path);
  const job = { test: path, fresh: [], snapshots: 'record', coverage: true } as const;
  const outcome = await fresh.run(job, long ? limitMs.long : limitMs.short);
  await fresh.end();
  const answer = typeof outcome === 'string' ? { failed: outcome } : outcome;
  const file: TestFile = {
    ...{ path, long, ms: Math.round(performance.now() - start) },
    ...(answer.failed === undefined ? {} : { failed: answer.failed }),
    coverage: ('coverage' in answer && answer.coverage) || nothing,
    snapshots: ('snapshots' in answer && answer.snapshots) || {},
  };
  // It may be a machine that has too much to do.
  if (file.failed !== undefined) return file;
  mkdirSync(cache, { recursive: true });
  writeFileSync(kept, JSON.stringify(file));
  return file;
}

function keyOf(path: string, graph: ImportGraph, root: string): string {
  const hash = createHash('sha256').update(`${version} ${process.version}`);
  for (const file of [...graph.reachedFrom(path)].toSorted())
    hash.update(`${file}\0`).update(readFileSync(`${root}/${file}`));
  return hash.digest('hex').slice(0, 32);
}

const nothing: Coverage = { characters: {}, loaded: {}, tests: [] };

/** Which tests of the file run what is there, by their number; `all` when it runs while they are loaded. */
export function testsAt(
  { coverage }: TestFile,
  { file, start, line }: Pick<Mutation, 'file' | 'start' | 'line'>,
): readonly number[] | 'all' {
  if (!isSet(coverage.characters[file], start)) return [];
  if (isSet(coverage.loaded[file], start)) return 'all';
  return coverage.tests.filter(({ lines }) => isSet(lines[file], line - 1)).map(({ index }) => index);
}

/** What these tests take, in milliseconds, with loading them. */
export function timeOf({ ms, coverage }: TestFile, only: readonly number[] | 'all'): number {
  if (only === 'all') return ms;
  const others = coverage.tests.filter(({ index }) => !only.includes(index));
  return others.reduce((rest, test) => rest - test.ms, ms);
}
