/** Sends parts of what is put together. What is not the version that was announced is not sent: the answer is cut off. */
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import type { Files, PinnedFile } from '../../host/ports.ts';
import { type BaseVersion, baseChanged, fileChanged, openedFile } from '../iso/base.ts';
import type { Content } from '../iso/content.ts';
import type { Segment } from '../iso/spans.ts';
import { type Outlet, pieceSize } from './outlet.ts';
import { Reader } from './reader.ts';

export interface Sending {
  readonly files: Files;
  readonly content: Content;
  readonly base: BaseVersion;
  readonly signal: AbortSignal;
}

/** Throws OpsError (refused) `base-changed`, `file-changed`; and what reading a base on a server does. */
export async function sendRange(sending: Sending, range: ByteRange, outlet: Outlet): Promise<void> {
  for (const segment of sending.content.segments(range)) await sendSegment(sending, segment, outlet);
}

async function sendSegment(
  { files, content, base, signal }: Sending,
  segment: Segment,
  outlet: Outlet,
): Promise<void> {
  if (segment.kind === 'bytes') return outlet.send(segment.bytes);
  if (segment.kind === 'zeros') return sendZeros(segment.length, outlet);
  if (segment.kind === 'file') {
    const file = await openedFile(files, segment.path);
    try {
      if (file.version !== content.versions.get(segment.path)) throw fileChanged(segment.path);
      await sendFile(file, segment.range, outlet, () => fileChanged(segment.path));
    } finally {
      await file.close();
    }
    return;
  }
  const { from } = base;
  if ('readInto' in from) return sendFile(from, segment.range, outlet, () => baseChanged(base.base.shown));
  for await (const piece of from.pieces(segment.range, signal)) await outlet.send(piece);
}

/** The next piece is read while one is on its way. */
async function sendFile(
  file: PinnedFile,
  range: ByteRange,
  outlet: Outlet,
  changed: () => Error,
): Promise<void> {
  const reader = new Reader(file);
  let failed: { readonly error: unknown } | undefined;
  let last: Promise<void> = Promise.resolve();
  for (let offset = range.offset; offset < endOf(range); offset += pieceSize) {
    const buffer = await outlet.buffer();
    if (failed !== undefined) throw failed.error;
    const part = buffer.bytes.subarray(0, Math.min(pieceSize, endOf(range) - offset));
    const read = reader.isFast() ? reader.now(offset, part) : await reader.later(offset, part);
    // Looked at when the bytes are read: whoever changes a file changes its times first.
    if (read < part.length || !file.isSame()) throw changed();
    last = outlet.send(part);
    buffer.sent = last.catch((error: unknown) => {
      failed ??= { error };
    });
  }
  await last;
  await outlet.idle();
  if (failed !== undefined) throw failed.error;
}

async function sendZeros(length: number, outlet: Outlet): Promise<void> {
  const zeros = new Uint8Array(Math.min(length, pieceSize));
  for (let done = 0; done < length; done += zeros.length)
    await outlet.send(zeros.subarray(0, Math.min(zeros.length, length - done)));
}
