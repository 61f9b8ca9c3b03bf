/** Schedules: what is read and refused; croner says when they are due, and systemd that its timer is due then. */
import test from 'ava';
import { Cron } from 'croner';
import fc from 'fast-check';
import { type Calendar, parseSchedule } from '../../../src/formats/time/cron.ts';
import { dueTimes, isOpen, meets, opens } from '../../../src/formats/time/due.ts';
import { onCalendar } from '../../../src/formats/time/on-calendar.ts';
import { parseWindow } from '../../../src/formats/time/window.ts';
import { instantsOf, wallClock } from '../../../src/formats/time/zoned.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { runs } from '../../properties.ts';

const calendarOf = (text: string): Calendar => {
  const schedule = parseSchedule(text);
  if (typeof schedule === 'string' || schedule.kind !== 'calendar') throw new Error(`${text}: ${schedule}`);
  return schedule;
};
const windowOf = (text: string) => {
  const window = parseWindow(text);
  if (typeof window === 'string') throw new Error(window);
  return window;
};
const first = (count: number, schedule: Calendar, zone: string, after: number): number[] => {
  const found: number[] = [];
  for (const due of dueTimes(schedule, zone, after)) if (found.push(due) >= count) break;
  return found;
};
const iso = (instant: number) => new Date(instant).toISOString().slice(0, 16);

test('fields: names, ranges, lists, steps, and 7 for Sunday', (t) => {
  t.deepEqual(calendarOf('*/20 9-17/4 1,15 jan-MAR,12 *'), {
    ...{ kind: 'calendar', minutes: [0, 20, 40], hours: [9, 13, 17], days: [1, 15], months: [1, 2, 3, 12] },
    ...{ weekdays: [0, 1, 2, 3, 4, 5, 6], eitherDay: false },
  });
  const week = (text: string) => calendarOf(`0 0 * * ${text}`).weekdays;
  t.deepEqual(week('7'), [0]);
  t.deepEqual(week('0,7'), [0]);
  t.deepEqual(week('5-7'), [0, 5, 6]);
  t.deepEqual(week('fri-SUN'), [0, 5, 6]);
  t.deepEqual(week('mon-fri/2'), [1, 3, 5]);
  t.deepEqual(week('4/1'), [4, 5, 6]);
  t.deepEqual(calendarOf('50/5 * * * *').minutes, [50, 55]);
});

test('the day of the month or of the week, where both are named', (t) => {
  t.true(calendarOf('0 3 13 * fri').eitherDay);
  for (const text of ['0 3 13 * *', '0 3 * * fri', '0 3 * * *', '0 3 */2 * *'])
    t.false(calendarOf(text).eitherDay, text);
  // 30 February and every Monday of February: due on Mondays.
  t.true(calendarOf('0 3 30 2 mon').eitherDay);
});

