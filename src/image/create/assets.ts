/** The parts of the boot loader, out of the root file system that an image is made of. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { endOf } from '../../formats/byte-range.ts';
import { joinedRanges } from '../../formats/bytes.ts';
import { cached } from '../../formats/cached-source.ts';
import { openSquashfs } from '../../formats/filesystems/squashfs.ts';
import type { Host } from '../../host/ports.ts';
import { type Asset, type BootAssets, bootAssetFolder, bootAssetNames } from '../../install/medium/live.ts';
import type { ImageMedium } from '../../media/image-medium.ts';
import type { Image } from '../../media/image-ref.ts';

const largest = 64 * 2 ** 20;

/**
 * Writes them into `folder`. Only what is asked for is read; that the whole file is what the manifest says is seen when
 * it is copied, before anything of it can start. Throws `medium-incomplete` (refused), and what reading does.
 */
export async function unpackAssets(
  host: Host,
  image: Image,
  { manifest, files }: Pick<ImageMedium, 'manifest' | 'files'>,
  folder: string,
): Promise<BootAssets> {
  const path = `bos/system/os/${manifest.os}/rootfs.squashfs`;
  const placed = files.find((file) => file.path === path);
  if (placed === undefined || placed.extents.some((extent) => endOf(extent) > image.size))
    throw refused('medium-incomplete', `The medium has no root file system (${path})`);
  const root = await openSquashfs(cached(joinedRanges(image, placed.extents)));
  const assets: [string, Asset][] = [];
  for (const name of bootAssetNames(manifest.arch)) {
    const path = `${folder}/${name}`;
    const inside = `${bootAssetFolder.slice(1)}/${name}`;
    if (((await root.stat(inside))?.size ?? 0) > largest)
      throw refused('medium-incomplete', `${name} in the root file system is larger than any boot loader`);
    assets.push([name, { path, ...(await unpackTo(host, path, root.stream(inside))) }]);
  }
  return Object.fromEntries(assets);
}

/** A piece is in memory at a time. */
async function unpackTo(host: Host, path: string, pieces: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  const file = await host.files.open(path, 'w');
  let size = 0;
  try {
    for await (const piece of pieces) {
      await file.write(size, piece);
      hash.update(piece);
      size += piece.length;
    }
  } finally {
    await file.close();
  }
  return { size, sha256: hash.digest('hex') };
}
