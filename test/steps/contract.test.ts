/** The contract that every handler keeps: it succeeds, it fails loudly, it undoes honestly. */
import test from 'ava';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, type Step, stepSchema } from '../../src/steps/index.ts';
import { type Case, cases } from './cases.ts';
import { contextOf, type TestContext } from './context.ts';

async function perform(step: Step, context: TestContext): Promise<void> {
  const handler = handlerOf(handlers, step);
  await handler.run(step, context);
  await handler.verify?.(step, context);
}

async function ready(one: Case, spoil: Case['failures'][string]['spoil'] = {}) {
  const { host, names } = one.machine(typeof spoil === 'function' ? {} : spoil);
  const context = contextOf(host, names);
  for (const step of one.before ?? []) await perform(step, context);
  if (typeof spoil === 'function') await (spoil(host) as unknown);
  return { host, context };
}

const contract = test.macro({
  title: (_, kind: Step['kind']) => `${kind} succeeds, says what it does, and can be kept as JSON`,
  exec: async (t, kind: Step['kind']) => {
    const one = cases[kind];
    t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(one.step))), one.step);
    const handler = handlerOf(handlers, one.step);
    t.regex(handler.describe(one.step), /^[A-Z][^\n]{10,}$/);
    const { context } = await ready(one);
    await t.notThrowsAsync(async () => {
      await handler.preflight?.(one.step, context);
      await perform(one.step, context);
    });
  },
});

const failing = test.macro({
  title: (_, kind: Step['kind'], name: string) => `${kind} fails: ${name}`,
  exec: async (t, kind: Step['kind'], name: string) => {
    const one = cases[kind];
    const failure = one.failures[name];
    if (failure === undefined) return t.fail();
    const { context } = await ready(one, failure.spoil);
    await t.throwsAsync(perform(one.step, context), { code: failure.code });
  },
});

for (const kind of Object.keys(cases) as Step['kind'][]) {
  test(contract, kind);
  for (const name of Object.keys(cases[kind].failures)) test(failing, kind, name);
}

const undone = test.macro({
  title: (_, kind: Step['kind']) => `${kind} gives back what it took, once and again`,
  exec: async (t, kind: Step['kind']) => {
    const one = cases[kind];
    const { undo } = handlerOf(handlers, one.step);
    if (undo.kind === 'none' || one.takes === undefined) return t.fail();
    const { host, context } = await ready(one);
    const before = await one.takes(host);
    await perform(one.step, context);
    t.notDeepEqual(await one.takes(host), before);
    await undo.run(one.step, context);
    t.deepEqual(await one.takes(host), before);
    await t.notThrowsAsync(async () => undo.run(one.step, context));
  },
});
for (const kind of Object.keys(handlers) as Step['kind'][])
  if (handlers[kind].undo.kind !== 'none') test(undone, kind);

test('only what destroys has no way back, and only mounting must always be given back', (t) => {
  const kinds = Object.entries(handlers);
  t.deepEqual(
    kinds.filter(([, handler]) => handler.destructive).map(([kind]) => kind),
    [
      'wipe-signatures',
      'write-partition-table',
      'format-esp',
      'format-ext4',
      'claim-state',
      'remove-old-system',
      'mark-filling',
    ],
  );
  t.deepEqual(
    kinds.filter(([, handler]) => handler.undo.kind === 'release').map(([kind]) => kind),
    ['mount-state'],
  );
});

test('no room for temporary files is refused before anything runs', async (t) => {
  const { step, machine } = cases['format-esp'];
  const { host, names } = machine({ freeSpace: 1e6 });
  await t.throwsAsync(async () => handlerOf(handlers, step).preflight?.(step, contextOf(host, names)), {
    code: 'no-temporary-room',
    message: /1 MB are free/,
  });
  t.deepEqual(host.ran, []);
});

test('one step completes an installation, one a takeover', (t) => {
  const kinds = Object.entries(handlers).filter(([, handler]) => 'completes' in handler);
  t.deepEqual(
    kinds.map(([kind]) => kind),
    ['mark-valid', 'boot-once', 'set-mark'],
  );
});

test('a mount point that is taken is refused before anything runs', async (t) => {
  const { step, machine } = cases['mount-state'];
  const { host, names } = machine({
    files: { '/proc/self/mountinfo': '22 21 254:3 / /run/bos/target rw - ext4 /dev/vda3 rw\n' },
  });
  await t.throwsAsync(async () => handlerOf(handlers, step).preflight?.(step, contextOf(host, names)), {
    code: 'mount-point-busy',
  });
});

test('copying tells how far it is and ends at the total', async (t) => {
  const one = cases['copy-files'];
  const { context } = await ready(one);
  await perform(one.step, context);
  const last = context.told.at(-1);
  t.is(last?.done, last?.total);
  t.deepEqual(
    context.told.map((event) => event.done),
    context.told.map((event) => event.done).toSorted((a, b) => a - b),
  );
});

test('copying stops when it is interrupted', async (t) => {
  const one = cases['copy-files'];
  const { context } = await ready(one);
  await t.throwsAsync(perform(one.step, { ...context, signal: AbortSignal.abort() }), {
    code: 'interrupted',
  });
});

test('the mark changes one sector and nothing else', async (t) => {
  const one = cases['mark-valid'];
  const { host, context } = await ready(one);
  const writes: { readonly offset: number; readonly length: number }[] = [];
  const open = host.files.open;
  Object.assign(host.files, {
    open: async (...args: Parameters<typeof open>) => {
      const file = await open(...args);
      return {
        ...file,
        write: (offset: number, data: Uint8Array) => {
          writes.push({ offset, length: data.length });
          return file.write(offset, data);
        },
      };
    },
  });
  await perform(one.step, context);
  t.is(writes.length, 1);
  t.is(writes[0]?.length, 512);
  t.is((writes[0]?.offset ?? 1) % 512, 0);
});
