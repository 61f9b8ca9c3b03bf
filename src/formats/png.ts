/** Pictures in PNG (PNG Specification, third edition: sections 5 and 11): made of pixels, and looked at. Pure. */
import { deflateSync } from 'node:zlib';
import { crc32 } from './crc32.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Behind the signature and the length and name of IHDR: 13 bytes of it, and its checksum. */
const headerEnd = 33;
const colourWithAlpha = 6;

/** A picture of `width` times `height` pixels; `pixel` gives red, green, blue and opacity, each 0 to 255. */
export function renderPng(
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly [number, number, number, number],
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourWithAlpha, 0, 0, 0], 8);
  const stride = 1 + width * 4;
  // The first byte of each line says how it is filtered: 0, not at all.
  const lines = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) lines.set(pixel(x, y), y * stride + 1 + x * 4);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

/** What is wrong with a picture, in words that end a sentence; undefined when its chunks are whole. */
export function pngFault(bytes: Uint8Array): string | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data.length === 0) return 'it is empty';
  if (!data.subarray(0, 8).equals(signature)) return `it begins as ${kindOf(data)}`;
  if (data.length < headerEnd || data.toString('latin1', 12, 16) !== 'IHDR') return 'it ends too early';
  if (data.readUInt32BE(16) === 0 || data.readUInt32BE(20) === 0) return 'it has no pixels';
  for (let offset = 8; offset + 12 <= data.length; ) {
    const end = offset + 12 + data.readUInt32BE(offset);
    if (end > data.length) break;
    if (crc32(data.subarray(offset + 4, end - 4)) !== data.readUInt32BE(end - 4))
      return `the checksum of the part at byte ${offset} is wrong`;
    if (data.toString('latin1', offset + 4, offset + 8) === 'IEND') return undefined;
    offset = end;
  }
  return 'it ends too early';
}

const kinds: readonly (readonly [string, RegExp])[] = [
  ['a JPEG', /^\xff\xd8\xff/],
  ['a GIF', /^GIF8/],
  ['an SVG', /^\s*(?:<\?xml|<svg)/],
  ['a WebP', /^RIFF....WEBP/s],
  ['a file of Git LFS, which is not the picture itself', /^version https:\/\/git-lfs/],
];

const kindOf = (data: Buffer): string =>
  kinds.find(([, pattern]) => pattern.test(data.toString('latin1', 0, 64)))?.[0] ?? 'something else';
