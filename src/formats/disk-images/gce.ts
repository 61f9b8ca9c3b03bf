/**
 * Writes a virtual disk as Google Compute Engine imports it: a tar archive with one file, `disk.raw`, sparse in GNU's old
 * form, to be compressed by gzip. After GNU tar's manual, "Basic Tar Format" (struct oldgnu_header, struct sparse_header)
 * and "Old GNU Format"; Google, "Import disks": `tar --format=oldgnu -S`, the disk of whole GiB.
 */
import { type ByteRange, endOf } from '../byte-range.ts';
import { blocksOf, countOf, type Part, piecesOf, type VirtualDisk } from './virtual-disk.ts';

const block = 512;
/** Places of a file that a header has room for, and a block that goes on with them. */
const room = { header: 4, extension: 21 } as const;
/** An archive is written in records of 20 blocks. */
const record = 20 * block;

/** The parts of the archive; `time` in seconds since 1970. */
export async function* gceParts(disk: VirtualDisk, time: number): AsyncGenerator<Part> {
  const data = blocksOf(disk, block);
  // The last place is an empty one at the end: it gives the file its size.
  const places = [...data, { offset: disk.size, length: 0 }];
  const stored = countOf(data, block) * block;
  const head = header(disk.size, stored, places, time);
  yield head;
  for await (const { bytes } of piecesOf(disk, data)) yield bytes;
  const length = head.length + stored;
  // Two blocks of zeros end an archive.
  yield new Uint8Array(Math.ceil((length + 2 * block) / record) * record - length);
}

/** In octal, up to the last byte, which is zero; in base 256 where that is too short ("Archive Extensions"). */
function writeNumber(bytes: Buffer, value: number, offset: number, length: number): void {
  const octal = value.toString(8);
  if (octal.length < length) {
    bytes.write(octal.padStart(length - 1, '0'), offset, 'latin1');
    return;
  }
  bytes.writeUInt8(0x80, offset);
  bytes.writeUIntBE(value, offset + length - 6, 6);
}

function header(size: number, stored: number, places: readonly ByteRange[], time: number): Buffer {
  const more = Math.ceil(Math.max(0, places.length - room.header) / room.extension);
  const bytes = Buffer.alloc((1 + more) * block);
  bytes.write('disk.raw', 0, 'latin1');
  writeNumber(bytes, 0o644, 100, 8);
  writeNumber(bytes, 0, 108, 8);
  writeNumber(bytes, 0, 116, 8);
  writeNumber(bytes, stored, 124, 12);
  writeNumber(bytes, time, 136, 12);
  bytes.write('S', 156, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  writePlaces(bytes, 386, places.slice(0, room.header));
  bytes.writeUInt8(more > 0 ? 1 : 0, 482);
  writeNumber(bytes, size, 483, 12);
  // The checksum counts itself as spaces.
  bytes.fill(' ', 148, 156);
  const sum = bytes.subarray(0, block).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  for (let index = 0; index < more; index += 1) {
    const first = room.header + index * room.extension;
    const start = (1 + index) * block;
    writePlaces(bytes, start, places.slice(first, first + room.extension));
    bytes.writeUInt8(index + 1 < more ? 1 : 0, start + 504);
  }
  return bytes;
}

/** "sp": offset and length of each, 12 bytes both. */
function writePlaces(bytes: Buffer, start: number, places: readonly ByteRange[]): void {
  for (const [index, place] of places.entries()) {
    writeNumber(bytes, place.offset, start + index * 24, 12);
    writeNumber(bytes, endOf(place) - place.offset, start + index * 24 + 12, 12);
  }
}
