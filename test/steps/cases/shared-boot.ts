/** The steps of what starts a disk that keeps what it has. */
import type { Cases } from '../case.ts';
import { core, formatEsp, menuAndLoader, table } from '../common-steps.ts';
import { forgets, keepsNothing, otherCore, takesNothing } from '../failures.ts';
import { machine, stateMount } from '../machine.ts';
import { exactly, readBackFromDevice, sequence } from '../promises.ts';

/** What it holds, then its name. */
const added = ['writes', 'sync', 'write *+32', 'sync'];
const namedWhenWhole = [...added, 'drop-cache', 'write *+32', 'sync'];

export const sharedBootCases = {
  'write-core: beside other systems': {
    step: {
      ...{ id: 'a', kind: 'write-core', target: '/dev/vda', offset: 524288, room: 512 * 1024 },
      ...{ lba: 1024, shared: true },
      core,
    },
    machine,
    promises: {
      'it is written and synced': exactly('/dev/vda', ['write 524288+1536', 'sync']),
      'udev, which looks at a disk that was closed, has ended': sequence(
        /^close \/dev\/vda$/,
        /^sync \/dev\/vda$/,
        /^close \/dev\/vda$/,
        /^run udevadm settle/,
      ),
      'it is read back from the disk': readBackFromDevice('/dev/vda'),
    },
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
        untouched: true,
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
    promises: {
      'each file gets its name when it is synced and read back': exactly('/dev/vda2', [
        // Two folders that are missing, two files.
        ...[...added, ...added],
        ...[...namedWhenWhole, ...namedWhenWhole],
      ]),
      'they are read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'a device that keeps nothing': keepsNothing('/dev/vda2', 'read-back'),
      'a device that fails': takesNothing('/dev/vda2'),
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
      at: stateMount,
      path: 'bos/system/grub/boot-sector.old',
    },
    machine,
    before: [table],
    promises: {
      'it is synced before ours takes its place': exactly('/run/bos/target/bos/system/grub/boot-sector.old', [
        'create 0644-umask',
        'write 0+512',
        'sync',
      ]),
    },
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
  'manual-steps': {
    step: { id: 'a', kind: 'manual-steps', what: 'a boot loader for BIOS, since there is no room' },
    machine,
    failures: {},
  },
} satisfies Cases;
