/** Durations, windows, zones, selectors, names and images: what is read, what is refused, and properties of both. */
import test from 'ava';
import fc from 'fast-check';
import { parseDuration, secondsText } from '../../../src/formats/time/duration.ts';
import { timeZoneFault } from '../../../src/formats/time/time-zone.ts';
import { dayOf, days, parseTimeOfDay, parseWindow } from '../../../src/formats/time/window.ts';
import { quantity } from '../../../src/kubernetes/schema/plan-schema.ts';
import { plainWord } from '../../../src/kubernetes/schema/scalars.ts';
import { parseImageName, tagOfVersion } from '../../../src/kubernetes/values/image.ts';
import { labelKeyFault, labelValueFault, objectNameFault } from '../../../src/kubernetes/values/names.ts';
import {
  contradiction,
  matches,
  operators,
  parseSelector,
  type Requirement,
} from '../../../src/kubernetes/values/selector.ts';

test('durations are those of Go', (t) => {
  const sound = {
    '0': 0,
    '600s': 600_000,
    '1h30m': 5_400_000,
    '-5m': -300_000,
    '.5s': 500,
    '1.s': 1000,
    '2us': 0.002,
  };
  for (const [text, milliseconds] of Object.entries(sound)) t.is(parseDuration(text), milliseconds, text);
  for (const text of ['', '60', '1d', '1 h', 's', '-', '1h 5m', '1e3s', '1h-5m', '3000000h', '9'.repeat(400)])
    t.is(parseDuration(text), undefined, text);
});

test('a duration is the sum of its parts, and seconds come back', (t) => {
  const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const unit = fc.constantFrom(...(Object.keys(milliseconds) as (keyof typeof milliseconds)[]));
  const parts = fc.array(fc.tuple(fc.nat(10_000), unit), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(parts, fc.boolean(), (list, negative) => {
      const text = `${negative ? '-' : ''}${list.map(([number, name]) => `${number}${name}`).join('')}`;
      const sum = list.reduce((total, [number, name]) => total + number * milliseconds[name], 0);
      t.true(parseDuration(text) === (negative ? 0 - sum : sum), text);
    }),
  );
  fc.assert(fc.property(fc.nat(), (seconds) => t.is(parseDuration(secondsText(seconds)), seconds * 1000)));
  fc.assert(fc.property(fc.string(), (text) => void parseDuration(text)));
});

test('every minute of a day is read in each of its forms', (t) => {
  for (let minute = 0; minute < 24 * 60; minute++) {
    const [hour, rest] = [Math.floor(minute / 60), String(minute % 60).padStart(2, '0')];
    const of12 = String(hour % 12 === 0 ? 12 : hour % 12).padStart(2, '0');
    const half = hour < 12 ? 'am' : 'pm';
    const forms = [
      `${hour}:${rest}`,
      `${String(hour).padStart(2, '0')}:${rest}:00`,
      `${of12}:${rest}${half}`,
    ];
    if (minute % 60 === 0) forms.push(String(hour), `${of12}${half}`, `${Number(of12)}${half}`);
    for (const form of forms) t.true(parseTimeOfDay(form) === minute * 60, form);
  }
  for (const text of [
    '',
    '24:00',
    '2:5',
    '02:60',
    '13pm',
    '02:00 am',
    '02:00AM',
    '2:00am',
    '-1',
    '02:00:60',
    'noon',
  ])
    t.is(parseTimeOfDay(text), undefined, text);
});

