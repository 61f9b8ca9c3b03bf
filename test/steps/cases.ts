/** One case per kind of step: a machine on which it succeeds, and ways in which that machine fails it. */

import { renderBootEnvironment } from '../../src/boot/environment.ts';
import { renderAddition } from '../../src/boot/menus/takeover-menu.ts';
import { renderEnvironmentBlock } from '../../src/formats/boot-config/grubenv.ts';
import { sha256Of } from '../../src/host/digest.ts';
import type { Step } from '../../src/steps/index.ts';
import { fakeFirmware } from '../fakes/efibootmgr.ts';
import { fileSystemTools } from '../fakes/file-systems.ts';
import { type FakeHost, type FakeSetup, fakeHost, SparseBytes } from '../fakes/host.ts';

export const MiB = 1024 * 1024;
export const diskSize = 3072 * MiB;
const names = {
  'part:bios': '/dev/vda1',
  'part:esp': '/dev/vda2',
  'part:state': '/dev/vda3',
  'mount:state': '/run/bos/target',
};

export interface Machine {
  readonly host: FakeHost;
  readonly names: Readonly<Record<string, string>>;
}

export interface Case {
  readonly step: Step;
  machine(setup?: FakeSetup): Machine;
  /** What the step changes until it is undone; only for those that can be. */
  readonly takes?: (host: FakeHost) => Promise<unknown>;
  /** Steps that have to run before it. */
  readonly before?: readonly Step[];
  /** Each breaks the machine before the step runs; run or verify must then throw an error with this code. */
  readonly failures: Readonly<Record<string, Failure>>;
}

interface Failure {
  readonly spoil: FakeSetup | ((host: FakeHost) => void);
  readonly code: string;
}

const system = {
  'bos/system/os/1/rootfs.squashfs': 'the root file system',
  'bos/system/kernel/6/vmlinuz': 'a kernel',
};
export const manifestFiles = Object.entries(system).map(([path, text]) => ({
  path,
  size: text.length,
  sha256: sha256Of(text),
}));
const text = (content: string) => ({ from: 'text' as const, text: content });
const file = (path: string, bytes: Uint8Array) => ({
  from: 'file' as const,
  path,
  size: bytes.length,
  sha256: sha256Of(bytes),
});
const origin = (from: string, content: string) => ({
  from,
  size: content.length,
  sha256: sha256Of(content),
});

/** A tool that fails. */
const failing = (tool: string): Failure => ({
  spoil: (host) => host.tools.set(tool, () => ({ exitCode: 1 })),
  code: 'tool-failed',
});
/** Tools that say all is well and have done nothing. */
const idle = (...tools: readonly string[]): Failure => ({
  spoil: (host) => {
    for (const tool of tools) host.tools.set(tool, () => undefined);
  },
  code: 'read-back',
});
const otherCore: Failure = { spoil: { files: { '/boot/core.img': 'x' } }, code: 'source-changed' };
/** What goes onto an ESP: a text, and a file. */
const menuAndLoader = (menu: string) => [
  { path: menu, content: text('exit\n') },
  { path: 'EFI/BOOT/BOOTX64.EFI', content: file('/boot/boot.img', bootImage) },
];

/** As much of an i386-pc core image as placing it looks at: a block list entry that is not empty. */
export const coreImage = Buffer.alloc(1500, 0x11);
coreImage.fill(0, 480, 512);
coreImage.writeUInt16LE(2, 508);
export const bootImage = Buffer.alloc(512, 0x22);
bootImage.writeUInt16LE(0xaa55, 510);

