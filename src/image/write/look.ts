/** Looks at an image before anything is touched: how it is packed, what it is, how large, and what vouches for it. */
import { messageOf, OpsError, refused } from '../../errors.ts';
import { type BlockMap, bmapLimit, parseBmap } from '../../formats/bmap.ts';
import { type Container, containerOf, fixedVhd } from '../../formats/disk-images/containers.ts';
import { headSize, type ImageHead, readImageHead } from '../../formats/partition-tables/image-head.ts';
import { folderPart } from '../../formats/trailing.ts';
import type { Host } from '../../host/ports.ts';
import { digestBeside, textAt } from '../../media/checksum.ts';
import { openImage } from '../../media/image.ts';
import type { Image, ImageRef } from '../../media/image-ref.ts';
import { isRemote, type OpenOptions } from '../../media/open-url.ts';
import { type Packing, packingOf } from '../../media/packed/kind.ts';
import { unpackedSize } from '../../media/packed/size.ts';
import { unpacked } from '../../media/packed/unpack.ts';
import { shownUrl } from '../../media/shown-url.ts';
import type { WriteRequest } from './request.ts';

export interface LookedAt {
  readonly ref: ImageRef;
  /** For messages. */
  readonly name: string;
  readonly packing: Packing;
  /** Of the raw image, in bytes; null when only its end tells. */
  readonly size: number | null;
  /** It has at least as many. */
  readonly least: number;
  readonly head: ImageHead;
  /** Of the file as it lies there; null when nobody says. */
  readonly sha256: string | null;
  readonly bmap: { readonly text: string; readonly map: BlockMap; readonly where: string } | undefined;
}

/** What a plan calls the image when that is a URL. */
export const imageName = 'url:image';

/**
 * Throws OpsError (refused): `image-container`, `image-empty`, `image-truncated`, `image-damaged`, `bmap-invalid`,
 * `bmap-missing`, `bmap-other`, `sha256-invalid`, and what opening and reading an image does.
 */
export async function lookAtImage(
  host: Host,
  request: WriteRequest,
  options: OpenOptions,
): Promise<LookedAt> {
  const image = await openImage(host, request.image, imageName, options);
  try {
    const { name, ref } = image;
    const start = Buffer.from(await image.read(0, Math.min(image.size, headSize)));
    if (start.length === 0) throw refused('image-empty', `${name} is empty`, { hint: 'Fetch it again.' });
    refuseContainer(name, containerOf(start) ?? (await footerOf(image, start)));
    const packing = packingOf(start);
    const bytes = packing === 'none' ? start : await unpackedHead(host, image, packing);
    if (packing !== 'none') refuseContainer(`What ${name} unpacks to`, containerOf(bytes), packing);
    const head = await readImageHead(bytes);
    const bmap = await findMap(host, request, ref);
    const known = await unpackedSize(image, packing, start);
    const size = known.exact ?? bmap?.map.imageSize ?? null;
    if (bmap !== undefined && size !== bmap.map.imageSize) throw otherMap(name, bmap, size);
    const reaches = request.force ? 0 : head.reachesTo;
    if (size !== null && size < reaches) throw truncated(name, size, reaches);
    const sha256 = request.sha256 ?? (await digestToCompare(host, image, request, bmap));
    return { ref, name, packing, size, least: Math.max(known.least, reaches), head, sha256, bmap };
  } finally {
    await image.close();
  }
}

/** Where a map has the checksum of all that is written, one of the whole file would only have the rest read, too. */
async function digestToCompare(host: Host, image: Image, request: WriteRequest, bmap: LookedAt['bmap']) {
  if (bmap?.map.ranges.every(({ checksum }) => checksum !== undefined)) return null;
  return (await digestBeside(host, image, request.image)) ?? null;
}

function refuseContainer(what: string, container: Container | undefined, packing: Packing = 'none'): void {
  if (container === undefined) return;
  const first = packing === 'none' ? '' : 'Unpack it first. ';
  throw refused('image-container', `${what} is ${container.what}, not the bytes of a disk`, {
    hint: `${first}Make a raw image of it: \`${container.convert}\`.`,
  });
}

