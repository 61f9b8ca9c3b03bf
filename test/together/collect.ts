/**
 * What `import test from 'ava'` gives where many test files share a process: it notes the tests of a file, which run
 * later. Only as much of AVA as this project's tests use; TypeScript does not see it, and a test file that uses more
 * fails when it is loaded.
 */
import type { ExecutionContext } from 'ava';
import { watchOpen } from './process/left-open.ts';

export type Body = (t: ExecutionContext, ...args: readonly unknown[]) => unknown;
type Macro = Body | { readonly exec: Body; title?(given: string | undefined, ...args: unknown[]): string };

export interface Collected {
  readonly tests: CollectedTest[];
  readonly beforeEach: Body[];
  readonly after: Body[];
}

export interface CollectedTest {
  readonly title: string;
  readonly body: (t: ExecutionContext) => unknown;
  readonly skipped: boolean;
}

let collected: Collected;

/** Forgets what other files have registered; the answer fills while a test file is loaded. */
export function startCollecting(): Collected {
  collected = { tests: [], beforeEach: [], after: [] };
  return collected;
}

const bodyOf = (macro: Macro): Body => (typeof macro === 'function' ? macro : macro.exec);

const add =
  (skipped: boolean) =>
  (...given: readonly unknown[]): void => {
    const named = typeof given[0] === 'string';
    const [macro, ...args] = (named ? given.slice(1) : given) as [Macro, ...unknown[]];
    const title = named ? (given[0] as string) : undefined;
    const made = typeof macro === 'function' ? undefined : macro.title?.(title, ...args);
    const body: Body = (t) => {
      // What a test tears down is done in reverse: this is the last of it.
      t.teardown(watchOpen());
      return bodyOf(macro)(t, ...args);
    };
    collected.tests.push({ title: made ?? title ?? '', body, skipped });
  };

const skip = add(true);
const after = (...given: readonly unknown[]) => void collected.after.push(given.at(-1) as Body);

export default Object.assign(add(false), {
  skip,
  serial: Object.assign(add(false), { skip }),
  macro: (macro: Macro) => (typeof macro === 'function' ? { exec: macro } : macro),
  beforeEach: (body: Body) => void collected.beforeEach.push(body),
  after: Object.assign(after, { always: after }),
});
