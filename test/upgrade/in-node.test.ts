/** Programs of a node, run from a container that sees its root in a folder. */
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import { inNode } from '../../src/upgrade/in-node.ts';
import { upgrade } from '../../src/upgrade/run.ts';
import { fakeHost } from '../fakes/host.ts';
import { fakeNode, medium, options, request, state } from './node.ts';

test('on the node itself nothing changes', (t) => {
  const host = fakeHost();
  t.is(inNode(host, '/'), host);
});

test('they are started by its own loader, below its root, with its paths', async (t) => {
  const ran: string[] = [];
  const host = fakeHost({ files: { '/host/usr/sbin/fsfreeze': '', '/host/usr/bin/sync': '' } });
  Object.assign(host.processes, {
    run: async (command: string, args: readonly string[]) => {
      ran.push([command, ...args].join(' '));
      return { exitCode: 0, stdout: '', stderr: '' };
    },
  });
  const { processes } = inNode(host, '/host');
  await processes.run('sync', ['-f', '/host/run/bos/state', '/hostile']);
  t.deepEqual(ran, [
    '/host/lib64/ld-linux-x86-64.so.2 --inhibit-cache --library-path /host/usr/lib/x86_64-linux-gnu --argv0 chroot ' +
      '/host/usr/sbin/chroot /host sync -f /run/bos/state /hostile',
  ]);
  t.is(await processes.which('fsfreeze'), '/usr/sbin/fsfreeze');
  t.is(await processes.which('sync'), '/usr/bin/sync');
  t.is(await processes.which('xz'), undefined);
});

test('a real program of a real root, seen by another path', async (t) => {
  const host = linuxHost();
  const { processes } = inNode(host, '/proc/self/root');
  const asked = processes.run('basename', ['/proc/self/root/etc/hostname']);
  // Only root may use chroot(2); anybody sees that the program was started by the loader.
  if (host.system.uid !== 0) {
    await t.throwsAsync(asked, { message: /basename failed/ });
    return;
  }
  t.is((await asked).stdout, 'hostname\n');
  const printed = await processes.run('printf', ['%s', '/proc/self/root/etc/hostname']);
  t.is(printed.stdout, '/etc/hostname');
});

test('an upgrade of the node at /host', async (t) => {
  const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };
  const own = fakeNode();
  const files: Record<string, Buffer> = {};
  const walk = async (folder: string): Promise<void> => {
    for (const name of await own.files.list(folder)) {
      const path = `${folder}/${name}`;
      if ((await own.files.stat(path))?.type === 'directory') await walk(path);
      else files[`/host${path}`] = await own.files.read(path);
    }
  };
  await walk('/run/bos');
  const device = own.devices.get('/dev/vda3');
  if (device === undefined) return t.fail();
  for (const name of ['sync', 'sh', 'fsfreeze', 'ln']) files[`/host/usr/bin/${name}`] = Buffer.alloc(0);
  const host = fakeHost({
    files: { ...files, ...medium('', next) },
    devices: { '/host/dev/vda3': device },
    tools: { '/host/lib64/ld-linux-x86-64.so.2': () => undefined },
  });
  const done = await upgrade(host, request({ root: '/host', source: '/bos/system' }), options);
  t.true(done.changed);
  t.regex(await host.files.readText(`/host${state}/bos/system/manifest.json`), /"os": "0\.2\.0"/);
  t.true(await host.files.exists('/host/var/lib/bhojpur/os/upgrades.json'));
  t.true(await host.files.exists('/host/var/log/bos/upgrade.log'));
  t.false(await host.files.exists('/var/log/bos/upgrade.log'));
});
