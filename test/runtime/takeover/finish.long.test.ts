/** Finishing a takeover on a real tree, cut off before each of its calls: the old system is whole, or it goes on. */
import { join } from 'node:path';
import test from 'ava';
import { stateEnvironmentPath } from '../../../src/boot/environment.ts';
import { stateMenuPath } from '../../../src/boot/menus/partition-menu.ts';
import { renderTakeoverMarker } from '../../../src/boot/menus/takeover-marker.ts';
import { renderTakeoverMenu } from '../../../src/boot/menus/takeover-menu.ts';
import { OpsError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/ports.ts';
import { watchedHost } from '../../fakes/faulty-host.ts';
import { manifest } from '../../install/fixtures.ts';

import {
  bootUuid,
  finish,
  host,
  isFinished,
  labelOf,
  type Machine,
  machineOf,
  markOf,
  mountless,
  old,
  uuid,
} from './taken-over.ts';

const { files } = host;

for (const folder of ['boot/grub', 'boot/grub2'] as const)
  test(`${folder}: what is not ours goes, the menu and the label change`, async (t) => {
    const machine = await machineOf(t, { folder });
    const said: string[] = [];
    t.is(await finish(host, machine, (line) => said.push(line)), 'reboot');
    await isFinished(t, machine);
    t.regex(
      said.join('\n'),
      /becomes the default[\s\S]*everything else on .* is deleted[\s\S]*is deleted \([\d.]+ s\)/,
    );
    t.true(await files.exists(join(machine.root, 'var/lib/bhojpur/machine-id')));
    // Later boots have nothing to do.
    t.is(await finish(host, machine), undefined);
  });

/** A host on which time passes at once, and nobody logs in, or one does. */
function trialHost(journal: string): Host {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const clock: Host['clock'] = { ...host.clock, monotonic: () => now, sleep };
  const run: Host['processes']['run'] = async (command, args, options) => {
    // This machine's own says nothing.
    if (command === 'sshd') throw new Error('not here');
    return ['journalctl', 'agetty'].includes(command)
      ? { exitCode: 0, stdout: journal, stderr: '' }
      : host.processes.run(command, args, options);
  };
  return { ...host, clock, processes: { ...host.processes, run } };
}

test('a system that nobody has confirmed restarts, and the old one is as it was', async (t) => {
  const machine = await machineOf(t, { confirm: { seconds: 60 } });
  const { root, state } = machine;
  const menu = await files.readText(join(state, 'boot/grub/grub.cfg'));
  t.is(await finish(trialHost(''), machine), 'reboot');
  t.is(await markOf(machine), 'filling');
  t.is(await labelOf(machine), 'old');
  t.is(await files.readText(join(state, 'boot/grub/grub.cfg')), menu);
  for (const path of [...old, 'bos/system/takeover.json'])
    t.true(await files.exists(join(state, path)), path);
  t.regex(await files.readText(join(state, 'bos/system/takeover-returned')), /nobody confirmed/);
  // The watchdog goes on: a restart that hangs is a restart all the same.
  t.false(await files.exists(join(root, 'run/bos/trial-ended')));
});

test('one that was confirmed is finished, and nothing leads back; what was cut short is not tried again', async (t) => {
  const machine = await machineOf(t, { confirm: { seconds: 60 } });
  const login = 'Accepted password for bhojpur from 192.0.2.7 port 50412 ssh2';
  const said: string[] = [];
  t.is(await finish(trialHost(login), machine, (line) => said.push(line)), 'reboot');
  await isFinished(t, machine);
  t.true(await files.exists(join(machine.root, 'run/bos/trial-ended')));
  t.true(said.includes('confirmed by a login of bhojpur over ssh from 192.0.2.7'));

  const cut = await machineOf(t, { confirm: { seconds: 60 } });
  const stops = cutBefore(Number.POSITIVE_INFINITY).host;
  const remove = (path: string) =>
    path.startsWith(cut.state) && !path.endsWith('takeover-returned')
      ? Promise.reject(new Error('cut'))
      : files.remove(path);
  const failing = { ...stops, files: { ...stops.files, remove } };
  await t.throwsAsync(finish({ ...trialHost(login), files: failing.files }, cut));
  t.is(await markOf(cut), 'valid');
  t.is(await finish(trialHost(''), cut), 'reboot');
  await isFinished(t, cut);
});

/** The host, whose power is cut before call number `at`: nothing it is asked for is done any more. */
function cutBefore(at: number, on: Host = host): { readonly host: Host; readonly calls: () => number } {
  let calls = 0;
  const count = () => {
    calls += 1;
    if (calls >= at) throw new Error('the power is cut');
  };
  const watched = watchedHost(on, count);
  const counted =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      count();
      return act(...args);
    };
  const { rename, remove } = host.files;
  return {
    host: { ...watched, files: { ...watched.files, rename: counted(rename), remove: counted(remove) } },
    calls: () => calls,
  };
}

