/** The steps that change what a running node starts. */
import { renderBootEnvironment } from '../../../src/boot/environment.ts';
import type { ChangeEnvironment } from '../../../src/steps/boot/change-environment.ts';
import type { ClaimFolders } from '../../../src/steps/files/claim-folders.ts';
import type { MakeLinks } from '../../../src/steps/files/make-links.ts';
import type { ReplaceFile } from '../../../src/steps/files/replace-file.ts';
import { type FakeSetup, SparseBytes } from '../../fakes/host.ts';
import type { Cases } from '../case.ts';
import { environment } from '../common-steps.ts';
import { fails, forgets, full } from '../failures.ts';
import { type Machine, MiB, machine, stateMount } from '../machine.ts';
import { exactly, inOrder, readBackFromDevice, sequence } from '../promises.ts';

const state = '/run/bos/state';
const block = `${state}/bos/system/grub/grubenv`;
const manifest = `${state}/bos/system/manifest.json`;
const menu = `${state}/boot/grub/grub.cfg`;

/** A node whose boot environment lies on its state file system. */
function node(setup: FakeSetup = {}): Machine {
  const device = new SparseBytes(MiB);
  const superBlock = Buffer.alloc(1024);
  superBlock.writeUInt16LE(0xef53, 0x38);
  superBlock.writeUInt32LE(2, 0x18);
  Buffer.from(environment.stateUuid.replaceAll('-', ''), 'hex').copy(superBlock, 0x68);
  device.write(1024, superBlock);
  const { path: _, ...known } = environment;
  const made = machine({
    ...setup,
    devices: { '/dev/vda3': device, ...setup.devices },
    files: {
      [block]: renderBootEnvironment({ ...known, mark: 'valid', others: {} }),
      [manifest]: 'old\n',
      [menu]: 'old menu\n',
      [`${state}/bos/system/os/0.0.1/rootfs.squashfs`]: 'x',
      ...setup.files,
    },
    tools: { sync: () => undefined, sh: () => undefined, ln: () => undefined, ...setup.tools },
  });
  return { ...made, names: { ...made.names, 'node:root': '/', [stateMount]: state } };
}

const change: ChangeEnvironment = {
  ...{ id: 'a', kind: 'change-environment', root: 'node:root', at: stateMount },
  ...{ devices: { state: '/dev/vda3', esp: '' }, does: 'Boot 2 from the next start on' },
  changes: { bos_os: '2', bos_previous_os: environment.os, bos_tries: 'cpr' },
  before: { bos_os: environment.os, bos_previous_os: null, bos_tries: null },
};

const replace: ReplaceFile = {
  ...{ id: 'a', kind: 'replace-file', at: stateMount, path: 'bos/system/manifest.json', mode: 0o644 },
  ...{ before: 'old\n', text: 'new\n' },
};

const claim: ClaimFolders = {
  ...{ id: 'a', kind: 'claim-folders', at: stateMount },
  folders: ['bos/system/os/2', 'bos/system/kernel/7'],
};

const links = (target: string): MakeLinks => ({
  ...{ id: 'a', kind: 'make-links', at: stateMount },
  links: [{ path: 'bos/system/os/current', target }],
});

