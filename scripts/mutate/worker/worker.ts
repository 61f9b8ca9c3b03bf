/**
 * A process that tries mutations: it loads the tests anew for each, but only what reaches the mutated file; everything
 * else stays as it is. Works in a copy of the project, whose files the process that started it changes.
 */

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { startCollecting } from '../../../test/together/collect.ts';
import type { Snapshots } from './assertions.ts';
import { type Coverage, watchCoverage } from './coverage.ts';
import { runCollected } from './stand-in.ts';

export interface Job {
  /** Other than every other job of this process. */
  readonly id: number;
  /** Relative to the root, as everything here. */
  readonly test: string;
  /** The files to load anew. */
  readonly fresh: readonly string[];
  readonly snapshots: Readonly<Record<string, readonly string[]>> | 'record';
  /** Which tests of the file, by their number; all of them when left out. */
  readonly only?: readonly number[];
  readonly coverage: boolean;
}

export interface Answer {
  readonly id: number;
  /** The first test that failed, and of what; undefined when all passed. */
  readonly failed?: string;
  readonly snapshots?: Record<string, string[]>;
  readonly coverage?: Coverage;
  readonly memory: number;
}

const [root = ''] = process.argv.slice(2);
const base = pathToFileURL(`${root}/`).href;
const collect = new URL('../../../test/together/collect.ts', import.meta.url).href;
let job: Job | undefined;
let fresh = new Set<string>();

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'ava') return { url: collect, shortCircuit: true };
    const found = next(specifier, context);
    const path = found.url.startsWith(base) ? found.url.slice(base.length) : undefined;
    if (path === undefined || job === undefined || !fresh.has(path)) return found;
    return { ...found, url: `${found.url}?job=${job.id}` };
  },
});

let late: unknown;
process.on('unhandledRejection', (error) => {
  late ??= error;
});
process.on('uncaughtException', (error) => {
  late ??= error;
});

async function perform(given: Job): Promise<Answer> {
  job = given;
  fresh = new Set(given.fresh);
  late = undefined;
  const collected = startCollecting();
  const recording = given.snapshots === 'record';
  const known = new Map(
    given.snapshots === 'record'
      ? []
      : Object.entries(given.snapshots).map(([title, taken]): [string, string[]] => [title, [...taken]]),
  );
  const snapshots: Snapshots = { recording, known };
  const watch = given.coverage ? await watchCoverage(base) : undefined;
  let failed: string | undefined;
  try {
    await import(`${base}${given.test}`);
    await watch?.loaded();
    failed = await runCollected(collected, snapshots, {
      ...(given.only === undefined ? {} : { only: given.only }),
      ...(watch === undefined ? {} : { ended: watch.ended }),
    });
    await new Promise((resolve) => setImmediate(resolve));
    if (late !== undefined) failed ??= `nobody waited for: ${late}`;
  } catch (error) {
    failed = `not loaded: ${error}`;
  }
  return {
    id: given.id,
    ...(failed === undefined ? {} : { failed }),
    ...(recording ? { snapshots: Object.fromEntries(known) } : {}),
    ...(watch === undefined ? {} : { coverage: await watch.found() }),
    memory: process.memoryUsage.rss(),
  };
}

process.on('message', async (given: Job) => {
  const answer = await perform(given);
  process.send?.(answer);
});

// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