test('a window comes back as it was written', (t) => {
  const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
  const clock = (at: number) =>
    `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
  const zone = fc.constantFrom(undefined, 'UTC', 'Europe/Berlin');
  fc.assert(
    fc.property(
      fc.subarray([...days], { minLength: 1 }),
      minute,
      minute,
      zone,
      (some, from, to, timeZone) => {
        const named = some.map((day, index) => (index % 2 === 0 ? day.slice(0, 2) : day.toUpperCase()));
        const text = `${named.toReversed().join(',')} ${clock(from)}-${clock(to)}${timeZone === undefined ? '' : ` ${timeZone}`}`;
        t.deepEqual(parseWindow(text), { days: some, startTime: clock(from), endTime: clock(to), timeZone });
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseWindow(text)));
});

test('days of a window: ranges go on past Saturday, and what is no day is told', (t) => {
  const daysOf = (text: string) => {
    const window = parseWindow(`${text} 1-2`);
    return typeof window === 'string' ? window : window.days.map((day) => day.slice(0, 2)).join(' ');
  };
  t.is(daysOf('fri-mon'), 'su mo fr sa');
  t.is(daysOf('daily'), 'su mo tu we th fr sa');
  t.is(daysOf('mon-mon,3'), 'mo we');
  t.regex(daysOf('mon,someday'), /^"someday" is not a day/);
  t.regex(String(parseWindow('mon 2:00')), /is not a time of day to another/);
  t.regex(String(parseWindow('mon 1-2 UTC now')), /one word too many/);
  t.is(dayOf('Monday'), undefined);
});

test('zones are those of IANA, with their capitals', (t) => {
  for (const zone of [
    'UTC',
    'Europe/Berlin',
    'US/Pacific',
    'Etc/GMT+2',
    'America/Port_of_Spain',
    'Asia/Calcutta',
    'Asia/Kolkata',
  ])
    t.is(timeZoneFault(zone), undefined, zone);
  for (const zone of ['Europe/Berlni', '+02:00', 'CEST', '../etc', ''])
    t.regex(timeZoneFault(zone) ?? '', /is not a time zone/, zone);
  t.regex(timeZoneFault('europe/berlin') ?? '', /must have its capitals: Europe\/Berlin/);
  t.regex(timeZoneFault('EUROPE/BERLIN') ?? '', /must have its capitals: Europe\/Berlin/);
  t.regex(timeZoneFault('US/pacific') ?? '', /must have its capitals/);
  t.regex(timeZoneFault('Local') ?? '', /clock of the controller/);
});

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const key = fc.oneof(
  name,
  fc.tuple(name, name).map(([domain, label]) => `${domain}.example/${label}`),
);
const requirement: fc.Arbitrary<Requirement> = fc
  .tuple(key, fc.constantFrom(...operators), fc.array(name, { minLength: 1, maxLength: 3 }))
  .map(([label, operator, values]) =>
    operator === 'In' || operator === 'NotIn' ? { key: label, operator, values } : { key: label, operator },
  );

function written({ key: label, operator, values = [] }: Requirement): string {
  if (operator === 'Exists') return label;
  if (operator === 'DoesNotExist') return `!${label}`;
  return `${label} ${operator === 'In' ? 'in' : 'notin'} (${values.join(', ')})`;
}

test('a selector comes back as it was written', (t) => {
  fc.assert(
    fc.property(fc.array(requirement, { minLength: 1, maxLength: 5 }), (list) => {
      t.deepEqual(parseSelector(list.map(written).join(' , ')), list);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseSelector(text)));
  t.deepEqual(parseSelector('a=b,c==d,e!=f'), [
    { key: 'a', operator: 'In', values: ['b'] },
    { key: 'c', operator: 'In', values: ['d'] },
    { key: 'e', operator: 'NotIn', values: ['f'] },
  ]);
  for (const text of ['', ' , ', 'a in b', 'a=(b)', 'a b', '=x', 'a/b/c', 'a=-x', 'a in (x'])
    t.is(typeof parseSelector(text), 'string', text);
});

test('what contradicts itself selects no labels at all, and nothing else does so silently', (t) => {
  const few = fc.constantFrom('a', 'b');
  const small = fc
    .tuple(
      fc.constantFrom('k', 'l'),
      fc.constantFrom(...operators),
      fc.array(few, { minLength: 1, maxLength: 2 }),
    )
    .map(([label, operator, values]): Requirement => ({ key: label, operator, values }));
  const values = [undefined, 'a', 'b', 'other'];
  const worlds = values.flatMap((k) =>
    values.map((l) => ({ ...(k === undefined ? {} : { k }), ...(l === undefined ? {} : { l }) })),
  );
  fc.assert(
    fc.property(fc.array(small, { minLength: 1, maxLength: 4 }), (list) => {
      const selectsSome = worlds.some((labels) => matches(list, labels));
      t.true((contradiction(list) === undefined) === selectsSome, JSON.stringify(list));
    }),
  );
});

test('names of objects and labels', (t) => {
  for (const sound of ['a', 'a.b-c', '0']) t.is(objectNameFault(sound), undefined, sound);
  for (const wrong of ['', 'A', '-a', 'a.', 'a_b', 'a'.repeat(254)]) t.truthy(objectNameFault(wrong), wrong);
  for (const sound of ['a', 'example.com/A_b.c']) t.is(labelKeyFault(sound), undefined, sound);
  for (const wrong of ['', '/a', 'a/', 'a/b/c', 'A.example/b', 'a'.repeat(64)])
    t.truthy(labelKeyFault(wrong), wrong);
  t.is(labelValueFault(''), undefined);
  for (const wrong of ['-', 'a b', 'a+b', 'a'.repeat(64)]) t.truthy(labelValueFault(wrong), wrong);
});

test('images, with and without registry, tag and digest', (t) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  t.deepEqual(parseImageName('bos'), { name: 'bos', tag: undefined, digest: undefined });
  t.deepEqual(parseImageName('[::1]:5000/a/b:v1'), { name: '[::1]:5000/a/b', tag: 'v1', digest: undefined });
  t.deepEqual(parseImageName(`localhost:5000/b@${digest}`), {
    name: 'localhost:5000/b',
    tag: undefined,
    digest,
  });
  for (const wrong of [
    '',
    'Bos',
    'https://a/b',
    'a:',
    'a@b',
    `a@${digest}@${digest}`,
    'a b',
    'a:x/y',
    'a//b',
  ])
    t.is(parseImageName(wrong), undefined, wrong);
  t.is(tagOfVersion('v1.2.3+dcp1'), 'v1.2.3-dcp1');
});

test('quantities are those of the definition', (t) => {
  const number = fc
    .tuple(fc.nat(), fc.option(fc.nat()))
    .map(([whole, part]) => (part === null ? `${whole}` : `${whole}.${part}`));
  const suffix = fc.constantFrom('', 'Ki', 'Mi', 'm', 'k', 'G', 'e3', 'E-2', 'n');
  fc.assert(fc.property(number, suffix, (digits, unit) => t.true(quantity.test(`${digits}${unit}`))));
  for (const wrong of ['', 'Mi', '1 Mi', '1MB', '1,5', '0x10']) t.false(quantity.test(wrong), wrong);
});

test('plain words are what kubectl takes them for', (t) => {
  const words = {
    yes: true,
    On: true,
    OFF: false,
    n: false,
    yEs: 'yEs',
    '~': null,
    '': null,
    '0400': 256,
    '0o17': 15,
    '0x1f': 31,
    '1_000': 1000,
    '1.10': 1.1,
    '-3': -3,
    '02:00': '02:00',
    '1e3': 1000,
    '089': 89,
    'v1.2': 'v1.2',
    '0.2.0': '0.2.0',
  };
  for (const [word, value] of Object.entries(words)) t.is(plainWord(word), value, word);
});
