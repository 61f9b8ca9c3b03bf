/** The live ISO: boots from CD and as a disk, on UEFI with the signed loader, and on BIOS where there is one. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import type { Files, Host, OpenFile } from '../../host/ports.ts';
import { choose } from '../../iso/edit/choose.ts';
import { withContents, writePieces } from '../../iso/edit/write-pieces.ts';
import { openImage } from '../../iso/image.ts';
import { finalPieces } from '../../iso/pieces.ts';
import { manifestPath } from '../../media/manifest.ts';
import type { Stage } from '../stage.ts';
import { walkTree } from '../tree.ts';
import { checkIso } from './check-iso.ts';

/** ECMA-119 8.4.26: YYYYMMDDhhmmsscc, as xorriso takes it. */
const isoDate = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`;

/**
 * Room for `opsctl iso remaster`: menus, a configuration, certificates. A file of zeros behind all others whose name is
 * taken away again; within the first partition, so that the partition can show what is put there.
 */
const reserve = { path: 'bos/system/reserve', size: 256 * 1024 } as const;

/** Arguments of xorriso but for the tree. `boot` is the folder with eltorito.img, boot_hybrid.img and efi.img. */
const isoArguments = (boot: string, date: string, bios: boolean) => [
  ...['-as', 'mkisofs', '-r', '-V', 'BOS', '-iso-level', '3'],
  ...[`--modification-date=${date}`, '--set_all_file_dates', date],
  ...(bios ? ['--grub2-mbr', `${boot}/boot_hybrid.img`] : []),
  ...['-partition_offset', '16', ...(bios ? ['--mbr-force-bootable'] : [])],
  ...(bios ? ['-b', 'boot/grub/eltorito.img', '-no-emul-boot', '-boot-load-size', '4'] : []),
  ...(bios ? ['-boot-info-table', '--grub2-boot-info'] : []),
  ...['-append_partition', '2', '0xef', `${boot}/efi.img`, '-appended_part_as_gpt'],
  ...(bios ? ['-eltorito-alt-boot'] : []),
  ...['-e', '--interval:appended_partition_2:all::', '-no-emul-boot'],
];

/** Makes `bos.iso` of medium/tree. */
export function isoStage(
  host: Host,
  needs: Readonly<Record<'medium' | 'boot', Stage>>,
  arch: ArchitectureName,
  date: number,
): Stage<'medium' | 'boot'> {
  const { bios } = architectures[arch];
  return {
    name: 'iso',
    title: 'Write the ISO',
    inputs: { date, arguments: isoArguments('BOOT', isoDate(date), bios), reserve },
    tools: ['xorriso'],
    needs,
    make: async ({ folder, from, percent }) => {
      const [tree, boot] = [`${from.medium}/tree`, `${from.boot}/iso`];
      await host.files.write(`${folder}/reserve`, new Uint8Array(reserve.size));
      await host.processes.run(
        'xorriso',
        [
          ...isoArguments(boot, isoDate(date), bios),
          ...['-o', `${folder}/bos.iso`, ...(await sortWeights(host, tree))],
          ...['--sort-weight', '-1', `/${reserve.path}`],
          ...['-graft-points', `/=${tree}`],
          ...(bios ? [`/boot/grub/eltorito.img=${boot}/eltorito.img`] : []),
          `/${reserve.path}=${folder}/reserve`,
        ],
        {
          env: { SOURCE_DATE_EPOCH: String(date), TZ: 'UTC' },
          onStderr: (line) => {
            const match = /(\d+\.\d+)% done/.exec(line);
            if (match) percent(Number(match[1]));
          },
        },
      );
      await host.files.remove(`${folder}/reserve`);
      const written = await host.files.open(`${folder}/bos.iso`, 'r+');
      try {
        await forgetReserve(host.files, written);
        await checkIso(written);
      } finally {
        await written.close();
      }
    },
  };
}

/** Takes the name of the reserve away; its sectors stay. */
async function forgetReserve(files: Files, file: OpenFile): Promise<void> {
  const image = await openImage(file, 'the image');
  const { patch } = await choose(image, { files: [{ path: reserve.path }] }, 'same-room');
  await withContents(files, (open) => writePieces(file, finalPieces(patch), open));
  await file.sync();
}

/**
 * Gives each file its place in the image; files of equal weight would lie in the order of their inode numbers. The
 * manifest comes first: who installs over the network finds it in the first bytes.
 */
async function sortWeights(host: Host, tree: string): Promise<string[]> {
  const found = (await walkTree(host.files, tree)).filter(({ stat }) => stat.type === 'file');
  const isManifest = ({ path }: { readonly path: string }) => path === manifestPath;
  const files = [...found.filter(isManifest), ...found.filter((file) => !isManifest(file))];
  return files.flatMap(({ path }, index) => ['--sort-weight', String(files.length - index), `/${path}`]);
}
