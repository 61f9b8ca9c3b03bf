/** rootfs.squashfs: the base with what is ours laid over it. */
import { pipeline } from 'node:stream/promises';
import { tarRanges } from '../../formats/archives/tar.ts';
import type { Files, Host, OpenFile } from '../../host/ports.ts';
import { type ArchiveEntry, rangeBytes, tarBytes, writeBytes } from '../archive.ts';
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
export type OverlayNeed = 'node' | 'boot' | 'kernel' | 'inventory';

/** What the packed image is of the tar, about. */
const packedRatio = 0.33;

interface Packing {
  /** Seconds since 1970. */
  readonly date: number;
  readonly compression: 'zstd' | 'gzip';
  /** Packed in a hurry, a quarter larger: for trying a change. */
  readonly quick: boolean;
}

const packOptions = ({ date, compression, quick }: Packing) => [
  ...squashfsOptions(date, compression),
  ...['-root-mode', '0755', ...(quick ? ['-Xcompression-level', '1'] : [])],
];

/**
 * The command line that packs a tar from its standard input as `image`. sqfstar does not take a level of compression
 * (4.5.1 looks for its number in the wrong place); mksquashfs does not come to other bytes from the same tar.
 */
const packer = (packing: Packing, image: string): [string, string[]] =>
  packing.quick
    ? ['mksquashfs', ['-', image, '-tar', ...packOptions(packing)]]
    : ['sqfstar', [...packOptions(packing), image]];

/**
 * Makes `rootfs.squashfs`. Entries that the base has too replace it there.
 * @param needs the kernel's only where an entry is from it
 * @param overlayDigest what the cache key needs to know of entries that come from this machine
 */
export function rootfsStage(
  host: Host,
  needs: Readonly<Record<Exclude<OverlayNeed, 'kernel'> | 'base', Stage> & Partial<Record<'kernel', Stage>>>,
  overlay: readonly OverlayEntry[],
  overlayDigest: unknown,
  packing: Packing,
): Stage<OverlayNeed | 'base'> {
  const { date } = packing;
  return {
    name: 'rootfs',
    title: 'Pack the root file system',
    inputs: { overlayDigest, date, pack: packOptions(packing) },
    tools: [packer(packing, '')[0]],
    needs: needs as Readonly<Record<OverlayNeed | 'base', Stage>>,
    make: async ({ folder, from, percent, signal }) => {
      const { files, processes } = host;
      const tar = `${folder}/rootfs.tar`;
      const base = await files.open(`${from.base}/base.tar`, 'r');
      try {
        await pipeline(
          laidOver(files, base, overlay, from, date),
          (pieces) => writeBytes(files, tar, pieces),
          {
            signal,
          },
        );
      } finally {
        await base.close();
      }
      percent(10);
      const image = `${folder}/rootfs.squashfs`;
      const expected = ((await files.stat(tar))?.size ?? 0) * packedRatio;
      const [program, words] = packer(packing, image);
      // sqfstar gives the root folder to whoever runs it (its -root-uid does nothing in 4.5.1).
      const [command, args] = seenAsRoot(host, program, words);
      await watchGrowth(host, { path: image, expected, start: 10 }, percent, () =>
        processes.run(command, args, { inputFile: tar, program }),
      );
      await files.remove(tar);
    },
  };
}

/** The archive of the base without what the overlay has too, then the overlay, and the end of an archive. */
export async function* laidOver(
  files: Files,
  base: OpenFile,
  overlay: readonly OverlayEntry[],
  from: Readonly<Record<OverlayNeed, string>>,
  date: number,
): AsyncGenerator<Uint8Array> {
  const replaced = new Set(overlay.map(({ path }) => `./${path}`));
  const known = new Set<string>();
  // What is kept lies together for the most part.
  let kept = { start: 0, end: 0 };
  for await (const { path, start, end } of tarRanges(base)) {
    const name = path.replace(/\/$/, '');
    known.add(name);
    if (replaced.has(name)) continue;
    if (start !== kept.end) {
      yield* rangeBytes(base, kept.start, kept.end);
      kept = { start, end };
    } else kept = { start: kept.start, end };
  }
  yield* rangeBytes(base, kept.start, kept.end);
  const added = [
    ...newFolders(overlay, known).map((path): ArchiveEntry => ({ path, mode: 0o755, folder: true })),
    ...overlay.map((entry): ArchiveEntry => {
      const path = `./${entry.path}`;
      if (!('from' in entry)) return { ...entry, path };
      const source = entry.from;
      const file = typeof source === 'string' ? source : `${from[source.stage]}/${source.file}`;
      return { path, mode: entry.mode, file };
    }),
  ];
  // Sorted, a folder stands before what it holds.
  yield* tarBytes(files, added.toSorted(byPath), date);
}

const byPath = (left: ArchiveEntry, right: ArchiveEntry) =>
  left.path < right.path ? -1 : Number(left.path > right.path);

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
