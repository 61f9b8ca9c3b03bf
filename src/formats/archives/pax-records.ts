/**
 * The records of a pax extended header, as bytes: what attributes hold, such as capabilities, is no text (POSIX.1-2017, pax
 * Interchange Format, "pax Extended Header": `LENGTH KEY=VALUE` and a line end, the length that of all of it).
 */

export interface PaxRecord {
  readonly key: string;
  /** The whole record. */
  readonly bytes: Uint8Array;
}

/** Throws Error for what is not a row of records. */
export function paxRecords(body: Uint8Array): PaxRecord[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const found: PaxRecord[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const space = bytes.indexOf(0x20, offset);
    const digits = space < 0 ? '' : bytes.toString('latin1', offset, space);
    const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    const record = bytes.subarray(offset, offset + length);
    const equals = record.indexOf(0x3d);
    if (length === 0 || record.length < length || equals < 0 || record.at(-1) !== 0x0a)
      throw new Error('an extended header is damaged');
    found.push({ key: record.toString('utf8', space - offset + 1, equals), bytes: record });
    offset += length;
  }
  return found;
}

/** One record of a text. */
export function paxRecord(key: string, value: string): Uint8Array {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  // The digits of the length count, and may be one more because they do.
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
