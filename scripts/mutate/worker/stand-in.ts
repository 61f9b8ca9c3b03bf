/**
 * What stands in for AVA while mutations are tried: the same tests in a process that is there already, one after the
 * other, until one fails. Only as much of AVA as this project's tests use; a test file that does not pass with it
 * unmutated is not run with it.
 */
import { assertions, type Snapshots } from './assertions.ts';

type Context = ReturnType<typeof assertions> & {
  readonly title: string;
  readonly context: Record<string, unknown>;
  teardown(work: () => unknown): void;
  timeout(): void;
  log(): void;
};
type Body = (t: Context, ...args: readonly unknown[]) => unknown;
type Macro = Body | { readonly exec: Body; title?(given: string | undefined, ...args: unknown[]): string };

interface Collected {
  readonly tests: { readonly title: string; readonly body: (t: Context) => unknown }[];
  readonly after: ((t: Context) => unknown)[];
}

let collected: Collected = { tests: [], after: [] };

/** Forgets what other files have registered. */
export function startCollecting(): void {
  collected = { tests: [], after: [] };
}

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

/** Runs what was registered; resolves with the title of the first test that failed, and why. */
export async function runCollected(
  snapshots: Snapshots,
  { only, ended }: RunChoice,
): Promise<string | undefined> {
  const { tests, after } = collected;
  let failed: string | undefined = tests.length === 0 ? 'no tests' : undefined;
  for (const [index, { title, body }] of tests.entries()) {
    if (failed !== undefined || only?.includes(index) === false) continue;
    const start = performance.now();
    const why = await runOne(title, body, snapshots);
    if (why !== undefined) failed = `${title}: ${why}`;
    await ended?.({ index, title, ms: performance.now() - start });
  }
  for (const work of after) {
    const why = await runOne('after', work, snapshots, 0);
    // What it looks back at is not there when only a part has run.
    if (only === undefined) failed ??= why;
  }
  return failed;
}

async function runOne(
  title: string,
  body: (t: Context) => unknown,
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
    await body(t);
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

const bodyOf = (macro: Macro): Body => (typeof macro === 'function' ? macro : macro.exec);

function add(...given: readonly unknown[]): void {
  const named = typeof given[0] === 'string';
  const [macro, ...args] = (named ? given.slice(1) : given) as [Macro, ...unknown[]];
  const title = named ? (given[0] as string) : undefined;
  const made = typeof macro === 'function' ? undefined : macro.title?.(title, ...args);
  collected.tests.push({ title: made ?? title ?? '', body: (t) => bodyOf(macro)(t, ...args) });
}

const skip = () => {};
const after = (...given: readonly unknown[]) => void collected.after.push(given.at(-1) as Body);

export default Object.assign(add, {
  skip,
  serial: Object.assign(add.bind(undefined), { skip }),
  macro: (macro: Macro) => (typeof macro === 'function' ? { exec: macro } : macro),
  after: Object.assign(after, { always: after }),
});