/** A machine with an empty disk whose partitions show when partx looks. */
export function machine(setup: FakeSetup = {}): Machine {
  const host: FakeHost = fakeHost({
    ...setup,
    files: {
      '/proc/self/mountinfo': '21 1 0:20 / / rw - tmpfs tmpfs rw\n',
      '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n',
      '/sys/class/block/vda/size': `${diskSize / 512}\n`,
      '/sys/class/block/vda/ro': '0\n',
      '/sys/class/block/vda/dev': '254:0\n',
      '/sys/class/block/vda/serial': 'S1\n',
      '/boot/core.img': coreImage,
      '/boot/boot.img': bootImage,
      '/secret/config.yaml': 'hostname: one\n',
      ...Object.fromEntries(Object.entries(system).map(([path, content]) => [`/medium/${path}`, content])),
      ...setup.files,
    },
    devices: { '/dev/vda': new SparseBytes(diskSize), ...partitions(), ...setup.devices },
    tools: {
      ...fileSystemTools(() => host),
      partx: () => undefined,
      udevadm: () => undefined,
      mount: (args) => mountTable(host, `22 21 254:3 / ${args.at(-1)} rw - ext4 ${args.at(-2)} rw\n`),
      umount: () => mountTable(host, ''),
      ...setup.tools,
    },
  });
  return { host, names };
}

/** A Linux whose root is below /old, with what an attempt that was cut short has left. */
function oldSystem(setup: FakeSetup = {}): Machine {
  const root = new SparseBytes(MiB);
  const block = Buffer.alloc(1024);
  block.writeUInt16LE(0xef53, 0x38);
  block.writeUInt32LE(2, 0x18);
  Buffer.from(environment.stateUuid.replaceAll('-', ''), 'hex').copy(block, 0x68);
  root.write(1024, block);
  const made = machine({
    ...setup,
    devices: { '/dev/vda3': root, ...setup.devices },
    files: {
      '/old/boot/grub/grubenv': renderEnvironmentBlock(new Map([['saved_entry', 'old']])),
      '/old/boot/grub/custom.cfg': 'menuentry mine {\n}\n',
      ...setup.files,
    },
    tools: { sync: () => undefined, ...setup.tools },
  });
  return { ...made, names: { ...made.names, 'mount:root': '/old' } };
}

const partitions = () => ({
  '/dev/vda1': new SparseBytes(MiB),
  '/dev/vda2': new SparseBytes(300 * MiB),
  '/dev/vda3': new SparseBytes(diskSize - 303 * MiB),
});

async function mountTable(host: FakeHost, line: string): Promise<undefined> {
  await host.files.write('/proc/self/mountinfo', `21 1 0:20 / / rw - tmpfs tmpfs rw\n${line}`);
}

/** Swallows what is written to a path after the tenth... or nth write: a device that lies. */
const forgets = (path: string): FakeSetup => ({
  onWrite: (at, _, data) => (at === path ? new Uint8Array(data.length).fill(0xee) : undefined),
});
const fails = (tool: string): FakeSetup => ({ tools: { [tool]: () => ({ exitCode: 1, stderr: 'no' }) } });
const full: FakeSetup = {
  onWrite: () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  },
};

const partition = (number: number, firstMiB: number, endMiB: number, bind: string) => ({
  number,
  type: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  guid: `00000000-0000-4000-8000-00000000000${number}`,
  firstLba: firstMiB * 2048,
  lastLba: endMiB * 2048 - 1,
  name: bind,
  bind,
  path: `/dev/vda${number}`,
});
const environment = {
  path: 'EFI/debian/grubenv',
  stateUuid: '11111111-2222-4333-8444-555555555555',
  kernel: '6',
  os: '1',
  dcp: null,
};
const folders = ['EFI', 'EFI/BOOT', 'EFI/debian'];
const at = 'mount:state';
export const espGuid = '00000000-0000-4000-8000-000000000002';