test('cut off before each of its calls: the old system is whole, or the next boot finishes', async (t) => {
  const whole = cutBefore(Number.POSITIVE_INFINITY);
  await finish(whole.host, await machineOf(t));
  t.true(whole.calls() > 15);
  const seen = { old: 0, new: 0 };
  for (let at = 1; at <= whole.calls(); at += 1) {
    const machine = await machineOf(t);
    const { state, folder } = machine;
    await t.throwsAsync(finish(cutBefore(at).host, machine), undefined, `call ${at}`);
    // What GRUB sees: the old menu with what was added to it, or the new one.
    const menu = await files.readText(join(state, folder, 'grub.cfg'));
    if ((await markOf(machine)) === 'filling') {
      seen.old += 1;
      t.is(menu, 'the old menu', `call ${at}`);
      for (const path of old) t.is(await files.readText(join(state, path)), path, `call ${at}`);
    } else {
      seen.new += 1;
      const replaced = menu === renderTakeoverMenu({ uuid, limit: 600 });
      t.true(
        replaced ||
          ((await files.exists(join(state, folder, 'bos.cfg'))) &&
            (await files.exists(join(state, folder, 'custom.cfg'))) &&
            (await files.exists(join(state, 'bos/system/takeover.json')))),
        `call ${at}`,
      );
    }
    for (const { path, size } of manifest.files) t.is((await files.stat(join(state, path)))?.size, size);
    // The last call may be after the marker: then nothing is left to do.
    await finish(host, machine);
    await isFinished(t, machine);
  }
  t.true(seen.old > 5 && seen.new > 8, JSON.stringify(seen));
});

test('the same with a /boot of its own: either menu is whole, and what the old one leads to is there', async (t) => {
  const boot = { uuid: bootUuid, fsType: 'xfs', path: '/grub2' };
  const make = () => machineOf(t, { folder: 'boot/grub2', boot });
  const whole = cutBefore(Number.POSITIVE_INFINITY, mountless);
  await finish(whole.host, await make());
  const seen = { old: 0, new: 0 };
  for (let at = 1; at <= whole.calls(); at += 2) {
    const machine = await make();
    await t.throwsAsync(finish(cutBefore(at, mountless).host, machine), undefined, `call ${at}`);
    const menus = join(machine.root, 'run/bos/old-boot/grub2');
    const menu = await files.readText(join(menus, 'grub.cfg'));
    if ((await markOf(machine)) === 'filling') {
      seen.old += 1;
      t.is(menu, 'the old menu', `call ${at}`);
      t.true(await files.exists(join(machine.state, 'etc/fstab')));
    } else {
      seen.new += 1;
      if (menu === 'the old menu')
        for (const path of [join(menus, 'bos.cfg'), join(menus, 'custom.cfg')])
          t.true(await files.exists(path), `call ${at}: ${path}`);
      else t.is(menu, renderTakeoverMenu({ uuid, limit: 600 }), `call ${at}`);
    }
    await finish(mountless, machine);
    t.deepEqual(await files.list(machine.state), ['bos', 'lost+found']);
    t.deepEqual(await files.list(menus), ['grub.cfg', 'i386-pc']);
  }
  t.true(seen.old > 3 && seen.new > 5, JSON.stringify(seen));
});

const refuses = test.macro({
  title: (name) => `${name}: nothing is deleted`,
  exec: async (t, spoil: (machine: Machine) => Promise<unknown>, code: string) => {
    const machine = await machineOf(t);
    await spoil(machine);
    await t.throwsAsync(finish(host, machine), { code });
    for (const path of old) t.is(await files.readText(join(machine.state, path)), path);
    t.is(await markOf(machine).catch(() => 'filling'), 'filling');
  },
});
const writes = (path: string, content: string) => (machine: Machine) =>
  files.write(join(machine.state, path), content);
test('a marker that is cut short', refuses, writes('bos/system/takeover.json', '{"v":1'), 'takeover-marker');
test(
  'a marker of another file system',
  refuses,
  writes(
    'bos/system/takeover.json',
    renderTakeoverMarker({ v: 1, uuid: uuid.replace('5', '6'), folder: 'boot/grub', after: 'reboot' }),
  ),
  'takeover-unexpected',
);
test(
  'a system that lacks a file',
  refuses,
  ({ state }) => files.remove(join(state, manifest.files[0]?.path ?? '')),
  'takeover-unexpected',
);
test(
  'a new menu that does not exist',
  refuses,
  ({ state }) => files.remove(join(state, 'boot/grub/bos.cfg')),
  'takeover-unexpected',
);
test(
  'a new menu for another file system',
  refuses,
  writes('boot/grub/bos.cfg', renderTakeoverMenu({ uuid: uuid.replace('5', '6'), limit: 600 })),
  'takeover-unexpected',
);
test('a menu of our own that is empty', refuses, writes(stateMenuPath, ''), 'takeover-unexpected');
test('a boot environment that is none', refuses, writes(stateEnvironmentPath, 'x'), 'environment-invalid');

const failsAt = test.macro({
  title: (_, program: string) => `${program} fails: it is said what became of the machine`,
  exec: async (t, program: string, code: string, hint: RegExp) => {
    const machine = await machineOf(t);
    const failing = watchedHost(host, ({ operation, what }) => {
      if (operation === 'run' && what.startsWith(`${program} `)) throw new Error(`${program} fails`);
    });
    const error = await t.throwsAsync(finish(failing, machine), { instanceOf: OpsError });
    t.like(error, { kind: 'broken', code });
    t.regex(error?.hint ?? '', hint);
    await finish(host, machine);
    await isFinished(t, machine);
  },
});
test(failsAt, 'tune2fs', 'takeover-unexpected', /Nothing was deleted/);
test(failsAt, 'find', 'takeover-unfinished', /next boot goes on/);
