/** The root file system: Debian packages by mmdebstrap, then what is ours laid over it, as a squashfs. */
import { sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { type AptOptions, debFolder, type PackageLists, type PackageLock } from './packages.ts';
import { writeRepository } from './repository.ts';
import type { Stage } from './stage.ts';

/** zstd at its default level, 15: what unpacks fastest at this size. */
export const squashfsOptions = (date: number): readonly string[] => [
  ...['-comp', 'zstd', '-b', '256K'],
  ...['-all-time', String(date), '-mkfs-time', String(date), '-no-progress', '-noappend'],
];

/** `base.tar`: the packages, configured, trimmed by os/customize.sh. */
export function baseStage(
  host: Host,
  project: string,
  lists: PackageLists,
  lock: PackageLock,
  apt: AptOptions,
  customize: string,
): Stage {
  return {
    name: 'base',
    title: 'Install the Debian packages',
    inputs: { lock, packages: lists.rootfs, customize: sha256Of(customize) },
    make: async ({ folder, percent }) => {
      const repository = `${folder}/repository`;
      await host.files.makeDir(repository);
      const source = await writeRepository(host, lock, debFolder(apt), repository);
      percent(10);
      let last = 10;
      await host.processes.run(
        'mmdebstrap',
        [
          ...[`--architectures=${apt.arch}`, '--variant=essential', '--format=tar'],
          ...[`--include=${lists.rootfs.join(',')}`, '--aptopt=APT::Install-Recommends "false"'],
          '--dpkgopt=path-exclude=/usr/share/man/*',
          '--dpkgopt=path-exclude=/usr/share/doc/*',
          '--dpkgopt=path-exclude=/usr/share/locale/*',
          `--customize-hook=${project}/os/customize.sh`,
          ...['--skip=check/qemu', '--skip=cleanup', 'bookworm', `${folder}/base.tar`, source],
        ],
        {
          env: { SOURCE_DATE_EPOCH: String(lock.date), DEBIAN_FRONTEND: 'noninteractive' },
          onStderr: (line) => {
            const match = /(\d+)\.\d+/.exec(line);
            const value = Number(match?.[1] ?? 0);
            if (value <= last) return;
            last = value;
            percent(value);
          },
        },
      );
      await host.files.remove(repository);
    },
  };
}

/** One thing laid over the base: a file's bytes from the host, a text, or a symlink. */
export type OverlayEntry =
  | { readonly path: string; readonly from: string; readonly mode: number }
  | { readonly path: string; readonly text: string; readonly mode: number }
  | { readonly path: string; readonly link: string };

/** `rootfs.squashfs`: base.tar with the overlay. Overlay files that base.tar has too replace it there. */
export function rootfsStage(
  host: Host,
  base: string,
  overlay: readonly OverlayEntry[],
  inputs: unknown,
  date: number,
): Stage {
  return {
    name: 'rootfs',
    title: 'Pack the root file system',
    inputs,
    make: async ({ folder, percent }) => {
      const tree = `${folder}/overlay`;
      const listing = await host.processes.run('tar', ['--list', `--file=${base}/base.tar`]);
      const known = new Set(listing.stdout.split('\n').map((line) => line.replace(/\/$/, '')));
      const paths = newFolders(overlay, known);
      for (const entry of overlay) {
        const target = `${tree}/${entry.path}`;
        await host.files.makeDir(target.slice(0, target.lastIndexOf('/')));
        if ('link' in entry) await host.files.symlink(entry.link, target);
        else {
          if ('from' in entry) await host.files.copy(entry.from, target);
          else await host.files.write(target, entry.text);
          await host.files.chmod(target, entry.mode);
        }
        paths.push(`./${entry.path}`);
      }
      paths.sort();
      await host.files.write(`${folder}/paths`, `${paths.join('\n')}\n`);
      const tar = `${folder}/rootfs.tar`;
      await host.files.copy(`${base}/base.tar`, tar);
      await host.processes.run('tar', ['--delete', `--file=${tar}`, `--files-from=${folder}/paths`], {
        okCodes: [0, 2],
      });
      await host.processes.run('tar', [
        ...['--append', `--file=${tar}`, `--directory=${tree}`, '--no-recursion', '--format=pax'],
        ...['--owner=0', '--group=0', '--numeric-owner', `--mtime=@${date}`, `--files-from=${folder}/paths`],
        '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
      ]);
      percent(20);
      await host.processes.run(
        'sqfstar',
        [
          ...squashfsOptions(date).filter((option) => option !== '-noappend'),
          ...['-root-mode', '0755', '-root-uid', '0', '-root-gid', '0'],
          `${folder}/rootfs.squashfs`,
        ],
        { inputFile: tar },
      );
      for (const name of ['overlay', 'paths', 'rootfs.tar']) await host.files.remove(`${folder}/${name}`);
    },
  };
}

/** Folders of the overlay that the base does not have, parents first, as tar names them: `./usr/lib/x`. */
function newFolders(overlay: readonly OverlayEntry[], known: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  for (const { path } of overlay) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = `./${parts.slice(0, depth).join('/')}`;
      if (!known.has(folder)) found.add(folder);
    }
  }
  return [...found];
}
