/** What a folder of machines is believed to hold: what it holds at the moment of the request, read as seldom as that allows. */
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import type { Files } from '../../../src/host/ports.ts';
import { machinesBy, sharedKeys } from '../../../src/serve/machines/by-key.ts';
import { folderStore } from '../../../src/serve/machines/folder-store.ts';
import { runShared } from '../../../src/serve/machines/run-shared.ts';
import { fakeHost } from '../../fakes/host.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { host } from '../../iso/edit/edit-support.ts';

/** With what is read written down. */
function counted(files: Files): { readonly files: Files; readonly reads: string[] } {
  const reads: string[] = [];
  const read: Files['read'] = (path) => {
    reads.push(path.replace(/^.*\//, ''));
    return files.read(path);
  };
  return { files: { ...files, read }, reads };
}

/** Longer than the times of a file take to tell two writes apart. */
const aged = () => sleep(40);

test('a file is read again when it has changed, and only then', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.yaml`), `volid: ${name}\n`);
  await aged();
  const { files, reads } = counted(host.files);
  const store = folderStore(files, folder);
  const first = await store.all();
  t.is(reads.length, 3);
  t.is(await store.all(), first, 'the same list');
  t.is((await store.get('b'))?.spec?.volid, 'b');
  t.is(reads.length, 3);
  writeFileSync(join(folder, 'b.yaml'), 'volid: B\n');
  t.is((await store.all())[1]?.spec?.volid, 'B');
  t.deepEqual(reads.slice(3), ['b.yaml']);
});

test('changes that leave size and time show, too', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a.yaml');
  const store = folderStore(host.files, folder);
  const volid = async () => (await store.all())[0]?.spec?.volid;
  // Within one tick of the kernel's clock.
  for (const letter of 'ABCDEFGHIJKLMNOPQRST') {
    const name = `DISC_${letter}`;
    writeFileSync(path, `volid: ${name}\n`);
    t.is(await volid(), name);
    t.is((await store.get('a'))?.spec?.volid, name);
  }
  await aged();
  t.is(await volid(), 'DISC_T');
  const { atime, mtime } = statSync(path);
  writeFileSync(join(folder, 'other'), 'volid: DISC_U\n');
  utimesSync(join(folder, 'other'), atime, mtime);
  renameSync(join(folder, 'other'), path);
  t.is(await volid(), 'DISC_U');
  await aged();
  t.is(await volid(), 'DISC_U');
  writeFileSync(path, 'volid: DISC_V\n');
  utimesSync(path, atime, mtime);
  t.is(await volid(), 'DISC_V');
  rmSync(path);
  t.is(await volid(), undefined);
  t.is(await store.get('a'), undefined);
});

test('a file that goes, or fails, while it is read', async (t) => {
  const { files } = fakeHost({ files: { '/m/a.yaml': 'volid: A\n', '/m/b.yaml': 'volid: B\n' } });
  let code = 'ENOENT';
  const store = folderStore(
    {
      ...files,
      read: (path) =>
        path === '/m/a.yaml' ? Promise.reject(Object.assign(new Error(code), { code })) : files.read(path),
    },
    '/m',
  );
  const names = async () => (await store.all()).map(({ name }) => name);
  t.deepEqual(await names(), ['b']);
  t.is(await store.get('a'), undefined);
  code = 'EIO';
  t.deepEqual(await names(), ['a', 'b']);
  const [fault] = (await store.get('a'))?.faults ?? [];
  t.regex(fault === undefined ? '' : formatDiagnostic(fault), /^a\.yaml: cannot be read: /);
});

test('by MAC address and serial number, however they are written; also of one with faults', async (t) => {
  const { files } = fakeHost({
    files: {
      '/m/a.yaml': 'mac: [52-54-00-AA-00-01, "52:54:00:aa:00:01", "52:54:00:aa:00:02"]\nserial: S1\n',
      '/m/b.yaml': 'mac: "52:54:00:aa:00:03"\nserial: S2\nappend_karg: []\n',
      '/m/c.yaml': 'mac: "52:54:00:aa:00:02"\nserial: s1\n',
      '/m/d.yaml': 'mac: [52:54]\nserial: ../x\n',
    },
  });
  const machines = await folderStore(files, '/m').all();
  const names = (key: 'mac' | 'serial', value: string) =>
    machinesBy(machines, key, value).map(({ name }) => name);
  t.deepEqual(names('mac', '52:54:00:AA:00:01'), ['a']);
  t.deepEqual(names('mac', '52-54-00-aa-00-03'), ['b']);
  t.deepEqual(names('mac', '52:54:00:aa:00:02'), ['a', 'c']);
  t.deepEqual(names('serial', 'S1'), ['a']);
  for (const none of ['', '52:54', '../x', 'constructor', 'mac S1']) t.deepEqual(names('serial', none), []);
  t.deepEqual(
    machines.flatMap((machine) => sharedKeys(machines, machine)),
    [
      'a: mac: 52:54:00:aa:00:02 is also that of c; give it to one machine only',
      'c: mac: 52:54:00:aa:00:02 is also that of a; give it to one machine only',
    ],
  );
});

test('who asks while it runs waits for the next run; all of them for the same', async (t) => {
  let runs = 0;
  const ends: (() => void)[] = [];
  const ask = runShared(async () => {
    runs += 1;
    const run = runs;
    await new Promise<void>((resolve) => ends.push(resolve));
    if (run === 2) throw new Error('the second');
    return run;
  });
  const first = ask();
  const others = [ask(), ask(), ask()];
  t.is(runs, 1);
  ends[0]?.();
  t.is(await first, 1);
  const failed = Promise.allSettled(others);
  while (runs < 2) await sleep(1);
  const later = ask();
  ends[1]?.();
  t.deepEqual(
    (await failed).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  while (runs < 3) await sleep(1);
  ends[2]?.();
  t.is(await later, 3);
});
