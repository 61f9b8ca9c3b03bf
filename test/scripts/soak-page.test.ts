import test from 'ava';
import { soakPage } from '../../scripts/soak-page.ts';

test('the page tells what was run, where, and how each test ended', (t) => {
  const page = soakPage({
    date: '2026-11-21',
    commit: '0123abc, with changes',
    machine: '2 processors, tcg',
    filter: ['live', 'a|b'],
    seconds: 185.4,
    results: [
      { job: { name: 'live prompt', kind: 'fixture', seconds: 45 }, passed: true, seconds: 40.4 },
      { job: { name: 'live boot', kind: 'test', seconds: 35 }, passed: true, seconds: 61 },
      { job: { name: 'a|b', kind: 'test', seconds: 15 }, passed: false, seconds: 3 },
    ],
  });
  t.snapshot(page);
});