const formatEsp: Step = {
  ...{ id: 'format-esp', kind: 'format-esp', partition: 'part:esp', label: 'BOS_GRUB', serial: '1a2b3c4d' },
  ...{ sectorSize: 512, folders, environment },
};
const formatState: Step = {
  ...{ id: 'format-state', kind: 'format-state', partition: 'part:state', label: 'BOS_STATE' },
  uuid: environment.stateUuid,
};
const copy: Step = { id: 'copy', kind: 'copy-files', from: '/medium', to: at, files: manifestFiles };
/** An image with the files in it, one of them in two parts, in an order of its own. */
const isoParts = [Buffer.alloc(7), 'a ke', 'the root file system', 'rnel', Buffer.alloc(5), 'the manifest'];
const isoImage = Buffer.concat(isoParts.map((part) => Buffer.from(part)));
const copyFromIso: Extract<Step, { kind: 'copy-from-image' }> = {
  ...{ id: 'copy', kind: 'copy-from-image', to: at, sha256: sha256Of(isoImage) },
  image: { from: 'file', path: '/isos/bos.iso', size: isoImage.length },
  files: manifestFiles.map((one) => ({
    ...one,
    extents: one.path.endsWith('vmlinuz')
      ? [
          { offset: 7, length: 4 },
          { offset: 31, length: 4 },
        ]
      : [{ offset: 11, length: 20 }],
  })),
  manifest: { size: 12, sha256: sha256Of('the manifest'), extents: [{ offset: 40, length: 12 }] },
};
const isoMachine: Case['machine'] = (setup = {}) =>
  machine({ ...setup, files: { '/isos/bos.iso': isoImage, ...setup.files } });
/** The image with other bytes somewhere. */
const otherIso = (offset: number, text: string): FakeSetup => {
  const bytes = Buffer.from(isoImage);
  bytes.write(text, offset);
  return { files: { '/isos/bos.iso': bytes } };
};
const table: Step = {
  ...{ id: 'table', kind: 'write-partition-table', disk: '/dev/vda' },
  ...{ diskGuid: '00000000-0000-4000-8000-000000000000', sectorSize: 512, diskSectors: diskSize / 512 },
  partitions: [
    partition(1, 1, 2, 'part:bios'),
    partition(2, 2, 302, 'part:esp'),
    partition(3, 302, diskSize / MiB - 1, 'part:state'),
  ],
};

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

const guestEnvironment = { ...environment, path: 'bos/system/grub/grubenv' };
const markOnEsp = { fileSystem: 'fat', partition: 'part:esp', environment } as const;

/** The machine as seen of its third partition, with the tools of a file system that is there. */
function stateMachine(setup: FakeSetup = {}): Machine {
  const made = machine({
    ...setup,
    files: {
      '/sys/class/block/vda3/size': `${(diskSize - 303 * MiB) / 512}\n`,
      '/sys/class/block/vda3/ro': '0\n',
      '/sys/class/block/vda3/dev': '254:3\n',
      '/run/bos/target/lost+found/x': '',
      ...setup.files,
    },
    tools: {
      sync: () => undefined,
      e2label: ([device = '', label = '']) => {
        const field = Buffer.alloc(16);
        field.write(label);
        made.host.devices.get(device)?.write(1024 + 0x78, field);
        return undefined;
      },
      ...setup.tools,
    },
  });
  return made;
}

const oldPartition = '/sys/class/block/vda/vda1/partition';
const mountTableOf = (host: FakeHost) => host.files.readText('/proc/self/mountinfo');

