/** How a plan ends: what is said of the target, and that a Ctrl-C is one, whoever feels it first. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { type ErrorKind, OpsError } from '../../src/errors.ts';
import type { Event } from '../../src/plan/events.ts';
import { execute } from '../../src/plan/execute.ts';
import type { Handlers, StepBase, StepContext } from '../../src/plan/plan.ts';
import { fakeHost } from '../fakes/host.ts';

type When = 'preflight' | 'first' | 'harmless' | 'destructive';

/** Runs a plan in which `work` is done at a moment; what was thrown, and the events. */
async function failing(when: When, work: () => Promise<void>, signal?: AbortSignal) {
  const steps: StepBase[] = ['first', 'harmless', 'destructive'].map((id) => ({ id, kind: id }));
  const handlers = Object.fromEntries(
    steps.map(({ kind }) => [
      kind,
      {
        describe: () => kind,
        destructive: kind === 'destructive',
        preflight: async () => {
          if (kind === 'first' && when === 'preflight') await work();
        },
        run: async () => {
          if (kind === when) await work();
        },
        undo: {
          kind: 'release',
          run: async () => {
            if (kind === 'first') throw new Error('it is stuck');
          },
        },
      },
    ]),
  ) as unknown as Handlers<StepBase>;
  const events: Event[] = [];
  const plan = { v: 1, operation: 'install', target: '/dev/vda', steps } as const;
  const options = { host: fakeHost(), emit: (event: Event) => void events.push(event) };
  try {
    await execute(plan, handlers, signal === undefined ? options : { ...options, signal });
  } catch (error) {
    if (error instanceof OpsError) return { error, events };
    throw error;
  }
  throw new Error('the plan came to its end');
}

const ends = test.macro({
  exec: async (t, when: When, stopped: boolean, kind: ErrorKind, says: RegExp, notes: readonly string[]) => {
    const controller = new AbortController();
    const { error, events } = await failing(
      when,
      async () => {
        if (stopped) controller.abort();
        throw new Error('mkfs.ext4 was ended by SIGINT');
      },
      controller.signal,
    );
    t.is(error.kind, kind);
    t.regex(`${error.message} ${error.hint ?? ''}`, says);
    t.deepEqual(error.details, notes);
    if (when === 'preflight') return;
    const end = events.findLast((event) => event.type === 'step-end');
    t.is(end?.message, stopped ? 'interrupted' : 'mkfs.ext4 was ended by SIGINT');
  },
  title: (name = '') => `ends: ${name}`,
});
const stuck = ['first could not be undone: it is stuck'];
const dead = /the target is not installed and not bootable; run the same command again/i;
test('stopped in a preflight', ends, 'preflight', true, 'interrupted', /nothing was touched/, []);
test(
  'stopped before the point of no return',
  ends,
  'harmless',
  true,
  'interrupted',
  /nothing was changed/,
  stuck,
);
test('stopped after it', ends, 'destructive', true, 'interrupted', dead, stuck);
test('failed before it', ends, 'harmless', false, 'undone', /Nothing was changed/, stuck);
test('failed after it', ends, 'destructive', false, 'broken', dead, stuck);

test('a step that stops by itself tells what state the target is in, too', async (t) => {
  const stop = async () => {
    throw new OpsError('interrupted', 'interrupted', 'mkfs.ext4 was interrupted');
  };
  t.regex((await failing('destructive', stop)).error.message, dead);
  t.regex((await failing('harmless', stop)).error.message, /nothing was changed/);
});

test('stopped before the first step nothing was touched', async (t) => {
  const { error } = await failing('first', async () => {}, AbortSignal.abort());
  t.is(error.message, 'Interrupted; nothing was touched.');
});

test('Ctrl-C while a program runs: it dies of it, and the command ends with 130', async (t) => {
  // A process group of its own, as a shell gives to what a person types: the kernel sends SIGINT to all of it.
  const program = join(import.meta.dirname, 'interrupted-program.ts');
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  t.truthy(child.pid);
  process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  t.is(exitCode, 130, stderr);
  t.regex(stderr, /^error: Interrupted: the target is not installed and not bootable/);
});

test('a warning comes with the end of its step, which succeeds', async (t) => {
  const handlers = {
    one: {
      describe: () => 'one',
      destructive: false,
      run: async (_step: StepBase, context: StepContext) => {
        context.warn('not that');
        context.warn('nor this');
      },
      undo: { kind: 'none' },
    },
  } as unknown as Handlers<StepBase>;
  const events: Event[] = [];
  const plan = { v: 1, operation: 'install', target: 'x', steps: [{ id: 'one', kind: 'one' }] } as const;
  await execute(plan, handlers, { host: fakeHost(), emit: (event) => void events.push(event) });
  t.like(events.at(-1), { type: 'step-end', ok: true, message: 'not that; nor this' });
});
