/** Volume descriptors as they are to be: copies that say another root, length or name (ECMA-119, 8.4). */
import type { ByteRange } from '../../byte-range.ts';
import { sectorSize } from '../bounded-read.ts';
import { descriptorFields, type Volume } from '../descriptors.ts';
import { blockOf, pointedAt, viewOf, writeBoth32 } from '../record.ts';

/** With another root folder and other path tables, which lie at these bytes of the image (8.4.14 to 8.4.18). */
export function withRoot(
  { descriptor, form: { origin } }: Volume,
  root: ByteRange,
  tables: { readonly little: number; readonly big: number; readonly length: number },
): Uint8Array {
  const copy = Uint8Array.from(descriptor);
  const view = viewOf(copy);
  writeBoth32(copy, descriptorFields.pathTableSize, tables.length);
  view.setUint32(descriptorFields.pathTableL, blockOf(tables.little, origin), true);
  view.setUint32(descriptorFields.pathTableM, blockOf(tables.big, origin), false);
  // The optional second copies are not kept: they would have to say the same.
  view.setUint32(descriptorFields.optionalL, 0, true);
  view.setUint32(descriptorFields.optionalM, 0, false);
  const record = descriptor.subarray(descriptorFields.root, descriptorFields.root + 34);
  copy.set(pointedAt(record, root, origin), descriptorFields.root);
  return copy;
}

/** Of an image that is `size` bytes long (8.4.8); what lies before the tree's own blocks does not count. */
export function sized({ form }: Volume, descriptor: Uint8Array, size: number): Uint8Array {
  const copy = Uint8Array.from(descriptor);
  writeBoth32(copy, descriptorFields.spaceSize, Math.floor((size - form.origin) / sectorSize));
  return copy;
}

/** With another volume name (8.4.7; Joliet's is UCS-2, big-endian), padded with blanks. */
export function named({ kind }: Volume, descriptor: Uint8Array, name: string): Uint8Array {
  const copy = Uint8Array.from(descriptor);
  const text =
    kind === 'joliet'
      ? Buffer.from(name.slice(0, 16).padEnd(16), 'utf16le').swap16()
      : Buffer.from(name.padEnd(32), 'latin1');
  copy.set(text, descriptorFields.volumeId);
  return copy;
}
