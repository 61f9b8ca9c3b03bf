/** A live system in memory, as probing sees it: what lsblk says, and what the initrd wrote. */
import type { FakeSetup } from '../../../fakes/host.ts';
import { liveHost, mediumRoot } from '../../../install/fixtures.ts';

export const block = (kname: string, more: object = {}) => ({
  ...{ kname, path: `/dev/${kname}`, 'maj:min': '254:0', type: 'disk', size: 20 * 2 ** 30, start: null },
  ...{
    'log-sec': 512,
    'phy-sec': 512,
    model: null,
    serial: `serial-of-${kname}`,
    tran: 'virtio',
    rm: false,
    ro: false,
  },
  ...more,
});

export const record = (mode: string) =>
  JSON.stringify({
    ...{ v: 1, mode, medium: '/dev/sr0', mediumRoot, state: mode === 'disk' ? '/dev/vda3' : '' },
    ...{ kernel: '6.1.0-40-amd64', os: '0.1.0', dcp: '' },
  });

export interface LiveSetup {
  readonly mode?: string;
  readonly commandLine?: string;
  readonly disks?: readonly object[];
}

export const liveMachine = (setup: LiveSetup = {}, more: FakeSetup = {}) =>
  liveHost({
    ...more,
    files: {
      '/proc/cmdline': setup.commandLine ?? 'bos.mode=live bos.password=secret console=ttyS0\n',
      '/proc/meminfo': 'MemTotal: 1000000 kB\n',
      '/proc/swaps': 'Filename\n',
      '/run/bos/boot.json': record(setup.mode ?? 'live'),
      ...more.files,
    },
    tools: {
      lsblk: () => JSON.stringify({ blockdevices: setup.disks ?? [block('vda')] }),
      // It only lists: see the arguments that probing gives it.
      wipefs: (args) => (args.includes('--json') && !args.includes('--all') ? '' : { exitCode: 1 }),
      ...more.tools,
    },
  });
