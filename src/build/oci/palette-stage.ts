/**
 * The OCI image that `system.uri` of a pack for Palette names: a whole root file system, with `/var` as it is on the first day,
 * and the kernel with its modules, firmware and initrd in `/boot`, as CanvOS lays them out.
 */
import { versions as nodeVersions } from 'node:process';
import { ownedHeader, tarEnd, tarPadding, tarRanges } from '../../formats/archives/tar.ts';
import type { Files, Host, OpenFile } from '../../host/ports.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';
import { type ArchiveEntry, rangeBytes, tarBytes } from '../archive.ts';
import type { Stage } from '../stage.ts';
import { laidOver, newFolders, type OverlayEntry, type OverlayNeed } from '../stages/rootfs.ts';
import { walkTree } from '../tree.ts';
import type { PaletteName } from './arg-file.ts';
import { level, type WrittenLayer, writeImage, writeLayer } from './write-image.ts';

export type PaletteNeed = OverlayNeed | 'base' | 'medium';

export interface PaletteParts {
  readonly arch: string;
  /** Seconds since 1970. */
  readonly date: number;
  readonly name: PaletteName;
  readonly overlay: readonly OverlayEntry[];
  /** What the cache key needs to know of the overlay. */
  readonly overlayDigest: unknown;
}

/** What a name in `/boot` leads to, beside the one with the release (CanvOS, Earthfile). */
const bootLinks = ['vmlinuz', 'initrd'] as const;
const template = './usr/lib/bhojpur/var-template/';

/** What `opsctl pack init --build` reads: `bos-palette-ARCH.json`. */
export interface PaletteRecord {
  readonly v: 1;
  readonly reference: string;
  /** Of what the tag leads to, once it is pushed. */
  readonly digest: string;
}

/** Makes `bos-palette.tar` and `image.json`. */
export function paletteStage(
  host: Host,
  needs: Readonly<Record<PaletteNeed, Stage>>,
  { arch, date, name, overlay, overlayDigest }: PaletteParts,
): Stage<PaletteNeed> {
  return {
    name: 'palette',
    title: `Write the image ${name.reference}`,
    inputs: { arch, date, name, overlayDigest, level, zlib: nodeVersions.zlib, format: 1 },
    tools: ['mksquashfs'],
    needs,
    make: async ({ folder, from, percent, signal }) => {
      const { files, processes } = host;
      const tree = `${from.medium}/tree`;
      const manifest = parseManifest(await files.readText(`${tree}/${manifestPath}`), manifestPath);
      const layers: WrittenLayer[] = [];
      const base = await files.open(`${from.base}/base.tar`, 'r');
      try {
        layers.push(
          await writeLayer(
            files,
            `${folder}/layer-root`,
            'root',
            rootLayer(files, base, overlay, from, date),
            true,
          ),
        );
      } finally {
        await base.close();
      }
      percent(50);
      signal.throwIfAborted();
      const kernel = `${tree}/bos/system/kernel/${manifest.kernel}`;
      const unpacked = `${folder}/kernel`;
      await processes.run('unsquashfs', ['-no-progress', '-dest', unpacked, `${kernel}/kernel.squashfs`]);
      const entries = await kernelEntries(files, unpacked, kernel, manifest.kernel);
      const pieces = tarBytes(files, entries, date);
      layers.push(await writeLayer(files, `${folder}/layer-kernel`, 'kernel', pieces, true));
      await files.remove(unpacked);
      percent(90);
      const digest = await writeImage(files, `${folder}/bos-palette.tar`, layers, {
        ...{ arch, time: date, tag: name.tag, run: {} },
        versions: { kernel: manifest.kernel, os: manifest.os, dcp: manifest.dcp },
        annotations: { 'org.opencontainers.image.ref.name': name.reference },
      });
      const record: PaletteRecord = { v: 1, reference: name.reference, digest };
      await files.write(`${folder}/image.json`, `${JSON.stringify(record, null, 2)}\n`);
    },
  };
}

/** What rootfs.squashfs is packed from, and `/var` filled as the first boot of a node fills it. */
async function* rootLayer(
  files: Files,
  base: OpenFile,
  overlay: readonly OverlayEntry[],
  from: Readonly<Record<PaletteNeed, string>>,
  date: number,
): AsyncGenerator<Uint8Array> {
  // Its last piece is the end of the archive.
  let piece: Uint8Array | undefined;
  for await (const next of laidOver(files, base, overlay, from, date)) {
    if (piece !== undefined) yield piece;
    piece = next;
  }
  const laid = new Set(overlay.map(({ path }) => `./${path}`));
  for (const path of newFolders(overlay, new Set())) laid.add(path);
  for await (const { path, content, size, details } of tarRanges(base)) {
    const { kind, linkpath } = details;
    if (!path.startsWith(template) || path === template || kind === undefined) continue;
    const name = inVar(path);
    if (laid.has(name.replace(/\/$/, ''))) continue;
    yield ownedHeader(
      name,
      { ...details, kind, linkpath: kind === 'link' ? inVar(linkpath) : linkpath },
      size,
    );
    if (kind !== 'file') continue;
    yield* rangeBytes(base, content, content + size);
    yield tarPadding(size);
  }
  yield tarEnd;
}

const inVar = (path: string) => (path.startsWith(template) ? `./var/${path.slice(template.length)}` : path);

async function kernelEntries(
  files: Files,
  unpacked: string,
  kernel: string,
  release: string,
): Promise<ArchiveEntry[]> {
  const folder = (path: string): ArchiveEntry => ({ path, mode: 0o755, folder: true });
  const entries = [folder('boot')];
  for (const name of bootLinks) {
    entries.push({ path: `boot/${name}-${release}`, mode: 0o644, file: `${kernel}/${name}` });
    entries.push({ path: `boot/${name}`, link: `${name}-${release}` });
  }
  entries.push(folder('usr'), folder('usr/lib'));
  for (const { path, stat } of await walkTree(files, unpacked)) {
    const [name, file] = [`usr/lib/${path}`, `${unpacked}/${path}`];
    if (stat.type === 'directory') entries.push({ path: name, mode: stat.mode, folder: true });
    else if (stat.type === 'symlink') entries.push({ path: name, link: await files.readLink(file) });
    else if (stat.type === 'file') entries.push({ path: name, mode: stat.mode, file });
  }
  return entries;
}
