/** Writes the archives of a build: what lies in files and texts, as entries of root's with one date. */
import { tarEnd, tarHeader, tarPadding } from '../formats/archives/tar.ts';
import type { Files, OpenFile } from '../host/ports.ts';

export type ArchiveEntry =
  | { readonly path: string; readonly link: string }
  /** Another name of a file that comes before it. */
  | { readonly path: string; readonly mode: number; readonly same: string }
  | { readonly path: string; readonly mode: number; readonly text: string }
  /** `file` lies on this machine. */
  | { readonly path: string; readonly mode: number; readonly file: string }
  | { readonly path: string; readonly mode: number; readonly folder: true };

const pieceSize = 1024 * 1024;

/** The bytes of an archive of these entries in their order, with its end. */
export async function* tarBytes(
  files: Files,
  entries: readonly ArchiveEntry[],
  mtime: number,
): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const { path } = entry;
    if ('link' in entry) {
      yield tarHeader({ path, type: 'SymbolicLink', mode: 0o777, mtime, linkpath: entry.link });
    } else if ('same' in entry) {
      yield tarHeader({ path, type: 'Link', mode: entry.mode, mtime, linkpath: entry.same });
    } else if ('folder' in entry) {
      yield tarHeader({ path: `${path}/`, type: 'Directory', mode: entry.mode, mtime });
    } else if ('text' in entry) {
      const content = Buffer.from(entry.text);
      yield tarHeader({ path, type: 'File', mode: entry.mode, mtime, size: content.length });
      yield* [content, tarPadding(content.length)];
    } else {
      const file = await files.open(entry.file, 'r');
      try {
        yield tarHeader({ path, type: 'File', mode: entry.mode, mtime, size: file.size });
        yield* rangeBytes(file, 0, file.size);
        yield tarPadding(file.size);
      } finally {
        await file.close();
      }
    }
  }
  yield tarEnd;
}

/** The bytes of an open file from `start` to `end`, piece by piece. */
export async function* rangeBytes(file: OpenFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let offset = start; offset < end; ) {
    const piece = await file.read(offset, Math.min(pieceSize, end - offset));
    if (piece.length === 0) throw new Error('a file became shorter while it was read');
    yield piece;
    offset += piece.length;
  }
}

/** Writes a new file of these bytes; tells how many there are so far. */
export async function writeBytes(
  files: Files,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  const file = await files.open(path, 'w');
  try {
    let offset = 0;
    for await (const piece of pieces) {
      await file.write(offset, piece);
      offset += piece.length;
      onProgress(offset);
    }
  } finally {
    await file.close();
  }
}