/** A fixed VHD is known by its end alone; only where that costs nothing. */
async function footerOf(image: Image, start: Uint8Array): Promise<Container | undefined> {
  if (image.ref.from !== 'file' || packingOf(start) !== 'none' || image.size < 512) return undefined;
  return fixedVhd(await image.read(image.size - 512, 512));
}

/** The beginning of what the image unpacks to. */
async function unpackedHead(host: Host, image: Image, packing: Packing): Promise<Buffer> {
  const enough = new AbortController();
  const parts: Uint8Array[] = [];
  let length = 0;
  const bytes = image.stream(0, undefined, enough.signal);
  for await (const part of unpacked(host, { packing, name: image.name, bytes })) {
    parts.push(Buffer.from(part));
    length += part.length;
    if (length >= headSize) break;
  }
  enough.abort();
  if (length === 0)
    throw refused('image-empty', `${image.name} unpacks to nothing`, { hint: 'Fetch it again.' });
  return Buffer.concat(parts).subarray(0, headSize);
}

const truncated = (name: string, size: number, reaches: number) =>
  refused('image-truncated', `${name} is incomplete: ${size} bytes instead of at least ${reaches}`, {
    details: ['its partition table or its volume reaches further than the image'],
    hint: 'Fetch it again. If it is meant to be so, --force writes it all the same.',
  });

const otherMap = (name: string, { map, where }: { map: BlockMap; where: string }, size: number | null) =>
  refused('bmap-other', `${where} is the block map of another image`, {
    details: [`it is for ${map.imageSize} bytes; ${name} has ${size}`],
    hint: 'Fetch both again, or write the whole image with --no-bmap.',
  });

/** The map that was named, or that lies beside the image under one of the names that bmaptool looks for. */
async function findMap(host: Host, request: WriteRequest, ref: ImageRef): Promise<LookedAt['bmap']> {
  if (request.bmap === false) return undefined;
  if (request.bmap !== undefined) {
    const text = await readText(host, request.bmap);
    const where = shownUrl(request.bmap);
    if (text === undefined)
      throw refused('bmap-missing', `There is no block map at ${where}`, {
        hint: 'Check the path or the URL.',
      });
    return { text, where, map: parseBmap(text, where) };
  }
  const remote = isRemote(request.image);
  if (remote && !/^https?:/i.test(request.image)) return undefined;
  const place = remote || ref.from !== 'file' ? request.image : ref.path;
  for (const candidate of mapsBeside(place, remote)) {
    const text = await readText(host, candidate);
    const where = shownUrl(candidate);
    if (text !== undefined) return { text, where, map: parseBmap(text, where) };
  }
  return undefined;
}

/** Of `disk.img.xz`: `disk.img.xz.bmap`, `disk.img.bmap`, `disk.bmap`. */
function mapsBeside(place: string, remote: boolean): string[] {
  const url = remote ? new URL(place) : undefined;
  const path = url?.pathname ?? place;
  const folder = folderPart(path);
  const words = path.slice(folder.length).split('.');
  const names = words.map((_, index) => words.slice(0, words.length - index).join('.')).slice(0, 3);
  return names.filter(Boolean).map((name) => {
    if (url === undefined) return `${folder}${name}.bmap`;
    const beside = new URL(url);
    beside.pathname = `${folder}${name}.bmap`;
    return beside.href;
  });
}

async function readText(host: Host, place: string): Promise<string | undefined> {
  if (isRemote(place)) return textAt(host, place, bmapLimit);
  const stat = await host.files.stat(await host.files.realPath(place).catch(() => place));
  if (stat === undefined) return undefined;
  if (stat.type !== 'file' || stat.size > bmapLimit)
    throw refused('bmap-invalid', `${place} is not a block map`, { hint: 'Check the path.' });
  try {
    return await host.files.readText(place);
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    throw refused('bmap-unreadable', `${place} cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: 'Check the path and its permissions.',
    });
  }
}
