/** Writes pieces into a file and reads them back. */
import { OpsError } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import type { Files, OpenFile } from '../../host/ports.ts';
import { type Piece, sizeOf } from '../pieces.ts';
import type { OpenContent } from './overlay.ts';

const pieceSize = 2 ** 20;

/** Opens the files that content stands in, and closes them all in the end. */
export async function withContents<T>(files: Files, use: (open: OpenContent) => Promise<T>): Promise<T> {
  const opened: OpenFile[] = [];
  try {
    return await use(async (path) => {
      const file = await files.open(path, 'r');
      opened.push(file);
      return file;
    });
  } finally {
    for (const file of opened) await file.close();
  }
}

export async function writePieces(
  file: OpenFile,
  pieces: readonly Piece[],
  open: OpenContent,
  signal?: AbortSignal,
): Promise<void> {
  for (const piece of pieces) {
    const content = await sourceOf(piece.content, open);
    for (let done = 0; done < content.size; done += pieceSize) {
      signal?.throwIfAborted();
      await file.write(piece.offset + done, await content.read(done, pieceSize));
    }
  }
}

/** Throws OpsError `iso-read-back` (undone) when the file has other bytes than were written. */
export async function comparePieces(
  file: ByteSource,
  pieces: readonly Piece[],
  open: OpenContent,
): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    // A later piece may lie over this one.
    const over = pieces
      .slice(index + 1)
      .some(
        (later) =>
          later.offset < piece.offset + sizeOf(piece.content) &&
          later.offset + sizeOf(later.content) > piece.offset,
      );
    if (over) continue;
    const content = await sourceOf(piece.content, open);
    for (let done = 0; done < content.size; done += pieceSize) {
      const wanted = await content.read(done, pieceSize);
      const found = await file.read(piece.offset + done, wanted.length);
      if (Buffer.compare(wanted, found) !== 0)
        throw new OpsError(
          'undone',
          'iso-read-back',
          `The ISO did not read back as written from byte ${piece.offset + done} on`,
          {
            hint: 'The disk that the ISO lies on may be failing.',
          },
        );
    }
  }
}

/** The bytes of one content. */
export async function sourceOf(content: Piece['content'], open: OpenContent): Promise<ByteSource> {
  if (content.kind === 'file') return within(await open(content.path), content.start ?? 0, content.size);
  const { bytes } = content;
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + length)),
  };
}
