/** What probing sees of a machine beside its disks: firmware, Secure Boot, memory, consoles, how it was booted. */
import type { Host } from '../../host/ports.ts';
import type { MachineFacts } from '../facts.ts';
import { type BootRecord, bootRecordPath, parseBootRecord } from './boot-record.ts';

/** Where /sys, /proc, /run and /dev are; tests give a folder. */
export interface Roots {
  readonly root: string;
}

/** EFI_GLOBAL_VARIABLE, UEFI 2.10 section 3.3 */
const secureBootVariable = 'sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

export async function probeFirmware(
  host: Host,
  { root }: Roots,
): Promise<Pick<MachineFacts, 'firmware' | 'secureBoot'>> {
  if (!(await host.files.exists(`${root}/sys/firmware/efi`))) return { firmware: 'bios', secureBoot: false };
  // Four bytes of attributes, then the value of one byte.
  const value = await host.files.read(`${root}/${secureBootVariable}`).catch(() => undefined);
  return { firmware: 'efi', secureBoot: value?.[4] === 1 };
}

/** Bytes of memory that the kernel has. */
export async function probeMemory(host: Host, { root }: Roots): Promise<number> {
  const text = await host.files.readText(`${root}/proc/meminfo`);
  return Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** The `console=` arguments of this boot, in order. */
export function consolesOf(commandLine: string): string[] {
  return commandLine
    .trim()
    .split(/\s+/)
    .flatMap((word) => (word.startsWith('console=') ? [word.slice('console='.length)] : []))
    .filter((name) => name !== '');
}

/** The record of the initrd; undefined on a system that is not Bhojpur OS. */
export async function probeBootRecord(host: Host, { root }: Roots): Promise<BootRecord | undefined> {
  const path = `${root}${bootRecordPath}`;
  return (await host.files.exists(path)) ? parseBootRecord(await host.files.readText(path)) : undefined;
}

/** live: booted from a medium; installed: from a disk's BOS_STATE; other: not Bhojpur OS. */
export function systemOf(record: BootRecord | undefined): MachineFacts['system'] {
  if (record === undefined) return 'other';
  if (record.mode === 'live' || record.mode === 'install') return 'live';
  if (record.mode === 'disk' || record.mode === 'local') return 'installed';
  // The rescue shell: of the medium unless only a disk was there.
  return record.state !== '' && record.medium === '' ? 'installed' : 'live';
}
