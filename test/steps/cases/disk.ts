/** The steps of a disk before and while it gets its partitions. */
import { type FakeSetup, SparseBytes } from '../../fakes/host.ts';
import type { Cases } from '../case.ts';
import { table } from '../common-steps.ts';
import { fails, forgets, full } from '../failures.ts';
import { diskSize, type Machine, MiB, machine } from '../machine.ts';
import { exactly, inOrder, programs, readBackFromDevice } from '../promises.ts';

const oldPartition = '/sys/class/block/vda/vda1/partition';

/** LVM on a RAID on the disk, and a cache; each lets go of the disk the way it does. */
function stackedMachine(setup: FakeSetup = {}): Machine {
  const held = (name: string) => `/sys/class/block/vda/holders/${name}`;
  const release = (path: string) => {
    const [, name] = /^\/sys\/class\/block\/(md127|bcache0)\/\w+\/(array_state|stop)$/.exec(path) ?? [];
    if (name !== undefined) void made.host.files.remove(held(name));
  };
  const made = machine({
    ...setup,
    files: {
      '/sys/class/block/dm-0/dev': '253:0\n',
      '/sys/class/block/md127/dev': '9:127\n',
      '/sys/class/block/md127/md/array_state': 'clean\n',
      '/sys/class/block/bcache0/dev': '252:0\n',
      '/sys/class/block/bcache0/bcache/stop': '',
      ...Object.fromEntries(['dm-0', 'md127', 'bcache0'].map((name) => [held(name), ''])),
      ...setup.files,
    },
    tools: {
      swapoff: () => undefined,
      dmsetup: (args) => void made.host.files.remove(held(args.at(-1) === 'vg-root' ? 'dm-0' : '?')),
      ...setup.tools,
    },
    onWrite: (path) => void release(path),
  });
  return made;
}

