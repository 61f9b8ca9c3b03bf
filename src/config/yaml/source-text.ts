/** The bytes of a file as text, and places in it for faults that are found before there are lines. Pure. */
import type { Place } from '../diagnostics.ts';

/** undefined for what is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** By its byte order mark, or because every other of its first bytes is 0: without one it is valid UTF-8 as well. */
export function isUtf16(bytes: Uint8Array): boolean {
  const [first, second, third, fourth] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return (
    bytes.length >= 4 &&
    [first, third].every((byte) => byte === 0) !== [second, fourth].every((byte) => byte === 0)
  );
}

/** The place of an offset, in UTF-16 units. */
export function placeIn(text: string, offset: number, file: string): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { file, line: before.split('\n').length, column: offset - lineStart + 1 };
}
