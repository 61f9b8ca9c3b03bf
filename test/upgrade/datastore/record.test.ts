/** The record of the datastore: what is known of it is read strictly, and what a newer version added stays. */
import test from 'ava';
import {
  type DatastoreRecord,
  readDatastoreRecord,
  recordPath,
  writeDatastoreRecord,
} from '../../../src/upgrade/datastore/record.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';

const folder = '/bos-datastore';
const at = '2026-01-01T00:00:00.000Z';
const kept = { dcp: 'v1.25', at, bytes: 4096 };
const aside = { ...kept, name: 'v1.25-20260101T000000Z', automatic: true };
const record: DatastoreRecord = {
  ...{ v: 1, owner: 'v1.26', kept, aside: [aside] },
  settingBack: { dcp: 'v1.25', aside },
};
const on = (content: unknown) => fakeHost({ files: { [recordPath(folder)]: JSON.stringify(content) } }).files;

test('what a newer version has written beside it, at any depth, is read over and stays', async (t) => {
  const more = { more: { of: 'it' } };
  const newer = {
    ...{ ...record, ...more },
    kept: { ...kept, ...more },
    aside: [{ ...aside, ...more }],
    settingBack: { dcp: 'v1.25', aside: { ...aside, ...more }, ...more },
  };
  const files = on(newer);
  const read = await readDatastoreRecord(files, folder);
  t.like(read, { owner: 'v1.26', kept, aside: [aside] });
  if (read === undefined) return t.fail();
  await writeDatastoreRecord(files, folder, { ...read, owner: 'v1.25' });
  t.deepEqual(JSON.parse(await files.readText(recordPath(folder))), { ...newer, owner: 'v1.25' });
});

test('it is written whole, for root alone', async (t) => {
  const host = fakeHost({ folders: [folder] });
  await writeDatastoreRecord(host.files, folder, record);
  t.deepEqual(host.effects.map(lineOf), [`replace ${recordPath(folder)} 0600`]);
});

for (const [name, content] of Object.entries({
  'another version': { ...record, v: 2 },
  'without an owner': { v: 1, aside: [] },
  'a size in words': { ...record, kept: { ...kept, bytes: 'many' } },
  'a return without its datastore': { ...record, settingBack: { dcp: 'v1.25' } },
}))
  test(`refused: ${name}`, async (t) => {
    await t.throwsAsync(readDatastoreRecord(on(content), folder), { code: 'datastore-record' });
  });