test('shorthands and intervals', (t) => {
  for (const [text, line] of [
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    ['@Midnight', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
  ] as const)
    t.deepEqual(parseSchedule(text), parseSchedule(line), text);
  t.deepEqual(parseSchedule(' @every 1h30m '), { kind: 'every', milliseconds: 5_400_000 });
});

const refused = test.macro({
  title: (_, text: string) => `no schedule: "${text}"`,
  exec: (t, text: string, why: RegExp) => {
    const found = parseSchedule(text);
    t.regex(typeof found === 'string' ? found : JSON.stringify(found), why);
  },
});
test(refused, '', /five fields .*, found 0/);
test(refused, '0 3 * *', /five fields .*, found 4/);
test(refused, '0 0 3 * * *', /found 6; leave out the seconds/);
test(refused, 'TZ=Europe/Berlin 0 3 * * *', /bos\.patch\.time_zone: Europe\/Berlin/);
test(refused, 'CRON_TZ=UTC 0 3 * * *', /bos\.patch\.time_zone: UTC/);
test(refused, '60 3 * * *', /minute: "60": expected \*, or 0 to 59/);
test(refused, '0 24 * * *', /hour: "24"/);
test(refused, '0 3 0 * *', /day of the month: "0"/);
test(refused, '0 3 * 13 *', /month: "13": expected \*, or 1 to 12 \(jan, feb and so on\)/);
test(refused, '0 3 * * 8', /day of the week: "8"/);
test(refused, '0 3 * * funday', /day of the week: "funday"/);
test(refused, '0 3-1 * * *', /hour: "3-1": the range ends before it begins/);
test(refused, '*/0 3 * * *', /minute: "\*\/0": expected a number from 1 on/);
test(refused, '0 3 ? * *', /day of the month: "\?"/);
test(refused, '0 3 L * *', /day of the month: "L"/);
test(refused, '0 3 30 2 *', /never due/);
test(refused, '0 3 31 2,4,6,9,11 *', /never due/);
test(refused, '0 3 */2 * mon', /\*\/2 .*is read in two ways; write it as 1-31\/2/);
test(refused, '0 3 1 * */2', /write it as 0-6\/2/);
test(refused, '@reboot', /bos\.patch\.on_boot/);
test(refused, '@fortnightly', /@hourly, @daily/);
test(refused, '@every', /a duration such as 1h30m/);
test(refused, '@every 1d', /a duration such as 1h30m/);
test(refused, '@every 30s', /whole minutes/);
test(refused, '@every -1h', /whole minutes/);

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/St_Johns',
];
const part = (from: number, to: number) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    fc.integer({ min: from, max: to }).map(String),
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc
      .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 2, maxLength: 4 })
      .map((some) => some.join(',')),
  );
const anyLine = fc
  .tuple(part(0, 59), part(0, 23), part(1, 31), part(1, 12), part(0, 6))
  .map((words) => words.join(' '))
  .filter((text) => typeof parseSchedule(text) !== 'string');
/** Of 2024 to 2031. */
const anyTime = fc
  .integer({ min: 1_704_067_200_000, max: 1_924_991_999_000 })
  .map((time) => time - (time % 1000));

/** A change of the clock between the two: there croner moves what the clock leaves out, and a timer does not. */
const changes = (zone: string, from: number, to: number): boolean => {
  const offset = (instant: number) => {
    const { year, month, day, seconds } = wallClock(instant, zone);
    return Date.UTC(year, month - 1, day) + seconds * 1000 - (instant - (instant % 1000));
  };
  for (let at = from; at <= to; at += 20 * 86_400_000) if (offset(at) !== offset(from)) return true;
  return offset(from) !== offset(to);
};

test('due when croner says so', (t) => {
  let compared = 0;
  fc.assert(
    fc.property(anyLine, anyTime, fc.constantFrom(...zones), (line, after, zone) => {
      const found = first(3, calendarOf(line), zone, after);
      const last = found.at(-1) ?? after;
      if (last - after > 200 * 86_400_000 || changes(zone, after - 86_400_000, last + 86_400_000)) return;
      const expected = new Cron(line, { timezone: zone, paused: true }).nextRuns(3, new Date(after));
      compared += 1;
      t.deepEqual(
        found.map(iso),
        expected.map((time) => iso(time.getTime())),
        `${line} ${zone} ${iso(after)}`,
      );
    }),
    { numRuns: runs(400) },
  );
  t.true(compared >= 5, `${compared}`);
});

test('a timer of systemd is due then, over changes of the clock as well', async (t) => {
  const { processes } = linuxHost();
  if ((await processes.which('systemd-analyze')) === undefined) return t.pass('there is no systemd here');
  const lines = fc.sample(fc.tuple(anyLine, fc.constantFrom(...zones)), 20);
  for (const day of ['2026-03-27', '2026-10-23', '2027-11-05']) {
    const after = Date.parse(`${day}T12:00Z`);
    const events = lines.flatMap(([line, zone]) => onCalendar(calendarOf(line), zone));
    const base = `--base-time=${day} 12:00:00 UTC`;
    const { stdout } = await processes.run(
      'systemd-analyze',
      ['calendar', base, '--iterations=3', ...events],
      {
        env: { TZ: 'UTC' },
      },
    );
    const sections = stdout
      .split(/\n\n+/)
      .map((text) =>
        [...text.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+):\d\d UTC/g)].map(
          ([, date, time]) => `${date}T${time}`,
        ),
      );
    t.is(sections.length, events.length);
    for (const [line, zone] of lines) {
      const schedule = calendarOf(line);
      const times = sections.splice(0, onCalendar(schedule, zone).length).flat();
      // Two events can be the same moment, which is one.
      const expected = [...new Set(times)].toSorted().slice(0, 3);
      t.deepEqual(first(expected.length, schedule, zone, after).map(iso), expected, `${line} ${zone} ${day}`);
    }
  }
});

