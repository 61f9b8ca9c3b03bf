/** What a folder of machines is believed to hold: what it holds at the moment of the request, read as seldom as that allows. */
import {
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import type { OpsError } from '../../../src/errors.ts';
import type { Files } from '../../../src/host/ports.ts';
import { machinesBy, sharedKeys } from '../../../src/serve/machines/by-key.ts';
import { findMachine } from '../../../src/serve/machines/find.ts';
import { folderStore } from '../../../src/serve/machines/folder-store.ts';
import { openStore } from '../../../src/serve/machines/open-store.ts';
import { runShared } from '../../../src/serve/machines/run-shared.ts';
import { fakeHost } from '../../fakes/host.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
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

const toldOf = async (folder: string) => {
  const store = folderStore(host.files, folder);
  const machines = await store.all();
  return {
    names: machines.map(({ name }) => name),
    own: machines.flatMap(({ faults }) => faults.map(formatDiagnostic)),
    faults: (await store.faults()).map(formatDiagnostic),
  };
};

test('a folder without machines says so', async (t) => {
  const folder = join(temporaryFolder(t), 'fleet');
  mkdirSync(folder);
  const none = ['fleet: warning: has no machines; expected a file NAME.yaml for each'];
  t.deepEqual((await toldOf(folder)).faults, none);
  writeFileSync(join(folder, 'README'), '');
  writeFileSync(join(folder, '.a.yaml'), '');
  t.deepEqual((await toldOf(folder)).faults, none);
  writeFileSync(join(folder, 'a.yaml'), '');
  t.deepEqual(await toldOf(folder), { names: ['a'], own: [], faults: [] });
});

test('what is passed over is said: other endings, other names, a second file of a machine', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['A.YAML', 'a b.yaml', 'é.yml', '-x.yaml', `${'x'.repeat(64)}.yaml`, 'n.yml', 'b.Yml'])
    writeFileSync(join(folder, name), 'volid: X\n');
  writeFileSync(join(folder, 'n.yaml'), 'config: my config.yaml\n');
  // One that a machine names is not meant to be one.
  writeFileSync(join(folder, 'my config.yaml'), 'hostname: n\n');
  const { names, own, faults } = await toldOf(folder);
  t.deepEqual([names, own], [['n'], []]);
  t.deepEqual(faults.map((line) => line.replace(/(not read).*/, '$1')).toSorted(), [
    '-x.yaml: warning: is not read',
    'A.YAML: warning: is not read',
    'a b.yaml: warning: is not read',
    'b.Yml: warning: is not read',
    'n.yml: warning: is not read',
    `${'x'.repeat(64)}.yaml: warning: is not read`,
    'é.yml: warning: is not read',
  ]);
  t.true(faults.includes('n.yml: warning: is not read, as n.yaml is the file of this machine'));
});

test('pipes, folders, links to nowhere and files without an end are faults of one machine', async (t) => {
  const folder = temporaryFolder(t);
  tool('mkfifo', join(folder, 'pipe.yaml'));
  mkdirSync(join(folder, 'folder.yaml'));
  symlinkSync('nowhere', join(folder, 'link.yaml'));
  symlinkSync('/dev/zero', join(folder, 'zero.yaml'));
  writeFileSync(join(folder, 'huge.yaml'), '');
  truncateSync(join(folder, 'huge.yaml'), 2 ** 40);
  writeFileSync(join(folder, 'a.yaml'), '');
  const { names, own, faults } = await toldOf(folder);
  t.deepEqual(names, ['a', 'folder', 'huge', 'link', 'pipe', 'zero']);
  t.deepEqual(own, [
    'folder.yaml: cannot be read: it is a folder',
    'huge.yaml: cannot be read: it is 1099511627776 bytes long; expected at most 16777216',
    'link.yaml: cannot be read: it does not exist, or a link on the way leads nowhere',
    'pipe.yaml: cannot be read: it is not a file',
    'zero.yaml: cannot be read: it is not a file',
  ]);
  t.deepEqual(faults, []);
  t.is((await folderStore(host.files, folder).get('pipe'))?.spec, undefined);
});

test('a folder that is gone is a fault, not a folder without machines', async (t) => {
  const folder = join(temporaryFolder(t), 'fleet');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.yaml'), '');
  const store = folderStore(host.files, folder);
  t.is((await findMachine(store, 'a'))?.name, 'a');
  t.is(await findMachine(store, 'b'), undefined);
  renameSync(folder, `${folder}2`);
  const gone = await t.throwsAsync<OpsError>(findMachine(store, 'a'), { code: 'machines-unreadable' });
  t.deepEqual(gone?.details, [
    'fleet: cannot be read: it does not exist, or a link on the way leads nowhere',
  ]);
  t.deepEqual(await store.all(), []);
  writeFileSync(folder, 'a file');
  await t.throwsAsync(findMachine(store, 'a'), { code: 'machines-unreadable' });
  rmSync(folder);
  renameSync(`${folder}2`, folder);
  t.is((await findMachine(store, 'a'))?.name, 'a');
  t.deepEqual(await store.faults(), []);
});

test('machines are in a folder or a file; nothing else is waited for', async (t) => {
  const folder = temporaryFolder(t);
  tool('mkfifo', join(folder, 'pipe'));
  for (const path of [join(folder, 'pipe'), '/dev/null'])
    await t.throwsAsync(openStore(host.files, path), { message: 'it is neither a folder nor a file' }, path);
  const path = join(folder, 'all.yaml');
  writeFileSync(path, 'machines: {}\n');
  const store = await openStore(host.files, path);
  t.deepEqual((await store.faults()).map(formatDiagnostic), [
    'all.yaml:1:1: warning: has no machines; expected each below its name',
  ]);
  rmSync(path);
  tool('mkfifo', path);
  t.deepEqual((await store.faults()).map(formatDiagnostic), ['all.yaml: cannot be read: it is not a file']);
});
