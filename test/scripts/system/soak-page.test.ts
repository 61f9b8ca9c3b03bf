import test from 'ava';
import { type JobResult, soakPage } from '../../../scripts/system/soak-page.ts';

const fixture = { name: 'live prompt', kind: 'fixture', seconds: 45 } as const;
const boot = { name: 'live boot', kind: 'test', seconds: 35 } as const;
const odd = { name: 'a|b', kind: 'test', seconds: 15 } as const;
const never = { name: 'what nobody ran', kind: 'test', seconds: 60 } as const;
const plan = [fixture, boot, odd, never];

const run = (date: string, ...results: JobResult[]) => ({
  ...{ date, commit: '0123abc, with changes', machine: '2 processors, tcg', seconds: 185.4 },
  results,
});
const first = soakPage(
  plan,
  '',
  run(
    '2026-11-20',
    { job: fixture, passed: true, seconds: 40.4 },
    { job: boot, passed: true, seconds: 61 },
    { job: odd, passed: false, seconds: 3 },
  ),
);

test('the page tells what was run, when, and how each test ended', (t) => {
  t.snapshot(first);
});

test('a part replaces its own rows', (t) => {
  const page = soakPage(plan, first, run('2026-11-21', { job: odd, passed: true, seconds: 14 }));
  t.regex(page, /3: 2 passed, 0 failed, 1 not run/);
  t.regex(page, /^\| a\\\|b \| 14 \| 15 \| passed \| 2026-11-21 \| 0123abc, with changes \|$/m);
  t.regex(page, /^\| live boot \| 61 \| 35 \| passed \| 2026-11-20 \|/m);
});

test('a test that is no more is not on the page', (t) => {
  t.notRegex(soakPage([fixture, odd], first, run('2026-11-21')), /live boot/);
});
