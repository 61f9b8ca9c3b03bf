/** Finishing a takeover: what is done in which order, so that a power cut leaves one system or the other. */
import { join } from 'node:path';
import test from 'ava';
import { stateEnvironmentPath } from '../../../src/boot/environment.ts';
import type { Host } from '../../../src/host/ports.ts';
import { type Effect, lineOf, notedFiles, notedProcesses } from '../../fakes/effects.ts';

import { bootUuid, finish, host, type Machine, machineOf, markOf, mountless } from './taken-over.ts';

const { files } = host;

test('a machine that is switched off forgets who it was, and nothing else; copies of it grow', async (t) => {
  const machine = await machineOf(t, { after: 'power-off' });
  t.is(await finish(host, machine), 'power-off');
  t.deepEqual(await files.list(join(machine.root, 'var/lib/bhojpur')), ['os']);
  t.true(await files.exists(join(machine.state, 'bos/system/growpart')));
});

/** What becomes of the disk, in order; what is only looked at is left out. */
async function effectsOf(machine: Machine, on: Host = host): Promise<string[]> {
  const effects: Effect[] = [];
  const note = (effect: Effect) => void effects.push(effect);
  const noted = {
    ...host,
    files: notedFiles(files, note),
    processes: notedProcesses(on.processes, note),
  };
  await finish(noted, machine);
  const { root, state, device } = machine;
  return effects
    .filter(({ kind, path }) => !['open', 'close', 'read'].includes(kind) && !path.endsWith('trial-alive'))
    .map((effect) =>
      lineOf(effect).replaceAll(state, 'STATE').replaceAll(device, 'DEVICE').replaceAll(root, 'ROOT'),
    );
}

const becomesDefault = [
  'remove STATE/bos/system/takeover-returned',
  'run chattr -f -i -a -- STATE/boot/grub STATE/boot/grub/grub.cfg STATE/boot/grub/custom.cfg',
  `write STATE/${stateEnvironmentPath} 0+512`,
  `sync STATE/${stateEnvironmentPath}`,
  `drop-cache STATE/${stateEnvironmentPath}`,
  'run sync -f STATE',
  'rename STATE/boot/grub/bos.cfg -> STATE/boot/grub/grub.cfg',
  'run sync -f STATE',
  'run tune2fs -L BOS_STATE DEVICE',
];
const forgets = ['machine-id', 'hostname', 'ssh', 'node'].map(
  (name) => `remove ROOT/var/lib/bhojpur/${name}`,
);
const grows = 'STATE/bos/system/growpart';
const order = {
  reboot: [],
  // A copy that grows must be another machine.
  'power-off': [...forgets, `create ${grows} 0644-umask`, `write ${grows} 0+0`, `sync ${grows}`],
} as const;
for (const [after, image] of Object.entries(order))
  test(`the default first, then what is deleted, and the marker last: ${after}`, async (t) => {
    const machine = await machineOf(t, { after: after as keyof typeof order });
    const effects = await effectsOf(machine);
    const start = becomesDefault.length;
    t.deepEqual(effects.slice(0, start), becomesDefault);
    const custom = effects.indexOf('remove STATE/boot/grub/custom.cfg');
    t.true(custom > start, 'what leads to the new system goes when the old one is gone');
    t.deepEqual(effects.slice(custom), [
      'remove STATE/boot/grub/custom.cfg',
      'run sync -f STATE',
      ...image,
      'remove STATE/bos/system/takeover.json',
      'run sync -f STATE',
    ]);
  });

for (const [fsType, id, link] of [
  ['xfs', bootUuid, bootUuid],
  ['vfat', '1a2b-3c4d', '1A2B-3C4D'],
] as const)
  test(`a /boot of its own, ${fsType}: looked at, then mounted again to write, and unmounted before the marker goes`, async (t) => {
    const machine = await machineOf(t, {
      folder: 'boot/grub2',
      boot: { uuid: id, fsType, path: '/grub2' },
    });
    const effects = await effectsOf(machine, mountless);
    const at = 'ROOT/run/bos/old-boot';
    const device = `ROOT/dev/disk/by-uuid/${link}`;
    const order = [
      `run mount -t ${fsType} -o ro,nosuid,nodev,noexec ${device} ${at}`,
      `run umount ${at}`,
      `run mount -t ${fsType} -o rw,dirsync,nosuid,nodev,noexec ${device} ${at}`,
      `sync STATE/${stateEnvironmentPath}`,
      `run sync -f ${at}`,
      `rename ${at}/grub2/bos.cfg -> ${at}/grub2/grub.cfg`,
      `run sync -f ${at}`,
      'run tune2fs -L BOS_STATE DEVICE',
      `remove ${at}/grub2/custom.cfg`,
      `run umount ${at}`,
      'run sync -f STATE',
      'remove STATE/bos/system/takeover.json',
    ];
    let from = 0;
    for (const line of order) {
      const found = effects.indexOf(line, from);
      t.true(found >= 0, `${line} after ${effects[from - 1]}:\n${effects.join('\n')}`);
      from = found + 1;
    }
    t.is(effects.filter((line) => line.startsWith('run umount')).length, 2);
    // Nothing of the old /boot is left on the root; the menu has become ours on its own file system.
    t.deepEqual(await files.list(machine.state), ['bos', 'lost+found']);
    const menus = join(machine.root, 'run/bos/old-boot/grub2');
    t.deepEqual(await files.list(menus), ['grub.cfg', 'i386-pc']);
    t.regex(await files.readText(join(menus, 'grub.cfg')), /Leads to Bhojpur OS/);
  });

test('a /boot of its own is unmounted, too, when what is old cannot be deleted', async (t) => {
  const machine = await machineOf(t, {
    folder: 'boot/grub2',
    boot: { uuid: bootUuid, fsType: 'xfs', path: '/grub2' },
  });
  const mounts: string[] = [];
  const failing: Host = {
    ...mountless,
    files: {
      ...files,
      remove: async (path) => {
        if (path.includes('/run/bos/old-boot/')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return files.remove(path);
      },
    },
    processes: {
      ...mountless.processes,
      run: (command, args, options) => {
        if (command.endsWith('mount')) mounts.push(`${command} ${args.at(-1)}`);
        return mountless.processes.run(command, args, options);
      },
    },
  };
  await t.throwsAsync(finish(failing, machine), { code: 'takeover-unfinished' });
  const at = join(machine.root, 'run/bos/old-boot');
  t.deepEqual(mounts, [`mount ${at}`, `umount ${at}`, `mount ${at}`, `umount ${at}`]);
});

test('a /boot that is not there: nothing is deleted, and nothing changes', async (t) => {
  const machine = await machineOf(t, { boot: { uuid: bootUuid, fsType: 'ext4', path: '/grub' } });
  await t.throwsAsync(finish(host, machine), { code: 'takeover-unexpected' });
  t.is(await markOf(machine), 'filling');
  t.true(await files.exists(join(machine.state, 'etc/fstab')));
});
