/** What is on trial, and how a trial ends, as functions of what was booted and what the boot environment says. */
import test from 'ava';
import type { BootFacts } from '../../../src/boot/boot-facts.ts';
import type { Deployment } from '../../../src/boot/deployment.ts';
import type { BootEnvironment } from '../../../src/boot/environment.ts';
import {
  didNotStart,
  failedRecord,
  settledEnvironment,
  settledRecord,
  type Trial,
  trialOf,
} from '../../../src/runtime/trial/outcome.ts';
import type { UpgradeRecord } from '../../../src/upgrade/record.ts';

const [older, newer]: [Deployment, Deployment] = [
  { kernel: 'k1', os: '1', dcp: 'd' },
  { kernel: 'k2', os: '2', dcp: null },
];
const previous = { bos_previous_kernel: 'k1', bos_previous_os: '1', bos_previous_dcp: 'd' };
const now = '2026-01-02T03:04:05.000Z';

const environment = (
  tries: string | undefined,
  others: Readonly<Record<string, string>> = previous,
): BootEnvironment => ({
  ...{ mark: 'valid', stateUuid: 'u', ...newer },
  others: { ...others, ...(tries === undefined ? {} : { bos_tries: tries }) },
});
const facts = (counted: string): BootFacts => ({
  ...{
    mode: 'disk',
    state: '/dev/vda3',
    esp: '/dev/vda2',
    kernel: '',
    os: '',
    dcp: '',
    ephemeral: false,
    try: counted,
  },
});
const judged = (counted: string, running: Deployment, tries: string | undefined) =>
  trialOf(facts(counted), running, environment(tries))?.what;

for (const [name, counted, running, tries, what] of [
  ['the new one, counted', 'c', newer, 'ccpppr', 'c'],
  ['the new one, its last try', 'c', newer, 'pppr', 'c'],
  ['the one before, counted', 'p', older, 'ppr', 'p'],
  ['the one before, because the new kernel cannot be loaded', 'p', older, 'ccppr', 'p'],
  ['nothing on trial any more', 'c', newer, undefined, undefined],
  ['nothing on trial', '', newer, undefined, undefined],
  ['the new one, not counted', '', newer, 'ccpppr', undefined],
  ['the one before, by hand', '', older, 'ccpppr', undefined],
  ['the new one by hand instead of the rescue shell', '', newer, 'r', 'c'],
  ['the one before by hand instead of the rescue shell', '', older, 'r', 'p'],
  ['something else by hand instead of the rescue shell', '', { ...older, os: '0' }, 'r', undefined],
  ['not what is on trial', 'c', older, 'ccpppr', undefined],
  ['not what is gone back to', 'p', newer, 'ppr', undefined],
] as const)
  test(`judged or not: ${name}`, (t) => {
    t.is(judged(counted, running, tries), what);
  });

test('tries that nobody has written are an error', (t) => {
  t.throws(() => judged('c', newer, 'pc'), { code: 'environment-invalid' });
});

const trial = (what: 'c' | 'p'): Trial => ({ what, current: newer, previous: older, tries: ['p', 'r'] });
const record: UpgradeRecord = {
  v: 1,
  last: { from: older, to: newer, at: '2026-01-01T00:00:00.000Z', source: 'a.iso', end: 'pending' },
  returned: [],
  proved: [older],
};

test('proved: the tries go, in the environment; the deployment is the last that proved itself', (t) => {
  t.deepEqual(settledEnvironment(trial('c')), { bos_tries: undefined });
  const settled = settledRecord(trial('c'), { ...record, returned: [newer] }, now);
  t.deepEqual(settled, {
    ...record,
    patched: { os: '2', at: now },
    last: { ...record.last, end: 'proved', endedAt: now } as UpgradeRecord['last'],
    // It is never replaced before.
    loader: { os: newer.os, end: 'due' },
    returned: [],
    proved: [older, newer],
  });
});

test('returned: the previous deployment is the current one, and the other is remembered', (t) => {
  t.deepEqual(settledEnvironment(trial('p')), {
    ...{ bos_kernel: 'k1', bos_os: '1', bos_dcp: 'd' },
    ...{ bos_previous_kernel: undefined, bos_previous_os: undefined, bos_previous_dcp: undefined },
    bos_tries: undefined,
  });
  const failed = failedRecord(trial('c'), record, now, 'ssh.service is failed');
  t.is(failed.last?.end, 'pending');
  const settled = settledRecord(trial('p'), { ...failed, proved: [older, newer] }, now);
  t.like(settled.last, { end: 'returned', reason: 'ssh.service is failed', endedAt: now });
  t.deepEqual(settled.returned, [newer]);
  t.deepEqual(settled.proved, [older]);
  t.is(settledRecord(trial('p'), record, now).last?.reason, didNotStart);
});

test('a record that was lost, or is of another upgrade, is begun anew', (t) => {
  for (const { last } of [
    { last: undefined },
    { last: { ...record.last, to: older } as UpgradeRecord['last'] },
  ]) {
    const settled = settledRecord(trial('p'), { v: 1, returned: [], proved: [], ...(last && { last }) }, now);
    t.like(settled.last, { from: older, to: newer, end: 'returned' });
  }
});
