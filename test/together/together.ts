/**
 * Many test files in one process of AVA: to start one and to load what a test imports takes a second, more than the
 * tests of most files. Every test runs by itself, after those of the files before, and a failure is told with its file.
 */
import { registerHooks } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import { type Collected, startCollecting } from './collect.ts';
import { filesOf, type Group } from './groups.ts';
import { keepSmall } from './memory.ts';

const root = new URL('../../', import.meta.url);
const collect = new URL('collect.ts', import.meta.url).href;

/** Runs the tests of a group. */
export async function together(group: Group): Promise<void> {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'ava'
        ? { url: collect, format: 'module-typescript', shortCircuit: true }
        : next(specifier, context),
  });
  const loaded: [string, Collected][] = [];
  for (const file of filesOf(group)) {
    const collected = startCollecting();
    await import(new URL(file, root).href);
    loaded.push([file, collected]);
  }
  // AVA begins with the first test it knows as soon as something is awaited, and takes no more then.
  for (const [file, collected] of loaded) register(titleOf(file), collected);
}

/** `disk › layout › grow-table` for `test/disk/layout/grow-table.test.ts`, as AVA writes it. */
const titleOf = (file: string) => file.slice('test/'.length, -'.test.ts'.length).replaceAll('/', ' › ');

function register(file: string, { tests, beforeEach, after }: Collected): void {
  if (tests.length === 0) throw new Error(`${file} has no tests`);
  for (const { title, body, skipped } of tests)
    (skipped ? test.serial.skip : test.serial)(`${file} › ${title}`, async (t) => {
      keepSmall();
      refuseSnapshots(t);
      for (const hook of beforeEach) await hook(t);
      await body(t);
    });
  for (const [index, body] of after.entries())
    test.after.always(`${file} › after ${index + 1}`, async (t) => void (await body(t)));
}

/** They would be kept under the name of the group. groups.ts finds files that take one; a function of theirs may not. */
function refuseSnapshots(t: ExecutionContext): void {
  Object.assign(t, { snapshot: () => t.fail('takes a snapshot, so it must run alone: see groups.ts') });
}
