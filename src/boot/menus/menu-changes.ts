/** Changes of places in a menu, laid over its bytes. */

/** Instead of the bytes from `start` to `end`: `text`, a character for each byte. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function applied(bytes: Uint8Array, changes: readonly Change[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const { start, end, text } of changes.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(bytes.subarray(copied, start), Buffer.from(text, 'latin1'));
    copied = Math.max(copied, end);
  }
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

/** A text as its bytes in UTF-8, one character for each. */
export const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
