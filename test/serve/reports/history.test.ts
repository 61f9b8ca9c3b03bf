/** What is known of a machine, out of what it was sent and what it has said. */
import test from 'ava';
import {
  type Entry,
  type EntryName,
  historyOf,
  sentBoot,
  toldHistory,
} from '../../../src/serve/reports/history.ts';

const entry = (name: EntryName, at: number, boot = '0'): Entry => ({ name, at, boot });
const sent = [entry('first-byte', 1), entry('last-byte', 2)];
const whole = [
  ...sent,
  entry('booted-medium', 3, 'm1'),
  entry('installed', 4, 'm1'),
  entry('booted-disk', 5, 'd1'),
];

test('states go on, each with the moment in which it began', (t) => {
  const told = whole.map((_, index) => toldHistory(historyOf(whole.slice(0, index + 1))));
  t.deepEqual(
    told.map(({ state, since }) => [state, since]),
    [
      ['served', '1970-01-01T00:00:00.001Z'],
      ['served', '1970-01-01T00:00:00.001Z'],
      ['booted-medium', '1970-01-01T00:00:00.003Z'],
      ['disk-written', '1970-01-01T00:00:00.004Z'],
      ['installed', '1970-01-01T00:00:00.005Z'],
    ],
  );
  t.deepEqual(
    told.at(-1)?.reports.map(({ report }) => report),
    ['first-byte', 'last-byte', 'booted-medium', 'installed', 'booted-disk'],
  );
  t.deepEqual(toldHistory(historyOf([])), { state: 'waiting', since: null, reports: [] });
});

test('the word of the installer makes no machine installed', (t) => {
  const { state } = historyOf([entry('installed', 1, 'm1')]);
  t.is(state, 'disk-written');
  t.is(historyOf([entry('installed', 1, 'm1'), entry('booted-disk', 2, 'd1')]).state, 'installed');
});

test('what comes late, or twice, takes nothing back', (t) => {
  const installed = historyOf(whole);
  for (const late of [
    entry('booted-medium', 9, 'm1'),
    entry('installed', 9, 'm1'),
    entry('booted-disk', 9, 'd2'),
    entry('first-byte', 9, '1'),
    entry('last-byte', 9, '1'),
  ]) {
    const { state, since } = historyOf([...whole, late]);
    t.deepEqual([state, since], ['installed', installed.since], late.name);
  }
});

test('a medium that boots again begins anew, with what was sent for it', (t) => {
  const again = [entry('first-byte', 6, '1'), entry('last-byte', 7, '1'), entry('booted-medium', 8, 'm2')];
  const { state, since, entries } = historyOf([...whole, ...again]);
  t.deepEqual({ state, since, entries }, { state: 'booted-medium', since: 8, entries: again });
  // Without anything sent anew, as from a stick: what was sent for the installation before.
  const stick = historyOf([...whole, entry('booted-medium', 8, 'm2')]);
  t.deepEqual(stick.entries, [...sent, entry('booted-medium', 8, 'm2')]);
});

test('what is sent after an installation belongs to the next', (t) => {
  t.is(sentBoot([]), '0');
  t.is(sentBoot(whole), '1');
});
