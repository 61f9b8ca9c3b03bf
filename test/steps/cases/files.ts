/** The steps of single files and folders of the new system. */
import type { Cases } from '../case.ts';
import { file } from '../common-steps.ts';
import { forgets, full } from '../failures.ts';
import { machine, stateMount } from '../machine.ts';
import { exactly, modeFromTheStart, readBackFromDevice } from '../promises.ts';

const target = '/run/bos/target/bos/system';
const origin = (from: string, content: string) => {
  const { path, ...rest } = file(from, Buffer.from(content));
  return { from: path, size: rest.size, sha256: rest.sha256 };
};

export const filesCases = {
  'make-folders': {
    step: {
      id: 'a',
      kind: 'make-folders',
      at: stateMount,
      folders: [{ path: 'bos/data/home', mode: 0o755 }],
    },
    machine,
    promises: {
      'each has its mode whatever the umask is': exactly('/run/bos/target/bos/data/home', [
        'mkdir 0755',
        'chmod 0755',
      ]),
    },
    failures: {
      'a full disk': {
        spoil: (host) =>
          Object.assign(host.files, {
            openFolder: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
          }),
        code: 'ENOSPC',
      },
    },
  },
  'make-links': {
    step: {
      id: 'a',
      kind: 'make-links',
      at: stateMount,
      links: [{ path: 'bos/system/os/current', target: '1' }],
    },
    machine,
    failures: {
      'something is there': {
        spoil: { files: { '/run/bos/target/bos/system/os/current': '' } },
        code: 'EEXIST',
      },
      'a link that leads elsewhere': {
        spoil: (host) => {
          const { symlink } = host.files;
          Object.assign(host.files, { symlink: (_: string, path: string) => symlink('2', path) });
        },
        code: 'read-back',
      },
    },
  },
  'write-file': {
    step: {
      ...{ id: 'a', kind: 'write-file', at: stateMount, path: 'bos/system/config.yaml', mode: 0o600 },
      content: file('file:config', Buffer.from('hostname: one\n')),
    },
    machine: (setup) => {
      const made = machine(setup);
      return { ...made, names: { ...made.names, 'file:config': '/secret/config.yaml' } };
    },
    promises: {
      'a file with secrets is never open to others': modeFromTheStart(`${target}/config.yaml`, 0o600),
      'it is synced, and has its mode whatever the umask is and was there': exactly(`${target}/config.yaml`, [
        'create 0600',
        'write 0+14',
        'sync',
        'chmod 0600',
      ]),
      'it is read back from the disk': readBackFromDevice(`${target}/config.yaml`),
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
      ...{ id: 'a', kind: 'write-volume-tools', at: stateMount, path: 'bos/system/grub/lvm.img' },
      files: [{ ...origin('/usr/sbin/lvm', 'a program'), name: 'lvm' }],
    },
    machine: (setup) => machine({ ...setup, files: { '/usr/sbin/lvm': 'a program', ...setup?.files } }),
    promises: {
      'it is written once and synced': exactly(`${target}/grub/lvm.img`, [
        'create 0644',
        'write 0+*',
        'sync',
      ]),
      'it is read back from the disk': readBackFromDevice(`${target}/grub/lvm.img`),
    },
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
    step: { id: 'a', kind: 'write-journal', at: stateMount },
    machine: (setup) => {
      const made = machine({ ...setup, files: { '/var/log/bos/install.log': '{}\n', ...setup?.files } });
      return { ...made, names: { ...made.names, 'file:journal': '/var/log/bos/install.log' } };
    },
    promises: {
      'nobody else reads the journal, and it is synced': exactly(`${target}/install.log`, [
        'create 0600',
        'write 0+3',
        'sync',
      ]),
    },
    failures: { 'a full disk': { spoil: full, code: 'ENOSPC' } },
  },
} satisfies Cases;
