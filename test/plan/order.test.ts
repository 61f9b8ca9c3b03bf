/** What a plan does when, and what it tells: preflights first, each step verified before the next, undone backwards. */
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import type { Event } from '../../src/plan/events.ts';
import { type ExecuteOptions, execute } from '../../src/plan/execute.ts';
import { plainOutcome } from '../../src/plan/outcome.ts';
import type { Handler, Handlers, StepBase, StepContext } from '../../src/plan/plan.ts';
import { fakeHost } from '../fakes/host.ts';

type Parts = Partial<Pick<Handler<StepBase>, 'completes' | 'destructive' | 'undo'>>;
type Work = (moment: string, context: StepContext) => Promise<void> | void;

/** Runs steps that note every moment of theirs; `work` is done at each. What was done, told and thrown. */
async function run(
  kinds: Readonly<Record<string, Parts>>,
  work: Work = () => {},
  options: Partial<ExecuteOptions> = {},
) {
  const done: string[] = [];
  const at = (name: string, kind: string) => async (_step: StepBase, context: StepContext) => {
    done.push(`${name} ${kind}`);
    await work(`${name} ${kind}`, context);
  };
  const handlers = Object.fromEntries(
    Object.entries(kinds).map(([kind, { undo, ...parts }]) => [
      kind,
      {
        describe: () => `Do ${kind}`,
        destructive: false,
        ...parts,
        ...{ preflight: at('check', kind), run: at('run', kind), verify: at('verify', kind) },
        undo: undo?.kind === undefined ? { kind: 'none' } : { kind: undo.kind, run: at('undo', kind) },
      },
    ]),
  ) as unknown as Handlers<StepBase>;
  const events: Event[] = [];
  const steps = Object.keys(kinds).map((kind) => ({ id: kind, kind }));
  const error = await execute({ v: 1, operation: 'install', target: 'x', steps }, handlers, {
    ...{ host: fakeHost(), emit: (event) => void events.push(event) },
    ...options,
  }).catch((thrown: unknown) => thrown as Error);
  return { done, events, error };
}

const undo = (kind: 'release' | 'restore') => ({ undo: { kind, run: async () => {} } });
const fail =
  (moment: string, error: Error): Work =>
  (now) => {
    if (now === moment) throw error;
  };

test('everything is checked before anything runs, and each step is verified before the next runs', async (t) => {
  const { done, error } = await run({ a: {}, b: {} });
  t.is(error, undefined);
  t.deepEqual(done, ['check a', 'check b', 'run a', 'verify a', 'run b', 'verify b']);
});

test('what is not as it was written ends the plan as a failure of its step', async (t) => {
  const lost = new OpsError('broken', 'read-back', 'It is not there', { hint: 'Look.', details: ['sda'] });
  const { done, error, events } = await run({ a: {}, b: {} }, fail('verify a', lost));
  t.deepEqual(done, ['check a', 'check b', 'run a', 'verify a']);
  t.like(error, { kind: 'undone', code: 'read-back', hint: 'Look. Nothing was changed.', cause: lost });
  t.deepEqual((error as OpsError).details, ['sda']);
  t.like(events.at(-1), { type: 'step-end', id: 'a', ok: false, message: 'It is not there' });
});

test('at the end what was taken is given back, and what was changed stays', async (t) => {
  const { done } = await run({ a: undo('release'), b: undo('restore'), c: undo('release') });
  t.deepEqual(done.slice(-3), ['verify c', 'undo c', 'undo a']);
});

test('on a failure what had begun is undone, the last first, and nothing else', async (t) => {
  const kinds = { a: undo('release'), b: {}, c: undo('restore'), d: undo('restore') };
  const { done, error } = await run(kinds, fail('run c', new Error('no')));
  t.deepEqual(done.slice(-3), ['run c', 'undo c', 'undo a']);
  t.like(error, { kind: 'undone', code: 'step-failed', message: 'no', hint: 'Nothing was changed.' });
  const past = await run({ ...kinds, b: { destructive: true } }, fail('run c', new Error('no')));
  t.deepEqual(past.done.slice(-2), ['undo c', 'undo a'], 'past the point of no return, too');
  t.like(past.error, { kind: 'broken', hint: plainOutcome.destroyed });
});

