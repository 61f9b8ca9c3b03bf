/** The steps of a takeover of the Linux that runs. */
import { renderAddition } from '../../../src/boot/menus/takeover-menu.ts';
import { renderEnvironmentBlock } from '../../../src/formats/boot-config/grubenv.ts';
import { type FakeSetup, SparseBytes } from '../../fakes/host.ts';
import type { Cases } from '../case.ts';
import { environment } from '../common-steps.ts';
import { fails, forgets } from '../failures.ts';
import { type Machine, MiB, machine } from '../machine.ts';
import { exactly, inOrder } from '../promises.ts';

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

export const takeoverCases = {
  'claim-root': {
    step: {
      ...{ id: 'a', kind: 'claim-root', device: '/dev/vda3', uuid: environment.stateUuid, at: 'mount:root' },
      ...{ folder: 'bos', files: ['boot/grub/bos.cfg'], marker: 'bos/system/takeover.json' },
    },
    machine: oldSystem,
    takes: (host) => host.files.exists('/old/bos'),
    promises: {
      'what was left goes first, and the folder has its mode whatever the umask is': inOrder(
        /^remove \/old\/boot\/grub\/bos\.cfg$/,
        /^remove \/old\/bos$/,
        /^mkdir \/old\/bos$/,
        /^chmod \/old\/bos 0755$/,
      ),
    },
    failures: {
      'another file system': {
        spoil: { devices: { '/dev/vda3': new SparseBytes(MiB) } },
        code: 'disk-changed',
        untouched: true,
      },
      'a takeover that came first': {
        spoil: { files: { '/old/bos/system/takeover.json': '{}' } },
        code: 'takeover-pending',
        untouched: true,
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
    promises: {
      'the name leads to a whole file at every moment, with the mode and owner it had': exactly(
        '/old/boot/grub/custom.cfg',
        ['replace 0644 0:0'],
      ),
    },
    failures: {
      'a file system that keeps the old one': {
        spoil: (host) => Object.assign(host.files, { writeAtomic: async () => {} }),
        code: 'read-back',
      },
      'a full disk': {
        spoil: (host) =>
          Object.assign(host.files, {
            writeAtomic: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
          }),
        code: 'ENOSPC',
      },
    },
  },
  'add-menu-entry: with no entry of anybody': {
    step: {
      ...{ id: 'a', kind: 'add-menu-entry', at: 'mount:root', path: 'boot/grub/custom.cfg' },
      text: renderAddition({ folder: 'boot/grub', uuid: environment.stateUuid }),
    },
    machine: (setup) => {
      const made = oldSystem(setup);
      void made.host.files.remove('/old/boot/grub/custom.cfg');
      return made;
    },
    takes: async (host) => host.tree('/old/boot'),
    promises: {
      'all may read it, as they may what is there beside it': exactly('/old/boot/grub/custom.cfg', [
        'replace 0644 0:0',
      ]),
    },
    failures: {},
  },
  'add-menu-entry: in a file that only root reads': {
    step: {
      ...{ id: 'a', kind: 'add-menu-entry', at: 'mount:root', path: 'boot/grub/custom.cfg' },
      text: renderAddition({ folder: 'boot/grub', uuid: environment.stateUuid }),
    },
    machine: (setup) => {
      const made = oldSystem(setup);
      void made.host.files.chmod('/old/boot/grub/custom.cfg', 0o600);
      return made;
    },
    takes: async (host) => host.tree('/old/boot'),
    promises: {
      'it keeps its mode': exactly('/old/boot/grub/custom.cfg', ['replace 0600 0:0']),
    },
    failures: {},
  },
  'boot-once': {
    step: {
      ...{ id: 'a', kind: 'boot-once', at: 'mount:root', path: 'boot/grub/grubenv' },
      ...{ entry: 'bos-takeover', device: '/dev/vda3', kept: 'has booted' },
    },
    machine: oldSystem,
    takes: async (host) => host.tree('/old/boot'),
    promises: {
      'everything is written out before the entry, which is synced and read back': exactly(
        '/old/boot/grub/grubenv',
        ['run sync -f /old/boot/grub/grubenv', 'write 0+512', 'sync', 'drop-cache'],
      ),
    },
    failures: {
      'no environment block': {
        spoil: { files: { '/old/boot/grub/grubenv': 'timeout=5\n' } },
        code: 'environment-invalid',
      },
      'what cannot be written out': { spoil: fails('sync'), code: 'tool-failed' },
      'a device that lies': { spoil: forgets('/old/boot/grub/grubenv'), code: 'read-back' },
    },
  },
  'boot-once: on an XFS of its own': {
    step: {
      ...{ id: 'a', kind: 'boot-once', at: 'mount:root', path: 'boot/grub/grubenv' },
      ...{ entry: 'bos-takeover', device: '/dev/vda3', kept: 'has booted' },
      ...{ alsoOut: ['bos/system'], log: 'xfs' },
    },
    machine: (setup) =>
      oldSystem({ ...setup, tools: { sh: () => undefined, fsfreeze: () => undefined, ...setup?.tools } }),
    takes: async (host) => host.tree('/old/boot'),
    promises: {
      'the root is written out, then that file system, whose log is emptied before the entry': inOrder(
        /^run sync -f \/old\/bos\/system$/,
        /^run sync -f \/old\/boot\/grub\/grubenv$/,
        /^run sh -c .*fsfreeze -f "\$1" && fsfreeze -u "\$1" sh \/old\/boot\/grub$/,
        /^write \/old\/boot\/grub\/grubenv 0\+512$/,
        /^sync \/old\/boot\/grub\/grubenv$/,
      ),
    },
    failures: {
      'a log that cannot be emptied': { spoil: fails('sh'), code: 'tool-failed' },
    },
  },
} satisfies Cases;
