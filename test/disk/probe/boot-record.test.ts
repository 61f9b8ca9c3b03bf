/** What the initrd wrote of this boot: taken as it is, or refused. */
import test from 'ava';
import { parseBootRecord } from '../../../src/disk/probe/boot-record.ts';

const record = {
  ...{ v: 1, mode: 'live', medium: '/dev/sr0', mediumRoot: '/run/bos/medium', state: '' },
  ...{ kernel: '6.1', os: '0.1.0', dcp: '' },
};

test('a record is what it says', (t) => {
  t.deepEqual(parseBootRecord(JSON.stringify(record)) as object, record);
});

for (const one of ['', 'c', 'p', 't'])
  test(`a start that is on trial: "${one}"`, (t) => {
    t.is(parseBootRecord(JSON.stringify({ ...record, try: one })).try as string, one);
  });

test('anything else was not written by this version', (t) => {
  const says = {
    code: 'boot-record-invalid',
    message: /^\S+ was not written by the initrd of this version$/,
  };
  t.throws(() => parseBootRecord('no JSON'), says);
  t.throws(() => parseBootRecord(''), says);
  const error = t.throws(() => parseBootRecord(JSON.stringify({ ...record, medium: 5 })), says);
  t.regex((error as { details?: string[] }).details?.join() ?? '', /^medium: /);
});
