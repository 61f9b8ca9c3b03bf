/** efibootmgr 17 over variables in memory, as far as an installation uses it. */
import type { Tool } from './host.ts';

export interface FakeEntry {
  readonly label: string;
  readonly path: string;
}

export interface FakeFirmware {
  /** By number. */
  readonly entries: Map<string, FakeEntry>;
  order: string[];
  readonly efibootmgr: Tool;
}

export const hardDrive = (guid: string, part = 2) =>
  `HD(${part},GPT,${guid},0x1000,0x96000)/File(\\EFI\\BOOT\\BOOTX64.EFI)`;

/** `guids`: the GUID of the partition that a new entry would be for, by disk. */
export function fakeFirmware(
  entries: Readonly<Record<string, FakeEntry>>,
  guids: Readonly<Record<string, string>>,
): FakeFirmware {
  const firmware: FakeFirmware = {
    entries: new Map(Object.entries(entries)),
    order: Object.keys(entries),
    efibootmgr: (args) => {
      const after = (flag: string) =>
        args.includes(flag) ? (args[args.indexOf(flag) + 1] ?? '') : undefined;
      const number = after('--bootnum');
      if (args.includes('--delete-bootnum') && number !== undefined) {
        if (!firmware.entries.delete(number)) return { exitCode: 1, stderr: `No entry ${number}` };
        firmware.order = firmware.order.filter((one) => one !== number);
        return undefined;
      }
      if (args.includes('--create')) {
        const free = Array.from({ length: 16 }, (_, index) =>
          index.toString(16).toUpperCase().padStart(4, '0'),
        );
        const chosen = free.find((one) => !firmware.entries.has(one)) ?? '';
        const guid = guids[after('--disk') ?? ''] ?? '';
        firmware.entries.set(chosen, {
          label: after('--label') ?? '',
          path: hardDrive(guid, Number(after('--part'))),
        });
        firmware.order.unshift(chosen);
        return undefined;
      }
      const rows = [...firmware.entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return [
        'BootCurrent: 0001',
        'Timeout: 0 seconds',
        ...(firmware.order.length === 0 ? ['No BootOrder is set; firmware will attempt recovery'] : []),
        ...(firmware.order.length === 0 ? [] : [`BootOrder: ${firmware.order.join(',')}`]),
        ...rows.map(([one, { label, path }]) => `Boot${one}* ${label}\t${path}`),
        '',
      ].join('\n');
    },
  };
  return firmware;
}
