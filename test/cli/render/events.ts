/** Recorded events: an installation that works, one that fails, and one without a plan. */
import type { Event } from '../../../src/plan/events.ts';

/** Times in milliseconds after an arbitrary start. */
const at = (ms: number) => ({ v: 1, at: 1_700_000_000_000 + ms }) as const;
const step = (id: string, title: string, destructive = false) => ({ id, kind: id, title, destructive });
const plan: Event = {
  ...at(0),
  type: 'plan',
  operation: 'install',
  steps: [
    step('write-table', 'Partition /dev/vda', true),
    step('copy', `Copy ${'the system and everything in it '.repeat(3).trim()}`),
    step('mark-valid', 'Mark the installation valid'),
  ],
};

const copied = (ms: number, done: number): Event => ({
  ...at(ms),
  type: 'progress',
  id: 'copy',
  done,
  total: 200_000_000,
  unit: 'bytes',
});

const begun: readonly Event[] = [
  plan,
  { ...at(10), type: 'step-start', id: 'write-table', title: 'Partition /dev/vda' },
  { ...at(50), type: 'step-end', id: 'write-table', ok: true, ms: 40 },
  { ...at(60), type: 'step-start', id: 'copy', title: plan.steps[1]?.title ?? '' },
  copied(60, 0),
  // 10 % at once: too soon for a line.
  copied(160, 20_000_000),
  copied(1_160, 40_000_000),
  copied(1_260, 44_000_000),
  // Slow: a line because of the time.
  copied(6_200, 46_000_000),
  copied(9_160, 200_000_000),
];

export const successful: readonly Event[] = [
  ...begun,
  { ...at(9_200), type: 'step-end', id: 'copy', ok: true, ms: 9_140 },
  { ...at(9_210), type: 'step-start', id: 'mark-valid', title: 'Mark the installation valid' },
  { ...at(9_220), type: 'step-end', id: 'mark-valid', ok: true, ms: 10 },
  { ...at(9_230), type: 'result', ok: true, exitCode: 0, message: 'Installed on /dev/vda.' },
];

export const failed: readonly Event[] = [
  ...begun,
  { ...at(9_200), type: 'step-end', id: 'copy', ok: false, ms: 9_140, message: 'no space left on device' },
];

export const unplanned: readonly Event[] = [
  { ...at(0), type: 'step-start', id: 'rootfs', title: 'Unpack packages' },
  { ...at(10), type: 'progress', id: 'rootfs', done: 3, total: 0, unit: 'items' },
  { ...at(20), type: 'step-end', id: 'rootfs', ok: true, ms: 10 },
];