export const upgradeCases = {
  'change-environment': {
    step: change,
    machine: node,
    takes: async (host) => host.tree(`${state}/bos/system/grub`),
    promises: {
      'the file system is written out and its journal emptied before the one sector': inOrder(
        /^run sync -f \/run\/bos\/state$/,
        /^run sh -c .*fsfreeze -f "\$1" && fsfreeze -u "\$1" sh \/run\/bos\/state$/,
        /^write .*grubenv 0\+512$/,
      ),
      'it is one sector in place, synced and read back from the disk': exactly(block, [
        'write 0+512',
        'sync',
        'drop-cache',
      ]),
    },
    failures: {
      'an environment that somebody else has changed': {
        spoil: (host) =>
          host.files.write(
            block,
            renderBootEnvironment({
              ...{ mark: 'valid', stateUuid: environment.stateUuid, kernel: '6', os: '9', dcp: null },
              others: {},
            }),
          ),
        code: 'source-changed',
        untouched: true,
      },
      'no environment': {
        spoil: (host) => host.files.remove(block),
        code: 'environment-missing',
        untouched: true,
      },
      'what cannot be written out': { spoil: fails('sync'), code: 'tool-failed' },
      'a file system that cannot be frozen': { spoil: fails('sh'), code: 'tool-failed' },
      'a device that lies': { spoil: forgets(block), code: 'read-back' },
      'a disk that takes nothing': { spoil: full, code: 'ENOSPC' },
    },
  },
  'replace-file': {
    step: replace,
    machine: node,
    takes: async (host) => host.tree(`${state}/bos/system`),
    promises: {
      'the name leads to a whole text at every moment': exactly(manifest, ['replace 0644']),
      'it is read back from the disk': readBackFromDevice(manifest),
    },
    failures: {
      'a text that somebody else has changed': {
        spoil: (host) => host.files.write(manifest, 'other\n'),
        code: 'source-changed',
        untouched: true,
      },
      'a file system that keeps the old one': {
        spoil: (host) => Object.assign(host.files, { writeAtomic: async () => {} }),
        code: 'read-back',
      },
      'a link in the place of a folder': {
        spoil: async (host) => {
          await host.files.remove(`${state}/bos/system`);
          await host.files.symlink('/medium/bos/system', `${state}/bos/system`);
          await host.files.write('/medium/bos/system/manifest.json', 'old\n');
        },
        code: 'link-in-the-way',
        untouched: true,
      },
    },
  },
  'replace-file: that was not there': {
    step: { ...replace, path: 'bos/system/staged.json', before: null },
    machine: node,
    takes: async (host) => host.tree(`${state}/bos/system`),
    promises: { 'it is whole at once': exactly(`${state}/bos/system/staged.json`, ['replace 0644']) },
    failures: {},
  },
  'replace-file: for root alone': {
    step: { ...replace, path: 'bos/system/secret', before: null, mode: 0o600 },
    machine: node,
    takes: async (host) => host.tree(`${state}/bos/system`),
    promises: {
      'nobody else reads it at any moment': exactly(`${state}/bos/system/secret`, ['replace 0600']),
    },
    failures: {},
  },
  'replace-file: that goes': {
    step: { ...replace, text: null },
    machine: node,
    takes: async (host) => host.tree(`${state}/bos/system`),
    promises: { 'it goes': exactly(manifest, ['remove']) },
    failures: {
      'a file that stays': {
        spoil: (host) => Object.assign(host.files, { remove: async () => {} }),
        code: 'read-back',
      },
    },
  },
  'replace-menu': {
    step: {
      ...{ id: 'a', kind: 'replace-menu', at: stateMount, path: 'boot/grub/grub.cfg' },
      ...{ before: 'old menu\n', text: 'new menu\n' },
    },
    machine: node,
    takes: async (host) => host.tree(`${state}/boot`),
    promises: {
      'the new one is in its place before the name leads to it, and the old one stays until it does':
        sequence(
          /^create .*grub\.cfg\.new 0644$/,
          /^sync .*grub\.cfg\.new$/,
          /^run ln -f .*grub\.cfg .*grub\.cfg\.old$/,
          /^run sync -f /,
          /^run sh -c .*fsfreeze/,
          /^rename .*grub\.cfg\.new -> .*grub\.cfg$/,
          /^run sync -f /,
          /^run sh -c .*fsfreeze/,
          /^remove .*grub\.cfg\.old$/,
        ),
      'everybody may read it, whatever the umask is, before it has its name': inOrder(
        /^create .*grub\.cfg\.new 0644$/,
        /^chmod .*grub\.cfg\.new 0644$/,
        /^rename .*grub\.cfg\.new /,
      ),
      'it is read back from the disk': readBackFromDevice(menu),
    },
    failures: {
      'a menu that somebody has changed': {
        spoil: (host) => host.files.write(menu, 'my menu\n'),
        code: 'source-changed',
        untouched: true,
      },
      'a link in its place': {
        spoil: async (host) => {
          await host.files.remove(menu);
          await host.files.symlink('/medium/x', menu);
        },
        code: 'link-in-the-way',
        untouched: true,
      },
      'a file system that cannot be frozen': { spoil: fails('sh'), code: 'tool-failed' },
      'a file system that keeps the old one': {
        spoil: (host) => Object.assign(host.files, { rename: async () => {} }),
        code: 'read-back',
      },
    },
  },
  'claim-folders': {
    step: claim,
    machine: node,
    takes: (host) => host.files.exists(`${state}/bos/system/os/2`),
    promises: { 'all may enter them': inOrder(/^mkdir .*os\/2 0755$/, /^chmod .* 0755$/) },
    failures: {
      'a link in the place of a folder': {
        spoil: async (host) => {
          await host.files.remove(`${state}/bos/system/os`);
          await host.files.symlink('/medium', `${state}/bos/system/os`);
        },
        code: 'link-in-the-way',
        untouched: true,
      },
    },
  },
  'claim-folders: with what an interrupted run has left': {
    step: claim,
    machine: (setup) =>
      node({ ...setup, files: { [`${state}/bos/system/os/2/half`]: 'x', ...setup?.files } }),
    promises: {
      'it goes first': inOrder(/^remove .*bos\/system\/os\/2$/, /^mkdir .*bos\/system\/os\/2 0755$/),
    },
    failures: {},
  },
  'remove-deployments': {
    step: { id: 'a', kind: 'remove-deployments', at: stateMount, folders: ['bos/system/os/0.0.1'] },
    machine: node,
    promises: { 'the folder goes': sequence(/^remove .*bos\/system\/os\/0\.0\.1$/) },
    failures: {},
  },
  'make-links: over those of before': {
    step: links('2'),
    machine: node,
    before: [links('0.0.1')],
    promises: {
      'it leads to the old version or to the new one at every moment': inOrder(
        /^symlink .*current\.new -> 2$/,
        /^rename .*current\.new -> .*current$/,
      ),
    },
    failures: {},
  },
} satisfies Cases;
