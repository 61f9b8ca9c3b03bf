/**
 * The boot entries that UEFI firmware keeps in its variables, as efibootmgr lists and makes them. Beside the fallback
 * path, which is enough by the specification (UEFI 2.10 section 3.5.1.1), for firmware that boots what it has entries
 * for alone.
 */
import { refused } from '../errors.ts';

/** What entries of ours are called. */
export const entryLabel = 'Bhojpur OS';

export interface FirmwareEntry {
  /** Four hexadecimal digits: `000A`. */
  readonly number: string;
  readonly active: boolean;
  readonly label: string;
  /** GUID of the GPT partition that it starts from, lower case; undefined for anything else. */
  readonly partition?: string;
}

export interface FirmwareEntries {
  readonly entries: readonly FirmwareEntry[];
  /** Numbers of entries in the order in which they are tried. */
  readonly order: readonly string[];
}

/** Reads the output of `efibootmgr --verbose` (17 and 18). Throws `boot-entries-unknown` for anything else. */
export function parseBootEntries(output: string): FirmwareEntries {
  const lines = output.split('\n');
  const entries = lines.flatMap((line): FirmwareEntry[] => {
    // The label ends at a tab; before version 18 nothing follows without --verbose.
    const [, number, star, label, path = ''] =
      /^Boot([0-9A-F]{4})([* ]) ([^\t]*)(?:\t(.*))?$/.exec(line) ?? [];
    if (number === undefined || label === undefined) return [];
    // A hard drive media device path (UEFI 2.10 section 10.3.5.1).
    const [, partition] = /^HD\(\d+,GPT,([0-9a-f-]{36}),/i.exec(path) ?? [];
    return [
      {
        number,
        active: star === '*',
        label,
        ...(partition === undefined ? {} : { partition: partition.toLowerCase() }),
      },
    ];
  });
  if (
    !lines.some((line) => /^(BootCurrent|BootOrder|Timeout|No BootOrder)\b/.test(line)) &&
    entries.length === 0
  )
    throw refused('boot-entries-unknown', 'efibootmgr listed no boot entries');
  const [, order = ''] = /^BootOrder: ([0-9A-F,]+)$/m.exec(output) ?? [];
  return { entries, order: order.split(',').filter((number) => number !== '') };
}

/** Numbers of entries of ours for partitions that are none of `partitions`: of disks that were erased or are gone. */
export function staleEntries({ entries }: FirmwareEntries, partitions: readonly string[]): string[] {
  return entries.flatMap(({ number, label, partition }) =>
    label === entryLabel && partition !== undefined && !partitions.includes(partition) ? [number] : [],
  );
}

/** Whether an entry of ours starts from this partition and is among those that are tried. */
export function hasEntry({ entries, order }: FirmwareEntries, partition: string): boolean {
  return entries.some(
    (entry) =>
      entry.active &&
      entry.label === entryLabel &&
      entry.partition === partition &&
      order.includes(entry.number),
  );
}