test('the state of the target is told by how far the plan got', async (t) => {
  const no = new Error('no');
  const kinds = { a: {}, b: { destructive: true }, c: { completes: true as const }, d: {} };
  t.like((await run(kinds, fail('run a', no))).error, { kind: 'undone' });
  t.like((await run(kinds, fail('run b', no))).error, { kind: 'broken', hint: plainOutcome.destroyed });
  t.like((await run(kinds, fail('run c', no))).error, { kind: 'broken', hint: plainOutcome.uncertain });
  t.like((await run(kinds, fail('run d', no))).error, { kind: 'broken', hint: plainOutcome.uncertain });
});

test('what a check refuses is thrown as it is, and no step is told to have begun', async (t) => {
  const no = new OpsError('refused', 'disk-busy', 'no');
  const { done, error, events } = await run({ a: undo('release'), b: {} }, fail('check b', no));
  t.is(error, no);
  t.deepEqual(done, ['check a', 'check b']);
  t.deepEqual(
    events.map(({ type }) => type),
    ['plan'],
  );
});

test('a program that dies of Ctrl-C counts as being stopped, one that dies of something else does not', async (t) => {
  const killedBy = (signal: string) =>
    new ToolFailed({ command: 'mkfs.ext4', args: [], signal, stdout: '', stderr: '' });
  const { error, events } = await run({ a: {} }, fail('run a', killedBy('SIGINT')));
  t.like(error, { kind: 'interrupted', message: 'Interrupted; nothing was changed.' });
  t.like(events.at(-1), { ok: false, message: 'interrupted' });
  t.like((await run({ a: {} }, fail('run a', killedBy('SIGKILL')))).error, {
    ...{ kind: 'undone', code: 'tool-failed', message: 'mkfs.ext4 was ended by SIGKILL' },
  });
  t.like((await run({ a: {} }, fail('check a', killedBy('SIGINT')))).error, {
    message: 'Interrupted; nothing was touched.',
  });
});

test('who stops it between two steps stops it there', async (t) => {
  const controller = new AbortController();
  const stop: Work = (moment) => void (moment === 'verify a' && controller.abort());
  const { done, error } = await run({ a: undo('restore'), b: {} }, stop, { signal: controller.signal });
  t.deepEqual(done, ['check a', 'check b', 'run a', 'verify a', 'undo a']);
  t.like(error, { kind: 'interrupted', message: 'Interrupted; nothing was changed.' });
});

test('the plan is told first, then every step with how long it took', async (t) => {
  const host = fakeHost();
  const begin = host.clock.now();
  const work: Work = async (moment, context) => {
    if (moment === 'check b') context.log('checked');
    if (moment !== 'run b') return;
    await host.clock.sleep(1500);
    context.progress(1, 2, 'bytes');
    context.note('the server is slow');
  };
  const logged: string[] = [];
  const { events } = await run({ a: {}, b: { destructive: true } }, work, {
    ...{ host, log: (line) => void logged.push(line) },
  });
  const stamp = (at: number) => ({ v: 1, at: begin + at });
  t.deepEqual(events, [
    {
      ...stamp(0),
      ...{ type: 'plan', operation: 'install' },
      steps: [
        { id: 'a', kind: 'a', title: 'Do a', destructive: false },
        { id: 'b', kind: 'b', title: 'Do b', destructive: true },
      ],
    },
    { ...stamp(0), type: 'step-start', id: 'a', title: 'Do a' },
    { ...stamp(0), type: 'step-end', id: 'a', ok: true, ms: 0 },
    { ...stamp(0), type: 'step-start', id: 'b', title: 'Do b' },
    { ...stamp(1500), type: 'progress', id: 'b', done: 1, total: 2, unit: 'bytes' },
    { ...stamp(1500), type: 'note', id: 'b', message: 'the server is slow' },
    { ...stamp(1500), type: 'step-end', id: 'b', ok: true, ms: 1500 },
  ] as Event[]);
  t.deepEqual(logged, ['checked']);
});

test('a name that one step binds is known to those after it, and to undoing', async (t) => {
  const seen: string[] = [];
  const work: Work = (moment, { bind, resolve }) => {
    if (moment === 'run a') bind('part:esp', '/dev/vda2');
    if (moment === 'run b' || moment === 'undo a') seen.push(resolve('part:esp'), resolve('file:config'));
  };
  await run({ a: undo('release'), b: {} }, work, { names: { 'file:config': '/x' } });
  t.deepEqual(seen, ['/dev/vda2', '/x', '/dev/vda2', '/x']);
});
