/** The contract that every handler keeps: it succeeds, in the order it promises, it fails loudly, it undoes honestly. */
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, programsOf, type Step, stepSchema } from '../../src/steps/index.ts';
import type { FakeHost } from '../fakes/host.ts';
import type { Case, Failure } from './case.ts';
import { cases } from './cases.ts';
import { contextOf, type TestContext } from './context.ts';
import { machine } from './machine.ts';
import {
  nothingChanged,
  nothingHeld,
  nothingUnsynced,
  programsOfEffects,
  type StepEffects,
  sequence,
} from './promises.ts';

const kinds = Object.keys(handlers) as Step['kind'][];

/** Runs and verifies; resolves with what was done by each of the two. */
async function perform(step: Step, context: TestContext, host: FakeHost): Promise<StepEffects> {
  const handler = handlerOf(handlers, step);
  const start = host.effects.length;
  await handler.run(step, context);
  const middle = host.effects.length;
  await handler.verify?.(step, context);
  return { run: host.effects.slice(start, middle), verify: host.effects.slice(middle) };
}

async function ready(tested: Case, spoil: Failure['spoil'] = {}) {
  const { host, names } = tested.machine(typeof spoil === 'function' ? {} : spoil);
  const context = contextOf(host, names);
  for (const step of tested.before ?? []) await perform(step, context, host);
  if (typeof spoil === 'function') await (spoil(host) as unknown);
  return { host, context };
}

/** Its kind, or `KIND: WHAT` for more than one. */
type CaseName = string;

function caseOf(name: CaseName): Case {
  const found = cases[name];
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

const contract = test.macro({
  title: (_, name: CaseName) => `${name} succeeds, says what it does, and can be kept as JSON`,
  exec: async (t, name: CaseName) => {
    const { step } = caseOf(name);
    t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(step))), step);
    const handler = handlerOf(handlers, step);
    t.regex(handler.describe(step), /^[A-Z][^\n]{10,}$/);
    const { host, context } = await ready(caseOf(name));
    const start = host.effects.length;
    await t.notThrowsAsync(async () => handler.preflight?.(step, context));
    const preflight = host.effects.slice(start).filter(({ path }) => !path.startsWith('/tmp/'));
    t.is(nothingHeld({ run: preflight, verify: [] }), undefined);
    t.is(nothingChanged({ run: preflight, verify: [] }), undefined, 'before anything runs');
    t.deepEqual(await host.files.list('/tmp'), []);
    await t.notThrowsAsync(perform(step, context, host));
  },
});

const ordered = test.macro({
  title: (_, name: CaseName) => `${name} keeps its order: all of it is synced, closed, and as it promises`,
  exec: async (t, name: CaseName) => {
    const { host, context } = await ready(caseOf(name));
    const effects = await perform(caseOf(name).step, context, host);
    t.is(nothingUnsynced(effects), undefined);
    t.is(nothingHeld(effects), undefined);
    t.deepEqual(await host.files.list('/tmp'), []);
    for (const [says, broken] of Object.entries(caseOf(name).promises ?? {}))
      t.is(broken(effects), undefined, says);
  },
});

/** What is as the step wants it before it runs: a file system that nobody has mounted yet is clean. */
const trueBefore = ['unmount-state'];

const verified = test.macro({
  title: (_, name: CaseName) => `${name} says so when what it did is not there`,
  exec: async (t, name: CaseName) => {
    const { step } = caseOf(name);
    const { host, context } = await ready(caseOf(name));
    const start = host.effects.length;
    const { verify } = handlerOf(handlers, step);
    if (verify === undefined) return t.fail();
    await t.throwsAsync(async () => verify(step, context));
    t.is(nothingHeld({ run: host.effects.slice(start), verify: [] }), undefined);
    t.is(nothingChanged({ run: host.effects.slice(start), verify: [] }), undefined);
  },
});

/** Those that read back by themselves, or that have nothing to read back. */
const unverified: readonly Step['kind'][] = [
  ...(['check-target', 'detach-partitions', 'check-filesystem', 'claim-root', 'manual-steps'] as const),
  ...(['mount-state', 'make-folders', 'copy-files', 'copy-from-image', 'verify-files'] as const),
  ...(['remove-old-system', 'write-journal', 'register-boot-entry', 'create-image', 'name-image'] as const),
  ...(['write-image', 'read-back-image'] as const),
  ...(['write-checksums', 'claim-folders', 'remove-deployments', 'copy-image', 'fill-ext4'] as const),
];

test('every other step reads back what it did', (t) => {
  t.deepEqual(kinds.filter((kind) => handlers[kind].verify === undefined).toSorted(), unverified.toSorted());
});

/** Without udev nobody settles anything; firmware is told what it keeps; both are optional. */
const optional = ['udevadm', 'efibootmgr'];

const asksFor = test.macro({
  title: (_, name: CaseName) => `${name} asks for every program that it runs`,
  exec: async (t, name: CaseName) => {
    const { step } = caseOf(name);
    const { host, context } = await ready(caseOf(name));
    const ran = programsOfEffects(await perform(step, context, host));
    const asked = programsOf([step]);
    t.deepEqual(
      ran.filter((program) => !asked.includes(program) && !optional.includes(program)),
      [],
    );
  },
});

