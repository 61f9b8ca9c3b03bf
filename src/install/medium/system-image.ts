/**
 * The root file system of a medium as bytes that are known to be what the manifest says: a file of this machine is
 * read where it lies, what is on a server is fetched once into a file.
 */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Host } from '../../host/ports.ts';
import { reopenImage } from '../../media/image.ts';
import type { Image } from '../../media/image-ref.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import type { ChosenMedium } from './choose.ts';

/** What is left for the tools themselves, in bytes: they take 20 MB. */
const reserve = 64 * 2 ** 20;

/**
 * Gives `use` the image. What is fetched lies in `folder` until `use` has ended. Throws `medium-damaged`,
 * `medium-incomplete`, `no-room` (refused), and what reading a medium does.
 */
export async function withSystemImage<T>(
  host: Host,
  medium: ChosenMedium,
  isoUrl: string,
  folder: string,
  options: FetchOptions,
  use: (image: ByteSource) => Promise<T>,
): Promise<T> {
  const { manifest } = medium;
  const path = `bos/system/os/${manifest.os}/rootfs.squashfs`;
  const listed = manifest.files.find((file) => file.path === path);
  if (listed === undefined)
    throw refused('medium-incomplete', `The medium has no root file system (${path})`);

  if (medium.image === undefined) {
    const file = `${medium.mediumRoot}/${path}`;
    if ((await host.files.digest(file)) !== listed.sha256) throw damaged(path);
    return withFile(host, file, use);
  }
  const placed = medium.image.files.find((file) => file.path === path);
  if (placed === undefined) throw refused('medium-incomplete', `The medium has no ${path}`);
  const image = await reopenImage(host, medium.image.image, () => isoUrl, options);
  try {
    const bytes = () => contentOf(image, placed.extents, options.signal);
    const [extent, more] = placed.extents;
    if (image.ref.from === 'file' && extent !== undefined && more === undefined) {
      await requireDigest(bytes(), listed.sha256, path);
      return await use(within(image, extent.offset, extent.length));
    }
    await requireRoom(host, folder, listed.size);
    const tell = progressOf(host, listed.size, options);
    const copy = `${folder}/rootfs.squashfs`;
    try {
      const file = await host.files.open(copy, 'w');
      try {
        let offset = 0;
        await requireDigest(bytes(), listed.sha256, path, async (piece) => {
          await file.write(offset, piece);
          offset += piece.length;
          tell(offset);
        });
      } finally {
        await file.close();
      }
      return await withFile(host, copy, use);
    } finally {
      await host.files.remove(copy);
    }
  } finally {
    await image.close();
  }
}

const tellEveryMs = 10_000;

/** Says what is fetched, and how far it is for as long as that takes. */
function progressOf({ clock }: Host, size: number, { say }: FetchOptions): (done: number) => void {
  say?.(`Fetching the installation tools (${formatBytes(size)})`);
  let told = clock.monotonic();
  return (done) => {
    if (clock.monotonic() - told < tellEveryMs) return;
    told = clock.monotonic();
    say?.(`  ${Math.floor((done / size) * 100)} %`);
  };
}

async function withFile<T>(host: Host, path: string, use: (file: ByteSource) => Promise<T>): Promise<T> {
  const file = await host.files.open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function* contentOf(
  image: Image,
  extents: readonly ByteRange[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const extent of extents) yield* image.stream(extent.offset, endOf(extent), signal);
}

async function requireDigest(
  pieces: AsyncIterable<Uint8Array>,
  sha256: string,
  path: string,
  take?: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256');
  for await (const piece of pieces) {
    hash.update(piece);
    await take?.(piece);
  }
  if (hash.digest('hex') !== sha256) throw damaged(path);
}

async function requireRoom(host: Host, folder: string, size: number): Promise<void> {
  const free = await host.files.freeSpace(folder);
  if (free >= size + reserve) return;
  throw refused(
    'no-room',
    `The installation tools need ${formatBytes(size + reserve)} temporarily; ${folder} has ${formatBytes(free)} free`,
    { hint: 'Set TMPDIR to a folder with more room.' },
  );
}

const damaged = (path: string) =>
  refused('medium-damaged', `${path} does not match its digest in the manifest`, {
    hint: 'The ISO is damaged or was changed: fetch it again and check its published checksum.',
  });
