/**
 * Many test files in one process of AVA: to start one and to load what a test imports takes a second, more than the
 * tests of most files. Every test runs by itself, after those of the files before, and a failure is told with its file.
 */
import { registerHooks } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import { snapshotsOf } from './ava/snapshots.ts';
import { type Collected, startCollecting } from './collect.ts';
import { filesOf, type Group } from './groups.ts';
import { keepSmall } from './process/memory.ts';

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
  for (const [file, collected] of loaded) register(file, collected);
}

/** `disk › layout › grow-table` for `test/disk/layout/grow-table.test.ts`, as AVA writes it. */
const titleOf = (file: string) => file.slice('test/'.length, -'.test.ts'.length).replaceAll('/', ' › ');

function register(path: string, { tests, beforeEach, after }: Collected): void {
  if (tests.length === 0) throw new Error(`${path} has no tests`);
  const file = titleOf(path);
  const snapshots = snapshotsOf(path);
  for (const { title, body, skipped } of tests)
    (skipped ? test.serial.skip : test.serial)(`${file} › ${title}`, async (t) => {
      keepSmall();
      takeSnapshots(t, path, snapshots(title));
      try {
        for (const hook of beforeEach) await hook(t);
        await body(t);
      } catch (error) {
        throw withoutRunner(error);
      }
    });
  for (const [index, body] of after.entries())
    test.after.always(`${file} › after ${index + 1}`, async (t) => void (await body(t)));
}

/** AVA's own calls are as many as tests went before, and hide what failed from who reads the end of a log. */
function withoutRunner(error: unknown): unknown {
  if (error instanceof Error && error.stack !== undefined)
    error.stack = error.stack.replaceAll(/\n +at .*(?:\/node_modules\/ava\/|async Promise\.all).*/g, '');
  return error;
}

function takeSnapshots(t: ExecutionContext, path: string, holds: (value: unknown) => boolean): void {
  const snapshot = (value: unknown, message = 'it differs from its snapshot, or has none') =>
    t.true(holds(value), `${message}: npm run unit -- ${path} shows how`);
  Object.assign(t, { snapshot });
}
