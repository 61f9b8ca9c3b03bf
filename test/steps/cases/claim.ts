/** The steps of a file system that keeps what it has. */
import { renderBootEnvironment } from '../../../src/boot/environment.ts';
import { makeFat, putOnFat } from '../../fakes/fat.ts';
import type { Cases } from '../case.ts';
import { environment, formatEsp, guestEnvironment } from '../common-steps.ts';
import { forgets, full } from '../failures.ts';
import { machine, stateMachine, stateMount } from '../machine.ts';
import { exactly, readBackFromDevice, sequence } from '../promises.ts';

const markOnEsp = { fileSystem: 'fat', partition: 'part:esp', environment } as const;
const block = `/run/bos/target/${guestEnvironment.path}`;

export const claimCases = {
  'claim-state': {
    step: { id: 'a', kind: 'claim-state', at: stateMount, environment: guestEnvironment },
    machine: stateMachine,
    promises: {
      'the block is written and synced, then all of the file system': exactly(block, [
        'create 0644-umask',
        'write 0+1024',
        'sync',
        `run sync -f ${block}`,
      ]),
      'all may enter the folder that it lies in': sequence(/^mkdir .*bos\/system\/grub 0755$/),
      'it is read back from the disk': readBackFromDevice(block),
    },
    failures: {
      'a link in the place of a folder': {
        spoil: (host) => host.files.symlink('/', '/run/bos/target/bos'),
        code: 'link-in-the-way',
        untouched: true,
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
      'a device that lies': { spoil: forgets(`/run/bos/target/${guestEnvironment.path}`), code: 'read-back' },
    },
  },
  // Its sector stays where GRUB finds it, so it is not made anew.
  'claim-state: with a block of an older installation': {
    step: { id: 'a', kind: 'claim-state', at: stateMount, environment: guestEnvironment },
    machine: (setup) =>
      stateMachine({ ...setup, files: { [block]: Buffer.alloc(1024, 0x23), ...setup?.files } }),
    promises: {
      'it is changed in place and synced, then all of the file system': exactly(block, [
        'write 0+1024',
        'sync',
        `run sync -f ${block}`,
      ]),
      'it is read back from the disk': readBackFromDevice(block),
    },
    failures: {
      'a disk that takes nothing': { spoil: full, code: 'ENOSPC' },
      'a device that lies': { spoil: forgets(block), code: 'read-back' },
    },
  },
  'remove-old-system': {
    step: {
      id: 'a',
      kind: 'remove-old-system',
      at: stateMount,
      paths: ['bos/system/manifest.json', 'bos/system/os'],
    },
    machine: (setup) =>
      stateMachine({
        ...setup,
        files: {
          '/run/bos/target/bos/system/os/1/x': 'x',
          '/run/bos/target/bos/system/manifest.json': '{}',
          ...setup?.files,
        },
      }),
    promises: {
      'the manifest goes first, and each is gone from the disk before the next goes': sequence(
        /^remove .*manifest\.json$/,
        /^run sync -f \/run\/bos\/target$/,
        /^remove .*system\/os$/,
        /^run sync -f \/run\/bos\/target$/,
      ),
    },
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
    promises: {
      'one sector is written, and synced': exactly('/dev/vda2', ['write 647168+512', 'sync']),
      'it is read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'no environment block': {
        spoil: (host) => makeFat(host.devices.get('/dev/vda2')),
        code: 'read-back',
      },
      'something else in its place': {
        spoil: (host) =>
          putOnFat(host.devices.get('/dev/vda2'), { [environment.path]: Buffer.alloc(1024, 0x24) }),
        code: 'environment-invalid',
      },
    },
  },
  'mark-valid: after filling': {
    step: { ...markOnEsp, id: 'a', kind: 'mark-valid', from: 'filling' },
    machine,
    before: [formatEsp, { ...markOnEsp, id: 'f', kind: 'mark-filling' }],
    promises: {
      'one sector is written, and synced': exactly('/dev/vda2', ['write 647168+512', 'sync']),
      'it is read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'a block that says something else': {
        spoil: (host) =>
          putOnFat(host.devices.get('/dev/vda2'), {
            [environment.path]: renderBootEnvironment({ ...environment, mark: 'installing', others: {} }),
          }),
        code: 'read-back',
      },
    },
  },
} satisfies Cases;
