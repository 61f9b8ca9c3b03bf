/** An image layout in a tar archive, written layer by layer: the same layers give the same bytes. */
import { createHash } from 'node:crypto';
import { createGzip } from 'node:zlib';
import type { Files } from '../../host/ports.ts';
import { mediaTypes } from '../../oci/documents.ts';
import { type ImageRow, indexJson, type LayerRow, layoutMarker, renderImage } from '../../oci/layout.ts';
import { type ArchiveEntry, tarBytes, writeBytes } from '../archive.ts';

/** Of gzip. */
export const level = 6;

export type WrittenLayer = LayerRow & { readonly file: string };

const text = (path: string, content: string): ArchiveEntry => ({ path, mode: 0o644, text: content });
const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`;

/** Puts the layers into the archive at `path` and removes them beside it; returns the digest of the index. */
export async function writeImage(
  files: Files,
  path: string,
  layers: readonly WrittenLayer[],
  { tag, ...row }: Omit<ImageRow, 'layers'> & { readonly tag: string },
): Promise<string> {
  const { config, manifest, index } = renderImage({ ...row, layers });
  const entries: ArchiveEntry[] = [
    text('oci-layout', layoutMarker),
    text('index.json', indexJson(index, tag)),
    ...[index, manifest, config].map(({ digest, bytes }) =>
      text(blobPath(digest), Buffer.from(bytes).toString('utf8')),
    ),
    ...layers.map(({ digest, file }) => ({ path: blobPath(digest), mode: 0o644, file })),
  ];
  await writeBytes(files, path, tarBytes(files, entries, row.time));
  for (const { file } of layers) await files.remove(file);
  return index.digest;
}

/** Writes a layer beside the archive to come, for its digest, which stands before it. */
export async function writeLayer(
  files: Files,
  file: string,
  holds: string,
  pieces: AsyncIterable<Uint8Array>,
  pack: boolean,
): Promise<WrittenLayer> {
  const plain = createHash('sha256');
  const stored = createHash('sha256');
  let size = 0;
  const raw = hashed(pieces, (piece) => void plain.update(piece));
  const written = hashed(pack ? packed(raw) : raw, (piece) => {
    stored.update(piece);
    size += piece.length;
  });
  await writeBytes(files, file, written);
  return {
    ...{ holds, file, size },
    mediaType: pack ? mediaTypes.packedLayer : mediaTypes.layer,
    digest: `sha256:${stored.digest('hex')}`,
    diffId: `sha256:${plain.digest('hex')}`,
  };
}

async function* hashed(
  pieces: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    take(piece);
    yield piece;
  }
}

/** gzip without a time or a name in it (RFC 1952, section 2.3.1), as zlib writes it. */
async function* packed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Readable } = await import('node:stream');
  yield* Readable.from(pieces).compose(createGzip({ level }));
}
