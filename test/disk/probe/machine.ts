/** A machine in memory from a sample of lsblk: wipefs and the partition table agree with it, sysfs too. */
import { readFileSync } from 'node:fs';
import { encodeGpt, type GptPartition } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGuid } from '../../../src/formats/partition-tables/guid.ts';
import { type FakeHost, fakeHost, SparseBytes, type Tool } from '../../fakes/host.ts';

interface Row {
  readonly kname: string;
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly start: number | null;
  readonly 'log-sec': number;
  readonly pttype: string | null;
  readonly parttype: string | null;
  readonly partlabel: string | null;
  readonly fstype: string | null;
  readonly label: string | null;
  readonly uuid: string | null;
  readonly children?: readonly Row[];
}

export interface MachineSetup {
  readonly mountinfo?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly tools?: Readonly<Record<string, Tool>>;
  readonly boot?: Readonly<Record<string, string>>;
}

export function sample(name: string): string {
  return readFileSync(new URL(`samples/${name}.json`, import.meta.url), 'utf8');
}

/** The machine of a sample; `setup` adds mounts, links, tools, what the initrd wrote. */
export async function machine(name: string, setup: MachineSetup = {}): Promise<FakeHost> {
  const lsblk = sample(name);
  const rows = (JSON.parse(lsblk) as { blockdevices: Row[] }).blockdevices;
  const files: Record<string, string | Uint8Array> = {
    '/proc/meminfo': 'MemTotal:        2014304 kB\nMemFree:          100000 kB\n',
    '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz quiet console=tty0 console=ttyS0,115200n8 bos.mode=live\n',
    '/proc/self/mountinfo': setup.mountinfo ?? '21 1 0:20 / / rw - tmpfs tmpfs rw\n',
    '/proc/swaps': 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
    ...setup.files,
  };
  if (setup.boot !== undefined)
    files['/run/bos/boot.json'] = JSON.stringify({
      v: 1,
      mode: 'live',
      medium: '',
      mediumRoot: '/run/bos/medium',
      state: '',
      kernel: '6.1',
      os: '0.1.0',
      dcp: '',
      ...setup.boot,
    });
  const all = flatten(rows);
  for (const row of all)
    for (const child of row.children ?? [])
      if (child.type !== 'part') files[`/sys/class/block/${row.kname}/holders/${child.kname}`] = '';
  const host = fakeHost({
    files,
    devices: Object.fromEntries(
      rows.filter((row) => row.pttype === 'gpt').map((row) => [row.path, withTable(row)] as const),
    ),
    tools: { lsblk: () => lsblk, wipefs: (args) => wipefs(all, args), ...setup.tools },
  });
  for (const [path, target] of Object.entries(setup.links ?? {})) await host.files.symlink(target, path);
  return host;
}

function flatten(rows: readonly Row[]): Row[] {
  return rows.flatMap((row) => [row, ...flatten(row.children ?? [])]);
}

function wipefs(all: readonly Row[], args: readonly string[]): string {
  const signatures = args.slice(3).flatMap((path) => {
    const row = all.find((one) => one.path === path);
    if (row === undefined) return [];
    const { kname: device, label, uuid } = row;
    const table = row.type === 'disk' && row.pttype !== null;
    return [
      ...(table ? [{ device, type: row.pttype, usage: 'partition-table', label: null, uuid: null }] : []),
      ...(row.fstype === null ? [] : [{ device, type: row.fstype, usage: 'filesystem', label, uuid }]),
    ];
  });
  return signatures.length === 0 ? '' : JSON.stringify({ signatures });
}

function withTable(disk: Row): SparseBytes {
  const sectorSize = disk['log-sec'];
  const device = new SparseBytes(disk.size);
  const parts = (disk.children ?? []).filter((child) => child.type === 'part');
  const partitions = parts.map((part, index): GptPartition => {
    const firstLba = ((part.start ?? 0) * 512) / sectorSize;
    return {
      number: index + 1,
      type: part.parttype ?? '',
      guid: decodeGuid(new Uint8Array(16).fill(index + 1)),
      firstLba,
      lastLba: firstLba + part.size / sectorSize - 1,
      attributes: 0n,
      name: part.partlabel ?? '',
    };
  });
  const { primary, backup } = encodeGpt({
    diskGuid: decodeGuid(new Uint8Array(16).fill(9)),
    sectorSize,
    diskSectors: disk.size / sectorSize,
    partitions,
  });
  device.write(primary.offset, primary.bytes);
  device.write(backup.offset, backup.bytes);
  return device;
}
