/** The boot loader follows a version that has proved itself: when it is due, and what becomes of it when it fails. */
import test from 'ava';
import { OpsError, refused } from '../../../src/errors.ts';
import { updateWhenDue } from '../../../src/upgrade/loader/due.ts';
import { readUpgradeRecord, type UpgradeRecord, upgradeRecordPath } from '../../../src/upgrade/record.ts';
import type { UpgradeResult } from '../../../src/upgrade/run.ts';
import { fakeHost } from '../../fakes/host.ts';

const done = {
  changed: true,
  waits: false,
  message: 'done',
  deployment: { kernel: '6', os: '2', dcp: null },
};

async function after(
  loader: UpgradeRecord['loader'],
  update: () => Promise<UpgradeResult> = async () => done,
) {
  const record = { v: 1, returned: [], proved: [], ...(loader === undefined ? {} : { loader }) };
  const host = fakeHost({ files: { [upgradeRecordPath]: JSON.stringify(record) } });
  const said: string[] = [];
  let updates = 0;
  const counted = () => {
    updates += 1;
    return update();
  };
  await updateWhenDue(host, '/', '2', counted, { emit: () => {}, say: (line) => said.push(line) });
  return { said, updates, loader: (await readUpgradeRecord(host.files, '/')).loader };
}

test('due: it is brought, and that is said', async (t) => {
  t.like(await after({ os: '2', end: 'due' }), { said: ['done'], updates: 1 });
});

test('not due: of no version, of another one, or done', async (t) => {
  for (const loader of [
    undefined,
    { os: '1', end: 'due' },
    { os: '2', end: 'updated' },
    { os: '2', end: 'failed' },
  ] as const)
    t.like(await after(loader), { said: [], updates: 0 });
});

test('a failure is said and recorded, and keeps nothing from running', async (t) => {
  const fails = async () => {
    throw refused('esp-not-fat32', 'it is not FAT32');
  };
  t.deepEqual(await after({ os: '2', end: 'due' }, fails), {
    ...{ said: ['the boot loader was not updated: it is not FAT32'], updates: 1 },
    loader: { os: '2', end: 'failed', reason: 'it is not FAT32' },
  });
});

test('what was interrupted, or met another upgrade, stays due', async (t) => {
  for (const error of [new OpsError('interrupted', 'interrupted', 'x'), refused('upgrade-running', 'x')]) {
    const fails = async () => {
      throw error;
    };
    t.deepEqual(await after({ os: '2', end: 'due' }, fails), {
      ...{ said: [], updates: 1 },
      loader: { os: '2', end: 'due' },
    });
  }
});

test('a record that cannot be read is said', async (t) => {
  const host = fakeHost({ files: { [upgradeRecordPath]: '{' } });
  const said: string[] = [];
  await updateWhenDue(host, '/', '2', async () => t.fail() as never, {
    emit: () => {},
    say: (line) => said.push(line),
  });
  t.regex(said.join(), /^the record of upgrades cannot be read: /);
});
