/** The record of upgrades: kept as a whole; what is known of it is read strictly. */
import { join } from 'node:path';
import test from 'ava';
import { type Deployment, sameDeployment } from '../../src/boot/deployment.ts';
import {
  provedLimit,
  readUpgradeRecord,
  type UpgradeRecord,
  upgradeRecordPath,
  withoutDeployment,
  withProved,
  writeUpgradeRecord,
} from '../../src/upgrade/record.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';

const one: Deployment = { kernel: '6.1.1', os: '1.0.0', dcp: null };
const two: Deployment = { kernel: '6.1.2', os: '2.0.0', dcp: '1.29' };
const record: UpgradeRecord = {
  v: 1,
  last: { from: one, to: two, at: '2026-01-01T00:00:00.000Z', source: '/bos/system', end: 'pending' },
  returned: [],
  proved: [one],
};

test('written in one step, for everybody to read, and read again', async (t) => {
  const { files, effects } = fakeHost();
  t.deepEqual(await readUpgradeRecord(files, '/host'), { v: 1, returned: [], proved: [] });
  await writeUpgradeRecord(files, '/host', record);
  t.deepEqual(effects.map(lineOf), [
    `mkdir ${join('/host', upgradeRecordPath, '..')}`,
    `replace /host${upgradeRecordPath} 0644`,
  ]);
  t.deepEqual(await readUpgradeRecord(files, '/host'), record);
});

for (const [name, text] of Object.entries({
  'cut short': '{"v":1,',
  'another version': JSON.stringify({ ...record, v: 2 }),
  'an unknown end': JSON.stringify({ ...record, last: { ...record.last, end: 'lost' } }),
}))
  test(`refused: ${name}`, async (t) => {
    const { files } = fakeHost({ files: { [upgradeRecordPath]: text } });
    await t.throwsAsync(readUpgradeRecord(files, '/'), { code: 'upgrade-record' });
  });

test('what a newer version has written beside it stays', async (t) => {
  const more = { more: 1 };
  const newer = {
    ...{ ...record, ...more },
    last: { ...record.last, to: { ...two, ...more }, ...more },
    loader: { os: '2.0.0', end: 'due', ...more },
    proved: [{ ...one, ...more }],
  };
  const { files } = fakeHost({ files: { [upgradeRecordPath]: JSON.stringify(newer) } });
  const read = await readUpgradeRecord(files, '/');
  await writeUpgradeRecord(files, '/', { ...read, returned: [two] });
  t.deepEqual(JSON.parse(await files.readText(upgradeRecordPath)), { ...newer, returned: [two] });
});

test('what proved itself is in the list once, the most recent last, and at most ten', (t) => {
  t.true(sameDeployment(one, { ...one }));
  for (const other of [
    { ...one, kernel: '7' },
    { ...one, os: '7' },
    { ...one, dcp: '7' },
  ])
    t.false(sameDeployment(one, other));
  t.deepEqual(withProved([one, two], one), [two, one]);
  t.deepEqual(withoutDeployment([one, two], one), [two]);
  const many = Array.from({ length: 12 }, (_, index) => ({ ...one, os: `${index}` }));
  const kept = many.reduce<Deployment[]>(withProved, []);
  t.deepEqual(kept, many.slice(-provedLimit));
});
