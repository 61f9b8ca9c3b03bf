/** How a plan ends: what is said of the target, and that a Ctrl-C is one, whoever feels it first. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { type ErrorKind, OpsError } from '../../src/errors.ts';
import type { Event } from '../../src/plan/events.ts';
import { execute } from '../../src/plan/execute.ts';
import type { Outcome } from '../../src/plan/outcome.ts';
import type { Handlers, StepBase, StepContext } from '../../src/plan/plan.ts';
import { fakeHost } from '../fakes/host.ts';

type When = 'preflight' | 'first' | 'harmless' | 'destructive';

const outcome: Outcome = {
  destroyed: 'The target is dead; run it again.',
  uncertain: 'The target is perhaps dead.',
  leftBehind: 'Put it back by hand.',
  stillInUse: 'All is well; reboot.',
};

/** Runs a plan in which `work` is done at a moment; what was thrown, and the events. `stuck`: an undo fails. */
async function failing(when: When, work: () => Promise<void>, signal?: AbortSignal, stuck = false) {
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
            if (kind === 'first' && stuck) throw new Error('it is stuck');
          },
        },
      },
    ]),
  ) as unknown as Handlers<StepBase>;
  const events: Event[] = [];
  const plan = { v: 1, operation: 'install', target: '/dev/vda', steps } as const;
  const options = { host: fakeHost(), outcome, emit: (event: Event) => void events.push(event) };
  try {
    await execute(plan, handlers, signal === undefined ? options : { ...options, signal });
  } catch (error) {
    if (error instanceof OpsError) return { error, events };
    throw error;
  }
  throw new Error('the plan came to its end');
}

const ends = test.macro({
  exec: async (t, when: When, stopped: boolean, stuck: boolean, kind: ErrorKind, says: RegExp) => {
    const controller = new AbortController();
    const { error, events } = await failing(
      when,
      async () => {
        if (stopped) controller.abort();
        throw new Error('mkfs.ext4 was ended by SIGINT');
      },
      controller.signal,
      stuck,
    );
    t.is(error.kind, kind);
    const said = `${error.message} ${error.hint ?? ''}`;
    t.regex(said, says);
    t.deepEqual(error.details, stuck ? ['first could not be undone: it is stuck'] : []);
    if (stuck) t.notRegex(said, /nothing was/i);
    if (when === 'preflight') return;
    const end = events.findLast((event) => event.type === 'step-end');
    t.is(end?.message, stopped ? 'interrupted' : 'mkfs.ext4 was ended by SIGINT');
  },
  title: (name = '') => `ends: ${name}`,
});
const dead = /the target is dead; run it again/i;
test('stopped in a preflight', ends, 'preflight', true, false, 'interrupted', /nothing was touched/);
test('stopped early', ends, 'harmless', true, false, 'interrupted', /nothing was changed/);
test('stopped late', ends, 'destructive', true, false, 'interrupted', dead);
test('failed early', ends, 'harmless', false, false, 'undone', /Nothing was changed/);
test('failed late', ends, 'destructive', false, false, 'broken', dead);
// An undo that fails: whatever had been asked for, something is left behind.
const stuckEarly = /SIGINT; undoing .* failed, too Put it back by hand/;
test('stopped early, and stuck', ends, 'harmless', true, true, 'broken', /^Interrupted, .*by hand/);
test('stopped late, and stuck', ends, 'destructive', true, true, 'broken', /^Interrupted, .*dead.*by hand/);
test('failed early, and stuck', ends, 'harmless', false, true, 'broken', stuckEarly);
test('failed late, and stuck', ends, 'destructive', false, true, 'broken', /dead.*Put it back by hand/);

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

test('what is still in use when everything was done is told, and the steps after it are let go of', async (t) => {
  const released: string[] = [];
  const handler = (id: string) => ({
    describe: () => id,
    destructive: true,
    run: async () => {},
    undo: {
      kind: 'release',
      run: async () => {
        released.push(id);
        if (id === 'second') throw new Error('it is stuck');
      },
    },
  });
  const ids = ['first', 'second'];
  const handlers = Object.fromEntries(ids.map((id) => [id, handler(id)])) as unknown as Handlers<StepBase>;
  const steps = ids.map((id) => ({ id, kind: id }));
  const running = execute({ v: 1, operation: 'install', target: 'x', steps }, handlers, {
    ...{ host: fakeHost(), emit: () => {}, outcome },
  });
  const error = await t.throwsAsync(running, { instanceOf: OpsError });
  t.like(error, { kind: 'broken', code: 'release-failed', hint: outcome.stillInUse });
  t.deepEqual(released, ['second', 'first']);
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
