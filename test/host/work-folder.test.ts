/** Folders of processes that were killed are removed by the next, and nobody else's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { makeWorkFolder, removeLeftFolders } from '../../src/host/work-folder.ts';
import { temporaryFolder } from '../formats/support.ts';

const real = linuxHost();

/** A process of its own, as the host sees it. */
const actingAs = (pid: number): Host => ({ ...real, system: { ...real.system, pid } });

test('a killed process: its folders go when the next one makes one; those of the living stay', async (t) => {
  const parent = temporaryFolder(t);
  const [killed, living] = [spawn('sleep', ['600']), spawn('sleep', ['600'])];
  t.teardown(() => living.kill('SIGKILL'));
  const left = await makeWorkFolder(actingAs(killed.pid ?? 0), 'tools', parent);
  await real.files.write(`${left}/secret`, 'x');
  const kept = await makeWorkFolder(actingAs(living.pid ?? 0), 'install', parent);
  t.is((await real.files.stat(left))?.mode, 0o700);
  const first = await makeWorkFolder(real, 'iso', parent);
  t.true(existsSync(left), 'it still lives');
  await real.files.remove(first);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const own = await makeWorkFolder(real, 'esp', parent);
  t.deepEqual(
    readdirSync(parent).toSorted(),
    [kept, own].map((path) => path.slice(parent.length + 1)).toSorted(),
  );
});

test('a number that belongs to another process by now', async (t) => {
  const parent = temporaryFolder(t);
  const own = await makeWorkFolder(real, 'tools', parent);
  const reused = own.replace(/@\d+/, '@1');
  await real.files.rename(own, reused);
  await removeLeftFolders(real, parent);
  t.false(existsSync(reused));
});

test('what is not known to be ours and dead stays', async (t) => {
  const parent = temporaryFolder(t);
  const identity = (await real.processes.identify(process.pid)) ?? '';
  const boot = identity.replace(/.*\./, '');
  const names = [
    'opsctl-tools-Xy1',
    'opsctl-notes-1.999999@1.aaaaaaaa-x',
    `opsctl-tools-17.999999@1.${boot}-x`,
    'notes',
  ];
  for (const name of names) mkdirSync(`${parent}/${name}`);
  symlinkSync('/etc', `${parent}/opsctl-tools-1.999999@1.aaaaaaaa-link`);
  const before = readdirSync(parent);
  await removeLeftFolders(real, parent);
  t.deepEqual(readdirSync(parent), before);
  // Of another container, but of an earlier boot.
  mkdirSync(`${parent}/opsctl-tools-17.999999@1.00000000-x`);
  const others: Host = { ...real, system: { ...real.system, uid: real.system.uid + 1 } };
  await removeLeftFolders(others, parent);
  t.is(readdirSync(parent).length, before.length + 1, 'somebody else made it');
  await removeLeftFolders(real, parent);
  t.deepEqual(readdirSync(parent), before);
});