export const diskCases = {
  'check-target': {
    step: {
      ...{ id: 'a', kind: 'check-target', disk: '/dev/vda', size: diskSize, model: 'QEMU', serial: 'S1' },
      ...{ stops: ['md127'], alone: true },
    },
    machine,
    takes: async (host) => [...host.deviceLocks.taken],
    failures: {
      'another disk': { spoil: { files: { '/sys/class/block/vda/serial': 'S2\n' } }, code: 'disk-changed' },
      'another size': { spoil: { files: { '/sys/class/block/vda/size': '2048\n' } }, code: 'disk-changed' },
      'write-protected': { spoil: { files: { '/sys/class/block/vda/ro': '1\n' } }, code: 'disk-changed' },
      mounted: {
        spoil: { files: { '/proc/self/mountinfo': '22 21 254:0 / /mnt rw - ext4 /dev/vda rw\n' } },
        code: 'disk-busy',
      },
      'a mounted partition': {
        spoil: {
          files: {
            '/sys/class/block/vda/vda1/dev': '254:1\n',
            '/sys/class/block/vda/vda1/partition': '1\n',
            '/proc/self/mountinfo': '22 21 254:1 / /mnt\\040x rw - ext4 /dev/vda1 rw\n',
          },
        },
        code: 'disk-busy',
      },
      'held by LVM': { spoil: { files: { '/sys/class/block/vda/holders/dm-0/x': '' } }, code: 'disk-busy' },
      swap: {
        spoil: { files: { '/proc/swaps': 'Filename\n/dev/vda partition 1 0 -2\n' } },
        code: 'disk-busy',
      },
    },
  },
  'stop-stacked': {
    step: {
      ...{ id: 'a', kind: 'stop-stacked', disk: '/dev/vda', swaps: ['/dev/dm-1'] },
      devices: [
        { kernelName: 'dm-0', path: '/dev/mapper/vg-root', way: 'dm', alsoOn: [] },
        { kernelName: 'md127p1', path: '/dev/md127p1', way: 'with-parent', alsoOn: ['/dev/vdb'] },
        { kernelName: 'md127', path: '/dev/md127', way: 'md', alsoOn: ['/dev/vdb'] },
        { kernelName: 'bcache0', path: '/dev/bcache0', way: 'bcache', alsoOn: [] },
        { kernelName: 'md5', path: '/dev/md5', way: 'md', alsoOn: [] },
      ],
    },
    machine: stackedMachine,
    promises: {
      'swap goes first, and what stands on another before that': inOrder(
        /^run swapoff \/dev\/dm-1$/,
        /^run dmsetup remove --retry vg-root$/,
        /^write .*md127\/md\/array_state/,
        /^write .*bcache0\/bcache\/stop/,
        /^run udevadm settle/,
      ),
    },
    failures: {
      'a file system that was mounted since': {
        spoil: { files: { '/proc/self/mountinfo': '22 21 253:0 / /mnt rw - ext4 /dev/mapper/vg-root rw\n' } },
        code: 'disk-busy',
        untouched: true,
      },
      'swap that was added since': {
        spoil: { files: { '/proc/swaps': 'Filename\n/dev/dm-0 partition 1 0 -2\n' } },
        code: 'disk-busy',
        untouched: true,
      },
      'swap that does not fit into memory': { spoil: fails('swapoff'), code: 'tool-failed' },
      'dmsetup fails': { spoil: fails('dmsetup'), code: 'tool-failed' },
      'a RAID that goes on': {
        spoil: (host) => void host.files.write('/sys/class/block/vda/holders/md126', ''),
        code: 'disk-busy',
      },
    },
  },
  'detach-partitions': {
    step: { id: 'a', kind: 'detach-partitions', disk: '/dev/vda' },
    machine: (setup) => {
      const made = machine({ files: { [oldPartition]: '1\n' }, ...setup });
      if (setup?.tools?.partx !== undefined) return made;
      const { host } = made;
      host.tools.set('partx', async (args) => {
        if (args[0] === '--delete') await host.files.remove(oldPartition);
        else await host.files.write(oldPartition, '1\n');
        return undefined;
      });
      return made;
    },
    takes: (host) => host.files.exists(oldPartition),
    failures: {
      'a partition in use': {
        spoil: { tools: { partx: () => ({ exitCode: 1, stderr: 'error deleting partition 1' }) } },
        code: 'disk-busy',
      },
      'a failing partx': { spoil: { tools: { partx: () => ({ exitCode: 2 }) } }, code: 'tool-failed' },
    },
  },
  'wipe-signatures': {
    step: {
      ...{ id: 'a', kind: 'wipe-signatures', disk: '/dev/vda', content: 'ext4' },
      sectorSize: 512,
      ranges: [
        { offset: 0, length: 2 * MiB },
        { offset: diskSize - MiB, length: MiB },
      ],
    },
    machine: (setup) => {
      const made = machine(setup);
      // Boot code, something that has a signature behind it, and the end of a backup table.
      for (const offset of [0, 8192, diskSize - 512])
        made.host.devices.get('/dev/vda')?.write(offset, new Uint8Array(512).fill(0x55));
      return made;
    },
    promises: {
      'the first sector goes alone, and is synced before any other': exactly('/dev/vda', [
        'write 0+512',
        'sync',
        `write ${8192}+4096`,
        `write ${diskSize - 4096}+4096`,
        'sync',
      ]),
      'udev has looked before it ends': inOrder(/^close \/dev\/vda$/, /^run udevadm settle/),
      'it is read back from the disk': readBackFromDevice('/dev/vda'),
    },
    failures: {
      'a device that lies': { spoil: forgets('/dev/vda'), code: 'read-back' },
      'a device that fails': { spoil: full, code: 'ENOSPC' },
    },
  },
  'write-partition-table': {
    step: table,
    machine,
    promises: {
      'both copies are synced before the first sector says that there is a table': exactly('/dev/vda', [
        `write ${diskSize - 33 * 512}+${33 * 512}`,
        `write 512+${33 * 512}`,
        'sync',
        'write 0+512',
        'sync',
        'run partx --update /dev/vda',
      ]),
      'the kernel looks when the disk is closed': inOrder(/^close \/dev\/vda$/, /^run udevadm/),
      'and when udev has ended; then udev again': programs(
        'udevadm settle*',
        'partx --update /dev/vda',
        'udevadm settle*',
      ),
      'it is read back from the disk': readBackFromDevice('/dev/vda'),
    },
    failures: {
      'a device that lies': { spoil: forgets('/dev/vda'), code: 'read-back' },
      'a kernel that does not look': { spoil: fails('partx'), code: 'tool-failed' },
      'a partition that does not appear': {
        spoil: (host) => host.devices.delete('/dev/vda3'),
        code: 'device-missing',
      },
      'an old partition in its place': {
        spoil: (host) => host.devices.set('/dev/vda3', new SparseBytes(MiB)),
        code: 'device-missing',
      },
    },
  },
} satisfies Cases;
