/** The live ISO: boots from CD and as a disk, on BIOS and UEFI, with the signed loader. */
import type { Host } from '../host/ports.ts';
import type { Stage } from './stage.ts';

export interface IsoParts {
  /** The tree that becomes the ISO's root, without boot images. */
  readonly tree: string;
  /** Folder with eltorito.img, boot_hybrid.img and efi.img. */
  readonly boot: string;
  /** Seconds since 1970. */
  readonly date: number;
}

/** ECMA-119 8.4.26: YYYYMMDDhhmmsscc, as xorriso takes it. */
const isoDate = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`;

/** Makes `bos.iso`. */
export function isoStage(host: Host, parts: IsoParts, inputs: unknown): Stage {
  return {
    name: 'iso',
    title: 'Write the ISO',
    inputs,
    make: async ({ folder, percent }) => {
      const date = isoDate(parts.date);
      await host.processes.run(
        'xorriso',
        [
          ...['-as', 'mkisofs', '-r', '-V', 'BOS', '-o', `${folder}/bos.iso`, '-iso-level', '3'],
          ...[`--modification-date=${date}`, '--set_all_file_dates', date, '--sort-weight', '1', '/'],
          ...[
            '--grub2-mbr',
            `${parts.boot}/boot_hybrid.img`,
            '-partition_offset',
            '16',
            '--mbr-force-bootable',
          ],
          ...[
            '-b',
            'boot/grub/eltorito.img',
            '-no-emul-boot',
            '-boot-load-size',
            '4',
            '-boot-info-table',
            '--grub2-boot-info',
          ],
          ...['-append_partition', '2', '0xef', `${parts.boot}/efi.img`, '-appended_part_as_gpt'],
          ...['-eltorito-alt-boot', '-e', '--interval:appended_partition_2:all::', '-no-emul-boot'],
          '-graft-points',
          `/=${parts.tree}`,
          `/boot/grub/eltorito.img=${parts.boot}/eltorito.img`,
        ],
        {
          env: { SOURCE_DATE_EPOCH: String(parts.date), TZ: 'UTC' },
          onStderr: (line) => {
            const match = /(\d+\.\d+)% done/.exec(line);
            if (match) percent(Number(match[1]));
          },
        },
      );
    },
  };
}