const failing = test.macro({
  title: (_, name: CaseName, way: string) => `${name} fails: ${way}`,
  exec: async (t, name: CaseName, way: string) => {
    const { step, failures } = caseOf(name);
    const failure = failures[way];
    if (failure === undefined) return t.fail();
    const { host, context } = await ready(caseOf(name), failure.spoil);
    const start = host.effects.length;
    const error = await t.throwsAsync(perform(step, context, host), { code: failure.code });
    if (error instanceof OpsError && !(error instanceof ToolFailed)) {
      t.regex(error.message, /^\S+( \S+){2,}$/, 'what happened');
      if (error.hint !== undefined) t.regex(error.hint, /^\S+( \S+){2,}\.$/, 'what to do');
    }
    const run = host.effects.slice(start);
    t.is(nothingHeld({ run, verify: [] }), undefined);
    if (failure.untouched === true) t.is(nothingChanged({ run, verify: [] }), undefined);
    t.deepEqual(await host.files.list('/tmp'), []);
  },
});

for (const [name, { step, failures }] of Object.entries(cases)) {
  test(contract, name);
  test(ordered, name);
  test(asksFor, name);
  if (![...trueBefore, ...unverified].includes(step.kind)) test(verified, name);
  for (const way of Object.keys(failures)) test(failing, name, way);
}

const undone = test.macro({
  title: (_, kind: Step['kind']) => `${kind} gives back what it took, once and again`,
  exec: async (t, kind: Step['kind']) => {
    const { step, takes } = cases[kind];
    const { undo } = handlerOf(handlers, step);
    if (undo.kind === 'none' || takes === undefined) return t.fail();
    const { host, context } = await ready(cases[kind]);
    const before = await takes(host);
    await perform(step, context, host);
    t.notDeepEqual(await takes(host), before);
    await undo.run(step, context);
    t.deepEqual(await takes(host), before);
    await t.notThrowsAsync(async () => undo.run(step, context));
  },
});

/** What has a way back, and what of it is given back after success too. */
const waysBack: { readonly [K in Step['kind']]?: 'restore' | 'release' } = {
  'check-target': 'release',
  'detach-partitions': 'restore',
  'mount-state': 'release',
  'claim-root': 'restore',
  'add-menu-entry': 'restore',
  'boot-once': 'restore',
  relabel: 'restore',
  'create-image': 'restore',
  'write-checksums': 'restore',
  'convert-image': 'restore',
  'change-environment': 'restore',
  'claim-folders': 'restore',
  'replace-file': 'restore',
  'replace-menu': 'restore',
  'copy-delta': 'restore',
  'switch-init': 'restore',
  'copy-image': 'restore',
};
for (const kind of Object.keys(waysBack) as Step['kind'][]) test(undone, kind);

test('an init that is put back has its name on the disk', async (t) => {
  const { step } = caseOf('switch-init');
  const { host, context } = await ready(caseOf('switch-init'));
  await perform(step, context, host);
  const { undo } = handlerOf(handlers, step);
  if (undo.kind === 'none') return t.fail();
  const start = host.effects.length;
  await undo.run(step, context);
  const run = host.effects.slice(start);
  t.is(sequence(/^rename /, /^run sync \/card\/usr\/sbin$/)({ run, verify: [] }), undefined);
});

test('only what destroys has no way back, and a mount and a disk that was taken from udev are always given back', (t) => {
  const found = kinds.map((kind) => [kind, handlers[kind].undo.kind]).filter(([, undo]) => undo !== 'none');
  t.deepEqual(Object.fromEntries(found), waysBack);
  t.deepEqual(
    kinds.filter((kind) => handlers[kind].destructive),
    [
      'wipe-signatures',
      'write-partition-table',
      'format-esp',
      'format-ext4',
      'claim-state',
      'remove-old-system',
      'mark-filling',
      'write-image',
      'write-image-ends',
      'remove-deployments',
    ],
  );
});

test('one step completes an installation, a takeover, an image, a disk with an image, an upgrade, an overlay and its end', (t) => {
  t.deepEqual(
    kinds.filter((kind) => (handlers[kind] as { completes?: true }).completes === true),
    [
      'mark-valid',
      'boot-once',
      'name-image',
      'write-image-ends',
      'change-environment',
      'switch-init',
      'restore-init',
    ],
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

test('what is known of a failure goes with the disk before it is let go of', async (t) => {
  const { step } = cases['mount-state'];
  const { host, names } = machine({ files: { '/var/log/bos/install.log': '{}\n' } });
  const context = contextOf(host, { ...names, 'file:journal': '/var/log/bos/install.log' });
  await perform(step, context, host);
  const start = host.effects.length;
  const { undo } = handlers['mount-state'];
  if (undo.kind === 'none' || step.kind !== 'mount-state') return t.fail();
  await undo.run(step, context);
  const promise = sequence(
    /^create .*target\/bos\/system\/install\.log 0600$/,
    /^sync .*install\.log$/,
    /^run umount \/run\/bos\/target$/,
  );
  t.is(promise({ run: host.effects.slice(start), verify: [] }), undefined);
});

test('copying tells how far it is and ends at the total', async (t) => {
  const { host, context } = await ready(cases['copy-files']);
  await perform(cases['copy-files'].step, context, host);
  const last = context.told.at(-1);
  t.is(last?.done, last?.total);
  t.deepEqual(
    context.told.map((event) => event.done),
    context.told.map((event) => event.done).toSorted((a, b) => a - b),
  );
});

test('copying stops when it is interrupted', async (t) => {
  const { host, context } = await ready(cases['copy-files']);
  const interrupted = { ...context, signal: AbortSignal.abort() };
  await t.throwsAsync(perform(cases['copy-files'].step, interrupted, host), { code: 'interrupted' });
});