export const cases: { readonly [K in Step['kind']]: Case } = {
  'check-target': {
    step: {
      ...{ id: 'a', kind: 'check-target', disk: '/dev/vda', size: diskSize, model: 'QEMU', serial: 'S1' },
      stops: ['md127'],
    },
    machine,
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
    failures: {
      'a file system that was mounted since': {
        spoil: { files: { '/proc/self/mountinfo': '22 21 253:0 / /mnt rw - ext4 /dev/mapper/vg-root rw\n' } },
        code: 'disk-busy',
      },
      'swap that was added since': {
        spoil: { files: { '/proc/swaps': 'Filename\n/dev/dm-0 partition 1 0 -2\n' } },
        code: 'disk-busy',
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
    machine,
    failures: {
      'a device that lies': { spoil: forgets('/dev/vda'), code: 'read-back' },
      'a device that fails': { spoil: full, code: 'ENOSPC' },
    },
  },
  'write-partition-table': {
    step: table,
    machine,
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
  'format-esp': {
    step: formatEsp,
    machine,
    failures: {
      'mkfs fails': { spoil: fails('mkfs.fat'), code: 'tool-failed' },
      'no mcopy': { spoil: (host) => host.tools.delete('mcopy'), code: 'tool-missing' },
      'an environment that is not there': { spoil: { tools: { mcopy: () => undefined } }, code: 'read-back' },
    },
  },
  'format-state': {
    step: formatState,
    machine,
    failures: {
      'mkfs fails': { spoil: fails('mkfs.ext4'), code: 'tool-failed' },
      'nothing was made': { spoil: { tools: { 'mkfs.ext4': () => undefined } }, code: 'read-back' },
    },
  },
  'mount-state': {
    step: { id: 'a', kind: 'mount-state', partition: 'part:state', at: '/run/bos/target', bind: at },
    machine,
    takes: mountTableOf,
    failures: { 'mount fails': { spoil: fails('mount'), code: 'tool-failed' } },
  },
  'make-folders': {
    step: { id: 'a', kind: 'make-folders', at, folders: [{ path: 'bos/data/home', mode: 0o755 }] },
    machine,
    failures: {
      'a full disk': {
        spoil: (host) =>
          Object.assign(host.files, {
            makeDir: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
          }),
        code: 'ENOSPC',
      },
    },
  },
  'copy-files': {
    step: copy,
    machine,
    failures: {
      'a damaged medium': {
        spoil: { files: { '/medium/bos/system/kernel/6/vmlinuz': 'b kernel' } },
        code: 'medium-damaged',
      },
      'a medium cut short': {
        spoil: { files: { '/medium/bos/system/kernel/6/vmlinuz': 'a ker' } },
        code: 'medium-damaged',
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'copy-from-image': {
    step: copyFromIso,
    machine: isoMachine,
    failures: {
      'a damaged file': { spoil: otherIso(8, 'X'), code: 'medium-damaged' },
      'another manifest': { spoil: otherIso(40, 'one manifest'), code: 'medium-damaged' },
      'another ISO around the same files': { spoil: otherIso(36, 'X'), code: 'iso-digest' },
      'an ISO of another size': {
        spoil: { files: { '/isos/bos.iso': isoImage.subarray(0, 40) } },
        code: 'medium-changed',
      },
      'no ISO any more': { spoil: (host) => host.files.remove('/isos/bos.iso'), code: 'iso-unreadable' },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'make-links': {
    step: { id: 'a', kind: 'make-links', at, links: [{ path: 'bos/system/os/current', target: '1' }] },
    machine,
    failures: {
      'something is there': {
        spoil: { files: { '/run/bos/target/bos/system/os/current': '' } },
        code: 'EEXIST',
      },
    },
  },
  'write-file': {
    step: {
      ...{ id: 'a', kind: 'write-file', at, path: 'bos/system/config.yaml', mode: 0o600 },
      content: file('file:config', Buffer.from('hostname: one\n')),
    },
    machine: (setup) => {
      const made = machine(setup);
      return { ...made, names: { ...made.names, 'file:config': '/secret/config.yaml' } };
    },
    failures: {
      'another file': {
        spoil: { files: { '/secret/config.yaml': 'hostname: two\n' } },
        code: 'source-changed',
      },
      'a device that lies': {
        spoil: forgets('/run/bos/target/bos/system/config.yaml'),
        code: 'read-back',
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'write-volume-tools': {
    step: {
      ...{ id: 'a', kind: 'write-volume-tools', at, path: 'bos/system/grub/lvm.img' },
      files: [{ ...origin('/usr/sbin/lvm', 'a program'), name: 'lvm' }],
    },
    machine: (setup) => machine({ ...setup, files: { '/usr/sbin/lvm': 'a program', ...setup?.files } }),
    failures: {
      'another program': { spoil: { files: { '/usr/sbin/lvm': 'a sergeant' } }, code: 'source-changed' },
      'a device that lies': {
        spoil: forgets('/run/bos/target/bos/system/grub/lvm.img'),
        code: 'read-back',
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'write-journal': {
    step: { id: 'a', kind: 'write-journal', at },
    machine: (setup) => {
      const made = machine({ ...setup, files: { '/var/log/bos/install.log': '{}\n', ...setup?.files } });
      return { ...made, names: { ...made.names, 'file:journal': '/var/log/bos/install.log' } };
    },
    failures: { 'a full disk': { spoil: full, code: 'ENOSPC' } },
  },
  'verify-files': {
    step: { id: 'a', kind: 'verify-files', at, files: manifestFiles },
    machine,
    before: [copy],
    failures: {
      'a byte that changed': {
        spoil: (host) => void host.files.write('/run/bos/target/bos/system/kernel/6/vmlinuz', 'a kernal'),
        code: 'read-back',
      },
      'a file that is gone': {
        spoil: (host) => void host.files.remove('/run/bos/target/bos/system/kernel/6/vmlinuz'),
        code: 'ENOENT',
      },
    },
  },
  'unmount-state': {
    step: { id: 'a', kind: 'unmount-state', partition: 'part:state', at },
    machine,
    before: [
      formatState,
      { id: 'm', kind: 'mount-state', partition: 'part:state', at: '/run/bos/target', bind: at },
    ],
    failures: {
      'a busy file system': {
        spoil: (host) => host.tools.set('umount', () => ({ exitCode: 32 })),
        code: 'tool-failed',
      },
      'a file system left dirty': {
        spoil: (host) => host.devices.get('/dev/vda3')?.write(1024 + 0x3a, new Uint8Array(2)),
        code: 'read-back',
      },
    },
  },
  'write-core': {
    step: {
      ...{ id: 'a', kind: 'write-core', partition: 'part:bios', lba: 2048, room: MiB },
      core: file('/boot/core.img', coreImage),
    },
    machine,
    failures: {
      'a device that lies': { spoil: forgets('/dev/vda1'), code: 'read-back' },
      'another core image': otherCore,
    },
  },
  'write-esp-files': {
    step: {
      ...{ id: 'a', kind: 'write-esp-files', partition: 'part:esp' },
      files: menuAndLoader('EFI/debian/grub.cfg'),
    },
    machine,
    before: [formatEsp],
    failures: {
      'mcopy fails': failing('mcopy'),
      'mren fails': failing('mren'),
      'nothing was copied': idle('mcopy', 'mren'),
    },
  },
  'write-boot-sector': {
    step: {
      ...{ id: 'a', kind: 'write-boot-sector', disk: '/dev/vda', coreLba: 2048 },
      image: file('/boot/boot.img', bootImage),
      awaits: [{ partition: 'part:esp', size: 300 * MiB }],
    },
    machine,
    before: [table],
    failures: {
      'no table to keep': {
        spoil: (host) => host.devices.get('/dev/vda')?.write(0, new Uint8Array(512)),
        code: 'boot-sector-missing',
      },
      'a partition that stays away': {
        spoil: (host) => host.devices.delete('/dev/vda2'),
        code: 'device-missing',
      },
    },
  },
  'check-filesystem': {
    step: {
      ...{ id: 'a', kind: 'check-filesystem', device: '/dev/vda3', size: diskSize - 303 * MiB },
      ...{ uuid: environment.stateUuid, bind: 'part:state' },
    },
    machine: stateMachine,
    before: [formatState],
    failures: {
      'another size': {
        spoil: (host) => void host.files.write('/sys/class/block/vda3/size', '2048\n'),
        code: 'device-changed',
      },
      'another file system': {
        spoil: (host) => host.devices.get('/dev/vda3')?.write(1024 + 0x68, new Uint8Array(16)),
        code: 'device-changed',
      },
      mounted: {
        spoil: (host) =>
          void host.files.write('/proc/self/mountinfo', '22 21 254:3 / /mnt rw - ext4 /dev/vda3 rw\n'),
        code: 'device-in-use',
      },
      'not unmounted': {
        spoil: (host) => host.devices.get('/dev/vda3')?.write(1024 + 0x3a, new Uint8Array(2)),
        code: 'filesystem-not-clean',
      },
    },
  },
  relabel: {
    step: { id: 'a', kind: 'relabel', partition: 'part:state', from: 'BOS_STATE', to: 'NEW' },
    machine: stateMachine,
    before: [formatState],
    takes: async (host) => host.devices.get('/dev/vda3')?.read(1024 + 0x78, 16),
    failures: {
      'e2label fails': failing('e2label'),
      'nothing was written': {
        spoil: (host) => host.tools.set('e2label', () => undefined),
        code: 'read-back',
      },
    },
  },
  'claim-state': {
    step: { id: 'a', kind: 'claim-state', at, environment: guestEnvironment },
    machine: stateMachine,
    failures: {
      'a link in the place of a folder': {
        spoil: (host) => host.files.symlink('/', '/run/bos/target/bos'),
        code: 'no-folder',
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
      'a device that lies': { spoil: forgets(`/run/bos/target/${guestEnvironment.path}`), code: 'read-back' },
    },
  },
  'remove-old-system': {
    step: { id: 'a', kind: 'remove-old-system', at, paths: ['bos/system/manifest.json', 'bos/system/os'] },
    machine: (setup) =>
      stateMachine({ ...setup, files: { '/run/bos/target/bos/system/os/1/x': 'x', ...setup?.files } }),
    failures: {
      'a device that fails': {
        spoil: (host) => host.tools.set('sync', () => ({ exitCode: 1 })),
        code: 'tool-failed',
      },
    },
  },
  'mark-filling': {
    step: { ...markOnEsp, id: 'a', kind: 'mark-filling' },
    machine,
    before: [formatEsp],
    failures: {
      'no environment block': {
        spoil: (host) => host.tools.get('mkfs.fat')?.(['/dev/vda2'], {}) as undefined,
        code: 'read-back',
      },
      'something else in its place': {
        spoil: (host) =>
          host.tools.get('mcopy')?.(['-i', '/dev/vda2', '-', '::/EFI/debian/grubenv'], {
            input: Buffer.alloc(1024, 0x24),
          }) as undefined,
        code: 'environment-invalid',
      },
    },
  },
  'mark-filled': {
    step: { ...markOnEsp, id: 'a', kind: 'mark-filled' },
    machine,
    before: [formatEsp, { ...markOnEsp, id: 'f', kind: 'mark-filling' }],
    failures: {
      'a block that says something else': {
        spoil: async (host) => {
          await host.tools.get('mcopy')?.(['-i', '/dev/vda2', '-', '::/EFI/debian/grubenv'], {
            input: renderBootEnvironment({ ...environment, mark: 'installing', others: {} }),
          });
        },
        code: 'read-back',
      },
    },
  },
  'embed-core': {
    step: {
      ...{ id: 'a', kind: 'embed-core', disk: '/dev/vda', lba: 1024, room: 512 * 1024 },
      core: file('/boot/core.img', coreImage),
    },
    machine,
    failures: {
      'a device that lies': { spoil: forgets('/dev/vda'), code: 'read-back' },
      'another core image': otherCore,
      'a boot sector that starts these sectors by now': {
        spoil: (host) => {
          const sector = Buffer.alloc(512);
          sector.writeUInt32LE(1025, 0x5c);
          sector.write('GRUB \0Geom\0', 0x180, 'latin1');
          host.devices.get('/dev/vda')?.write(0, sector);
        },
        code: 'boot-area-changed',
      },
    },
  },
  'update-boot-loader': {
    step: {
      ...{ id: 'a', kind: 'update-boot-loader', partition: '/dev/vda2' },
      files: menuAndLoader('boot/grub/grub.cfg'),
    },
    machine,
    before: [formatEsp],
    failures: {
      'mcopy fails': failing('mcopy'),
      'nothing was copied': idle('mcopy'),
      'no FAT32': {
        spoil: (host) => host.devices.get('/dev/vda2')?.write(0, new Uint8Array(512)),
        code: 'esp-not-fat32',
      },
    },
  },
  'keep-boot-sector': {
    step: {
      id: 'a',
      kind: 'keep-boot-sector',
      disk: '/dev/vda',
      at,
      path: 'bos/system/grub/boot-sector.old',
    },
    machine,
    before: [table],
    failures: {
      'a disk without one': {
        spoil: (host) => host.devices.get('/dev/vda')?.write(0, new Uint8Array(512)),
        code: 'boot-sector-missing',
      },
      'a device that lies': {
        spoil: forgets('/run/bos/target/bos/system/grub/boot-sector.old'),
        code: 'read-back',
      },
    },
  },
  'tell-left': {
    step: { id: 'a', kind: 'tell-left', what: 'a boot loader for BIOS, since there is no room' },
    machine,
    failures: {},
  },
  // Nothing makes it fail: see its own tests.
  'register-boot-entry': {
    step: {
      ...{ id: 'a', kind: 'register-boot-entry', disk: '/dev/vda', partition: 2, guid: espGuid },
      loader: 'EFI/BOOT/BOOTX64.EFI',
    },
    machine: (setup) =>
      machine({ tools: { efibootmgr: fakeFirmware({}, { '/dev/vda': espGuid }).efibootmgr }, ...setup }),
    failures: {},
  },
  'mark-valid': {
    step: { id: 'a', kind: 'mark-valid', partition: 'part:esp', environment },
    machine,
    before: [formatEsp],
    failures: {
      'no environment block': {
        spoil: (host) => host.tools.get('mkfs.fat')?.(['/dev/vda2'], {}) as undefined,
        code: 'read-back',
      },
      'a block that says something else': {
        spoil: (host) =>
          host.tools.get('mcopy')?.(['-i', '/dev/vda2', '-', '::/EFI/debian/grubenv'], {
            input: Buffer.alloc(1024, 0x23),
          }) as undefined,
        code: 'read-back',
      },
    },
  },
  'claim-root': {
    step: {
      ...{ id: 'a', kind: 'claim-root', device: '/dev/vda3', uuid: environment.stateUuid, at: 'mount:root' },
      ...{ folder: 'bos', files: ['boot/grub/bos.cfg'], marker: 'bos/system/takeover.json' },
    },
    machine: oldSystem,
    takes: (host) => host.files.exists('/old/bos'),
    failures: {
      'another file system': {
        spoil: { devices: { '/dev/vda3': new SparseBytes(MiB) } },
        code: 'disk-changed',
      },
      'a takeover that came first': {
        spoil: { files: { '/old/bos/system/takeover.json': '{}' } },
        code: 'takeover-pending',
      },
    },
  },
  'add-menu-entry': {
    step: {
      ...{ id: 'a', kind: 'add-menu-entry', at: 'mount:root', path: 'boot/grub/custom.cfg' },
      text: renderAddition({ folder: 'boot/grub', uuid: environment.stateUuid }),
    },
    machine: oldSystem,
    takes: async (host) => host.tree('/old/boot'),
    failures: {
      'a full disk': {
        spoil: (host) =>
          Object.assign(host.files, {
            writeAtomic: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
          }),
        code: 'ENOSPC',
      },
    },
  },
  'boot-once': {
    step: {
      ...{ id: 'a', kind: 'boot-once', at: 'mount:root', path: 'boot/grub/grubenv' },
      ...{ entry: 'bos-takeover', device: '/dev/vda3' },
    },
    machine: oldSystem,
    takes: async (host) => host.tree('/old/boot'),
    failures: {
      'no environment block': {
        spoil: { files: { '/old/boot/grub/grubenv': 'timeout=5\n' } },
        code: 'environment-invalid',
      },
      'what cannot be written out': { spoil: fails('sync'), code: 'tool-failed' },
      'a device that lies': { spoil: forgets('/old/boot/grub/grubenv'), code: 'read-back' },
    },
  },
};
