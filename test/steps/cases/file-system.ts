/** The steps of file systems: made, checked, mounted, let go of. */
import type { FakeHost } from '../../fakes/host.ts';
import type { Cases } from '../case.ts';
import { environment, formatEsp, formatState, mountState } from '../common-steps.ts';
import { failing, fails, keepsNothing, takesNothing } from '../failures.ts';
import { machine, stateMachine, stateMount, stateSize } from '../machine.ts';
import { exactly, inOrder, readBackFromDevice } from '../promises.ts';

const mountTableOf = (host: FakeHost) => host.files.readText('/proc/self/mountinfo');

export const fileSystemCases = {
  'format-esp': {
    step: formatEsp,
    machine,
    promises: {
      'the first sector is written last, when all the rest is synced': exactly('/dev/vda2', [
        'write 512+650752',
        'sync',
        'write 0+512',
        'sync',
      ]),
      'the block is read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'a device that keeps nothing': keepsNothing('/dev/vda2', 'fat-invalid'),
      'a device that fails': takesNothing('/dev/vda2'),
    },
  },
  'format-ext4': {
    step: formatState,
    machine,
    failures: {
      'mkfs fails': { spoil: fails('mkfs.ext4'), code: 'tool-failed' },
      'nothing was made': { spoil: { tools: { 'mkfs.ext4': () => undefined } }, code: 'read-back' },
    },
  },
  'mount-state': {
    step: mountState,
    machine,
    takes: mountTableOf,
    promises: {
      'nobody else can look into the folder it is mounted at': inOrder(
        /^mkdir \/run\/bos\/target 0700$/,
        /^run mount .*noexec,.* \/dev\/vda3 \/run\/bos\/target$/,
      ),
    },
    failures: { 'mount fails': { spoil: fails('mount'), code: 'tool-failed' } },
  },
  'unmount-state': {
    step: { id: 'a', kind: 'unmount-state', partition: 'part:state', at: stateMount },
    machine,
    before: [formatState, mountState],
    promises: {
      'it is unmounted, and only then looked at': inOrder(/^run umount \/run\/bos\/target$/),
    },
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
  'check-filesystem': {
    step: {
      ...{ id: 'a', kind: 'check-filesystem', device: '/dev/vda3', size: stateSize },
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
} satisfies Cases;