test('a clock that changes: what it leaves out is passed over, what comes twice is once', (t) => {
  const daily = calendarOf('30 2 * * *');
  const after = (text: string) => first(2, daily, 'Europe/Berlin', Date.parse(text)).map(iso);
  t.deepEqual(after('2026-03-28T12:00Z'), ['2026-03-30T00:30', '2026-03-31T00:30']);
  t.deepEqual(after('2026-10-24T12:00Z'), ['2026-10-25T00:30', '2026-10-26T01:30']);
  t.is(instantsOf({ year: 2026, month: 3, day: 29 }, [2.5 * 3600], 'Europe/Berlin')[0], undefined);
});

test('29 February, and the 13th or a Friday', (t) => {
  const from = Date.parse('2026-11-29T00:00Z');
  t.deepEqual(first(2, calendarOf('0 3 29 2 *'), 'UTC', from).map(iso), [
    '2028-02-29T03:00',
    '2032-02-29T03:00',
  ]);
  t.deepEqual(first(4, calendarOf('0 3 13 * fri'), 'UTC', from).map(iso), [
    ...['2026-12-04T03:00', '2026-12-11T03:00', '2026-12-13T03:00', '2026-12-18T03:00'],
  ]);
  t.deepEqual(onCalendar(calendarOf('0,1,2,7 3 13 * fri,sun'), 'UTC'), [
    '*-*-13 03:00..02,07:00 UTC',
    'Fri,Sun *-*-* 03:00..02,07:00 UTC',
  ]);
});

test('a window is open from its first second to the one before its last', (t) => {
  const window = windowOf('sat,sun 02:00-05:00 Europe/Berlin');
  const at = (text: string) => isOpen(window, 'UTC', Date.parse(text));
  t.deepEqual(
    [
      '2026-11-28T00:59:59Z',
      '2026-11-28T01:00Z',
      '2026-11-28T03:59:59Z',
      '2026-11-28T04:00Z',
      '2026-11-27T02:00Z',
    ].map(at),
    [false, true, true, false, false],
  );
  // Without a zone of its own it has that of the schedule.
  t.true(isOpen(windowOf('sat 02:00-05:00'), 'Europe/Berlin', Date.parse('2026-11-28T01:00Z')));
  t.true(opens(window));
  t.false(opens(windowOf('sat 05:00-02:00')));
  t.false(opens(windowOf('sat 05:00-05:00')));
});

test('whether a schedule is ever due in a window', (t) => {
  const now = Date.parse('2026-11-29T00:00Z');
  const met = (line: string, window: string, jitter = 0) => {
    const schedule = parseSchedule(line);
    return typeof schedule !== 'string' && meets(schedule, windowOf(window), 'Europe/Berlin', jitter, now);
  };
  t.true(met('30 2 * * sun', 'sat,sun 02:00-05:00'));
  t.true(met('30 1 * * *', 'daily 00:00-01:00 UTC'));
  t.true(met('0 3 29 2 *', 'wed 02:00-05:00'), 'in 2040');
  t.true(met('@every 5h', 'mon 02:00-02:01'));
  t.false(met('30 2 * * mon', 'sat,sun 02:00-05:00'));
  t.false(met('30 5 * * *', 'daily 02:00-05:00'));
  t.false(met('* 0-1,5-23 * * *', 'daily 02:00-05:00'));
  // What is put off at random begins within the hour.
  t.true(met('30 1 * * *', 'daily 02:00-05:00', 3_600_000));
  t.false(met('30 0 * * *', 'daily 02:00-05:00', 3_600_000));
  t.true(met('0 23 * * fri', 'sat 00:30-05:00', 2 * 3_600_000));
});
