/** The steps of what starts a disk of our own. */
import { environmentBlock } from '../../../src/steps/support/boot-environment.ts';
import { fakeFirmware } from '../../fakes/efibootmgr.ts';
import { makeFat, putOnFat } from '../../fakes/fat.ts';
import type { Cases } from '../case.ts';
import {
  core,
  environment,
  espGuid,
  file,
  formatEsp,
  formatState,
  menuAndLoader,
  table,
} from '../common-steps.ts';
import { failing, forgets, keepsNothing, otherCore, takesNothing } from '../failures.ts';
import { bootImage, MiB, machine } from '../machine.ts';
import { exactly, inOrder, programs, readBackFromDevice } from '../promises.ts';

export const bootCases = {
  'write-core': {
    step: {
      ...{ id: 'a', kind: 'write-core', target: 'part:bios', offset: 0, room: MiB },
      ...{ lba: 2048, shared: false },
      core,
    },
    machine,
    promises: {
      'it is written and synced': exactly('/dev/vda1', ['write 0+1536', 'sync']),
      'nobody else looks at a partition without a file system': programs(),
      'it is read back from the device': readBackFromDevice('/dev/vda1'),
    },
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
    promises: {
      'the loader gets its name when everything is synced': exactly('/dev/vda2', [
        'writes',
        'sync',
        'write *+32',
        'sync',
      ]),
      'they are read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'a device that keeps nothing': keepsNothing('/dev/vda2'),
      'a device that fails': takesNothing('/dev/vda2'),
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
    promises: {
      'it is one sector, and synced': exactly('/dev/vda', ['write 0+512', 'sync']),
      'udev has looked at the disk before it ends': inOrder(/^close \/dev\/vda$/, /^run udevadm settle/),
      'it is read back from the disk': readBackFromDevice('/dev/vda'),
    },
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
  // Nothing makes it fail: see its own tests.
  'register-boot-entry': {
    step: {
      ...{ id: 'a', kind: 'register-boot-entry', disk: '/dev/vda', partition: 2, guid: espGuid },
      loader: 'EFI/BOOT/BOOTX64.EFI',
    },
    machine: (setup) =>
      machine({ tools: { efibootmgr: fakeFirmware({}, { '/dev/vda': espGuid }).efibootmgr }, ...setup }),
    promises: {
      'udev has seen the new partitions before the firmware is asked': programs(
        'udevadm settle*',
        'efibootmgr --verbose',
        'efibootmgr --quiet --create*',
        'efibootmgr --verbose',
      ),
    },
    failures: {},
  },
  'mark-valid': {
    step: {
      id: 'a',
      kind: 'mark-valid',
      fileSystem: 'fat',
      partition: 'part:esp',
      from: 'installing',
      environment,
    },
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
      'a block that says something else': {
        spoil: (host) =>
          putOnFat(host.devices.get('/dev/vda2'), { [environment.path]: Buffer.alloc(1024, 0x23) }),
        code: 'read-back',
      },
    },
  },
  // The block of a file system that nothing has mounted is found by its own tools.
  'mark-valid: on the state file system': {
    step: {
      ...{ id: 'a', kind: 'mark-valid', fileSystem: 'ext4', partition: 'part:state', from: 'installing' },
      environment,
    },
    machine: (setup) => {
      const made = machine({ ...setup, tools: { debugfs: () => '1234 \n', ...setup?.tools } });
      made.host.devices.get('/dev/vda3')?.write(1234 * 4096, environmentBlock(environment, 'installing'));
      return made;
    },
    before: [formatState],
    promises: {
      'one sector is written, and synced': exactly('/dev/vda3', [
        `run debugfs -R blocks /${environment.path} /dev/vda3`,
        `write ${1234 * 4096}+512`,
        'sync',
      ]),
      'it is read back from the device': readBackFromDevice('/dev/vda3'),
    },
    failures: {
      'a file in two pieces': { spoil: { tools: { debugfs: () => '1234 1235\n' } }, code: 'read-back' },
      'a file without blocks': { spoil: { tools: { debugfs: () => '\n' } }, code: 'read-back' },
      'no such file': { spoil: { tools: { debugfs: () => 'File not found\n' } }, code: 'read-back' },
      'block 0, which no file has': { spoil: { tools: { debugfs: () => '0\n' } }, code: 'read-back' },
      'another file there': { spoil: { tools: { debugfs: () => '1235\n' } }, code: 'read-back' },
      'a debugfs that fails': failing('debugfs'),
      'no ext4': {
        spoil: (host) => host.devices.get('/dev/vda3')?.write(1024, new Uint8Array(1024)),
        code: 'read-back',
      },
    },
  },
} satisfies Cases;
