/**
 * What stands in for AVA while mutations are tried: the same tests in a process that is there already, one after the
 * other, until one fails. Only as much of AVA as this project's tests use; a test file that does not pass with it
 * unmutated is not run with it.
 */
import type { ExecutionContext } from 'ava';
import type { Body, Collected } from '../../../test/together/collect.ts';
import { assertions, type Snapshots } from './assertions.ts';

type Context = ReturnType<typeof assertions> & {
  readonly title: string;
  readonly context: Record<string, unknown>;
  teardown(work: () => unknown): void;
  timeout(): void;
  log(): void;
};

export interface RunChoice {
  /** Which tests, by their number in the file; all of them when left out. */
  readonly only?: readonly number[];
  /** Told after each test. */
  readonly ended?: (test: {
    readonly index: number;
    readonly title: string;
    readonly ms: number;
  }) => Promise<void>;
}

/** Runs what a file has registered; resolves with the title of the first test that failed, and why. */
export async function runCollected(
  collected: Collected,
  snapshots: Snapshots,
  { only, ended }: RunChoice,
): Promise<string | undefined> {
  const { beforeEach, after } = collected;
  const tests = collected.tests.filter(({ skipped }) => !skipped);
  let failed: string | undefined = tests.length === 0 ? 'no tests' : undefined;
  for (const [index, { title, body }] of tests.entries()) {
    if (failed !== undefined || only?.includes(index) === false) continue;
    const start = performance.now();
    const why = await runOne(title, [...beforeEach, body], snapshots);
    if (why !== undefined) failed = `${title}: ${why}`;
    await ended?.({ index, title, ms: performance.now() - start });
  }
  for (const work of after) {
    const why = await runOne('after', [work], snapshots, 0);
    // What it looks back at is not there when only a part has run.
    if (only === undefined) failed ??= why;
  }
  return failed;
}

async function runOne(
  title: string,
  bodies: readonly Body[],
  snapshots: Snapshots,
  atLeast = 1,
): Promise<string | undefined> {
  const teardowns: (() => unknown)[] = [];
  const asserted = assertions(title, snapshots);
  const t: Context = {
    ...asserted,
    title,
    context: {},
    teardown: (work) => void teardowns.push(work),
    timeout: () => {},
    log: () => {},
  };
  const failed = (error: unknown) => (error instanceof Error ? error.message : `${error}`);
  let why: string | undefined;
  try {
    // All of AVA that this project's tests use.
    for (const body of bodies) await body(t as unknown as ExecutionContext);
    why = asserted.failure() ?? (asserted.count() < atLeast ? 'no assertion' : undefined);
  } catch (error) {
    why = asserted.failure() ?? failed(error);
  }
  for (const work of teardowns.toReversed()) {
    try {
      await work();
    } catch (error) {
      why ??= failed(error);
    }
  }
  return why;
}
