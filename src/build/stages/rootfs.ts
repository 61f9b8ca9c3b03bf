/** rootfs.squashfs: the base with what is ours laid over it. */
import type { Host } from '../../host/ports.ts';
import { seenAsRoot } from '../privileges.ts';
import type { Stage } from '../stage.ts';
import { watchGrowth } from './growth.ts';
import { squashfsOptions } from './squashfs.ts';

/** One thing laid over the base: a file's bytes, a text, or a symlink. Paths are relative to the root. */
export type OverlayEntry = OverlayFile | OverlayText | OverlayLink;
interface OverlayFile {
  readonly path: string;
  /** The file on this machine, or in the folder of a stage that is needed. */
  readonly from: string | { readonly stage: OverlayNeed; readonly file: string };
  readonly mode: number;
}
interface OverlayText {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}
interface OverlayLink {
  readonly path: string;
  readonly link: string;
}
export type OverlayNeed = 'node' | 'boot';

/** What the packed image is of the tar, about. */
const packedRatio = 0.33;

const tarOptions = (date: number) => [
  ...['--no-recursion', '--format=pax', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${date}`],
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
];
const packOptions = (date: number) => [...squashfsOptions(date), '-root-mode', '0755'];

/**
 * Makes `rootfs.squashfs`. Entries that the base has too replace it there.
 * @param overlayDigest what the cache key needs to know of entries that come from this machine
 */
export function rootfsStage(
  host: Host,
  needs: Readonly<Record<OverlayNeed | 'base', Stage>>,
  overlay: readonly OverlayEntry[],
  overlayDigest: unknown,
  date: number,
): Stage<OverlayNeed | 'base'> {
  return {
    name: 'rootfs',
    title: 'Pack the root file system',
    inputs: { overlayDigest, tar: tarOptions(date), pack: packOptions(date) },
    tools: ['sqfstar', 'tar'],
    needs,
    make: async ({ folder, from, percent }) => {
      const { files, processes } = host;
      const tree = `${folder}/overlay`;
      const listing = await processes.run('tar', ['--list', `--file=${from.base}/base.tar`]);
      const known = new Set(listing.stdout.split('\n').map((line) => line.replace(/\/$/, '')));
      const folders = newFolders(overlay, known);
      for (const entry of overlay) {
        const target = `${tree}/${entry.path}`;
        await files.makeDir(target.slice(0, target.lastIndexOf('/')));
        if ('link' in entry) await files.symlink(entry.link, target);
        else if ('text' in entry) await files.write(target, entry.text);
        else {
          const source =
            typeof entry.from === 'string' ? entry.from : `${from[entry.from.stage]}/${entry.from.file}`;
          await files.copy(source, target);
        }
        if (!('link' in entry)) await files.chmod(target, entry.mode);
      }
      for (const path of folders) await files.chmod(`${tree}/${path}`, 0o755);
      // Sorted, a folder stands before what it holds.
      const paths = [...folders, ...overlay.map(({ path }) => `./${path}`)].toSorted();
      await files.write(`${folder}/paths`, `${paths.join('\n')}\n`);
      const tar = `${folder}/rootfs.tar`;
      await files.copy(`${from.base}/base.tar`, tar);
      const replaced = paths.filter((path) => known.has(path));
      if (replaced.length > 0) await processes.run('tar', ['--delete', `--file=${tar}`, ...replaced]);
      await processes.run('tar', [
        ...['--append', `--file=${tar}`, `--directory=${tree}`, ...tarOptions(date)],
        `--files-from=${folder}/paths`,
      ]);
      percent(10);
      const image = `${folder}/rootfs.squashfs`;
      const expected = ((await files.stat(tar))?.size ?? 0) * packedRatio;
      // sqfstar gives the root folder to whoever runs it (its -root-uid does nothing in 4.5.1).
      const [command, args] = seenAsRoot(host, 'sqfstar', [...packOptions(date), image]);
      await watchGrowth(host, { path: image, expected, start: 10 }, percent, () =>
        processes.run(command, args, { inputFile: tar, program: 'sqfstar' }),
      );
      for (const name of ['overlay', 'paths', 'rootfs.tar']) await files.remove(`${folder}/${name}`);
    },
  };
}

/** Folders of the overlay that the base does not have, as tar names them: `./usr/lib/x`. */
export function newFolders(
  overlay: readonly Pick<OverlayEntry, 'path'>[],
  known: ReadonlySet<string>,
): string[] {
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
