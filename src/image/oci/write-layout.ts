/** An OCI image layout as a tar archive that gets its name when all of it is on the disk (image-layout.md). */
import { refused } from '../../errors.ts';
import { tarEnd, tarHeader, tarPadding } from '../../formats/archives/tar.ts';
import { requireOutputFile } from '../../host/output-place.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { blobPath } from '../../media/oci/layout.ts';
import type { Closure } from '../../oci/closure.ts';
import type { Descriptor, Document } from '../../oci/documents.ts';
import { indexJson, layoutMarker } from '../../oci/layout.ts';
import { writeWholeFile } from '../../operation/whole-file.ts';

export interface LayoutContent extends Closure {
  /** What the tag leads to. */
  readonly top: Document;
  readonly tag: string | undefined;
}

/** `read` gives the bytes of a blob, and throws when they are not what its digest says. */
export async function writeLayout(
  host: Host,
  output: string,
  { top, tag, documents, blobs }: LayoutContent,
  read: (blob: Descriptor) => AsyncIterable<Uint8Array>,
): Promise<void> {
  await writeWholeFile(host, output, async (file) => {
    const out = appendTo(file);
    await out.entry('oci-layout', [Buffer.from(layoutMarker)]);
    await out.entry('index.json', [Buffer.from(indexJson(top, tag))]);
    for (const { digest, bytes } of documents) await out.entry(blobPath(digest), [bytes]);
    for (const blob of blobs) await out.blob(blob, read(blob));
    await out.end();
  });
}

/** Throws `output-exists`, `output-folder` (refused). */
export const requireNew = (host: Host, output: string, force: boolean): Promise<void> =>
  requireOutputFile(host, output, { force, hint: 'Name another file, or add --force.' });

/** Entries of root's with one date, one after the other. */
function appendTo(file: OpenFile) {
  let offset = 0;
  const write = async (bytes: Uint8Array) => {
    if (bytes.length > 0) await file.write(offset, bytes);
    offset += bytes.length;
  };
  const entry = async (
    path: string,
    size: number,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ) => {
    await write(tarHeader({ path, type: 'File', mode: 0o644, mtime: 0, size }));
    for await (const piece of pieces) await write(piece);
    await write(tarPadding(size));
  };
  return {
    entry: (path: string, pieces: readonly Uint8Array[]) =>
      entry(
        path,
        pieces.reduce((sum, { length }) => sum + length, 0),
        pieces,
      ),
    blob: ({ digest, size }: Descriptor, pieces: AsyncIterable<Uint8Array>) =>
      entry(blobPath(digest), size, pieces),
    end: () => write(tarEnd),
  };
}

/** Throws `output-full` (refused). */
export async function requireRoom({ files }: Host, output: string, size: number): Promise<void> {
  const folder = output.slice(0, Math.max(1, output.lastIndexOf('/')));
  const free = await files.freeSpace(folder);
  if (free >= size) return;
  throw refused('output-full', `The image needs ${size} bytes, but ${folder} has ${free} bytes free`, {
    hint: 'Free some space, or use --output to write to another file system.',
  });
}
