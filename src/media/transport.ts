/** How bytes of a file at a URL are asked for; what a server says of the file when it sends some. */
import { z } from 'zod';
import { refused } from '../errors.ts';
import type { ByteRange } from '../formats/byte-range.ts';
import type { PartBytes } from '../formats/multipart-byteranges.ts';

/** What tells one version of a file at a URL from another. Plain data: it stands in plans. */
export const pinSchema = z.strictObject({
  /** Bytes; null when the server does not say. */
  size: z.number().int().nonnegative().nullable(),
  etag: z.string().nullable(),
  /** Last-Modified, as the server writes it. */
  modified: z.string().nullable(),
  /** The server sends parts of the file when asked to. */
  ranges: z.boolean(),
});
export type Pin = z.infer<typeof pinSchema>;

export interface Answer {
  readonly pin: Pin;
  /** The offset of the first byte of `body`: what was asked for, or 0 from a server that knows no ranges. */
  readonly start: number;
  readonly body: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface SeveralAnswer {
  /** Without the size: each part says it. */
  readonly pin: Pin;
  readonly parts: AsyncIterable<PartBytes>;
  close(): void;
}

export interface Ask {
  /** Asks once for the bytes from `from` up to `end` (not included; undefined: to the end of the file). */
  (from: number, end: number | undefined, signal?: AbortSignal): Promise<Answer>;
  /** Asks once for several ranges; undefined when the server does not send several in one answer. */
  several?(ranges: readonly ByteRange[], signal?: AbortSignal): Promise<SeveralAnswer | undefined>;
}

export const changed = (shown: string, what: string) =>
  refused('medium-changed', `${shown} changed while it was read: ${what}`, {
    hint: 'The file was replaced on the server, or its mirrors differ: run the command again.',
  });

/** Throws `medium-changed` (refused) when `now` cannot be the file that `pin` was. What one does not say cannot differ. */
export function requireSame(pin: Pin, now: Pin, shown: string): void {
  const differ = (before: unknown, after: unknown) => before !== null && after !== null && before !== after;
  if (differ(pin.size, now.size)) throw changed(shown, `${now.size} bytes instead of ${pin.size}`);
  if (differ(pin.etag, now.etag)) throw changed(shown, 'another version (ETag)');
  if (differ(pin.modified, now.modified)) throw changed(shown, 'another date (Last-Modified)');
  if (pin.ranges && !now.ranges) throw changed(shown, 'the server now sends only the whole file');
}
