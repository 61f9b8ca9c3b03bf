/**
 * What every test file does when nothing is mutated: whether it passes, how long it takes, and what of src it runs.
 * Kept from run to run, by the content of the test and of all that it imports.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type ImportGraph, isLong, isTest } from '../import-graph.ts';
import type { TestProcess } from './process.ts';
import type { Span } from './worker.ts';

export interface TestFile {
  readonly path: string;
  readonly long: boolean;
  /** Why it cannot be used; undefined when it passes. */
  readonly failed?: string;
  readonly ms: number;
  readonly coverage: Readonly<Record<string, readonly Span[]>>;
  readonly snapshots: Readonly<Record<string, readonly string[]>>;
}

const limitMs = { short: 120_000, long: 900_000 };
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
    coverage: ('coverage' in answer && answer.coverage) || {},
    snapshots: ('snapshots' in answer && answer.snapshots) || {},
  };
  mkdirSync(cache, { recursive: true });
  writeFileSync(kept, JSON.stringify(file));
  return file;
}

function keyOf(path: string, graph: ImportGraph, root: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...graph.reachedFrom(path)].toSorted())
    hash.update(`${file}\0`).update(readFileSync(`${root}/${file}`));
  return hash.digest('hex').slice(0, 32);
}

/** Whether a test file runs what is at this offset: what the innermost span around it says. */
export function runs(test: TestFile, file: string, offset: number): boolean {
  let ran = false;
  let size = Number.POSITIVE_INFINITY;
  for (const [start, end, counted] of test.coverage[file] ?? []) {
    if (start > offset || end <= offset || end - start > size) continue;
    [ran, size] = [counted, end - start];
  }
  return ran;
}
