/** `opsctl oci pull`: an image out of a registry, as an image layout in an archive. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { tarEnd, tarHeader, tarPadding } from '../../formats/archives/tar.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { openBlob } from '../../media/oci/blob.ts';
import { blobPath } from '../../media/oci/layout.ts';
import { rechunk } from '../../media/rechunk.ts';
import { closureOf } from '../../oci/closure.ts';
import { type Descriptor, otherDigest } from '../../oci/documents.ts';
import { indexJson, layoutMarker } from '../../oci/layout.ts';
import { type Reference, renderReference } from '../../oci/reference.ts';
import { openSources, type Registry } from '../../oci/registry.ts';
import { documentBy, resolveTop } from '../../oci/resolve.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { TransferOptions, Transferred } from './push.ts';

export interface PullRequest {
  readonly reference: Reference;
  /** The archive to write, absolute. */
  readonly output: string;
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly plainHttp: boolean;
  readonly mirrors: readonly string[];
}

const pieceSize = 1024 * 1024;

/**
 * Fetches everything the reference leads to: the index with the images of all architectures. The archive gets its name
 * when all of it is there, compared with its digests, and on the disk; the same image gives the same bytes. Throws OpsError
 * (refused): `output-exists`, `output-full`, `oci-digest`, and what resolving and the network throw.
 */
export async function pullImage(
  host: Host,
  request: PullRequest,
  options: TransferOptions,
): Promise<Transferred> {
  const { files } = host;
  const { reference, output, force, plainHttp, mirrors } = request;
  const { say, signal } = options;
  if (!force && (await files.exists(output)))
    throw refused('output-exists', `${output} exists`, { hint: 'Name another file, or add --force.' });
  const sources = openSources(host, reference, { plainHttp, mirrors, say, signal });
  const top = await resolveTop(sources, reference, say);
  const shown = renderReference({ ...reference, digest: top.digest });
  const { documents, blobs } = await closureOf(top, shown, ({ digest }) => documentBy(sources, digest, say));
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  await requireSpace(host, output, total);
  const partial = `${output}.partial`;
  const temporary = {
    what: partial,
    remove: () => files.remove(partial),
    cleanupFailed: 'The archive is complete; remove that file by hand.',
  };
  await withTemporary(temporary, async () => {
    const file = await files.open(partial, 'w');
    try {
      const out = appendTo(file);
      await out.entry('oci-layout', [Buffer.from(layoutMarker)]);
      await out.entry('index.json', [Buffer.from(indexJson(top, reference.tag))]);
      for (const { digest, bytes } of documents) await out.entry(blobPath(digest), [bytes]);
      let done = 0;
      for (const blob of blobs) {
        const progress = (bytes: number) => options.onProgress?.(done + bytes, total);
        await out.blob(blob, compared(host, sources, blob, { ...options, progress }));
        done += blob.size;
      }
      await out.end();
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(partial, output);
  });
  return { v: 1, reference: shown, digest: top.digest, bytes: total, moved: total };
}

/** The bytes of a blob; throws `oci-digest` after the last one when they are not what its digest says. */
async function* compared(
  host: Host,
  sources: readonly Registry[],
  blob: Descriptor,
  options: TransferOptions & { readonly progress: (done: number) => void },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const remote = await openBlob(host, sources, blob, options);
  let done = 0;
  for await (const piece of rechunk(remote.stream(0), pieceSize)) {
    hash.update(piece);
    done += piece.length;
    yield piece;
    options.progress(done);
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== blob.digest) throw otherDigest(found, blob.digest, `${sources.at(-1)?.name}@${blob.digest}`);
}

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

async function requireSpace({ files }: Host, output: string, size: number): Promise<void> {
  const folder = output.slice(0, Math.max(1, output.lastIndexOf('/')));
  const free = await files.freeSpace(folder);
  if (free >= size) return;
  throw refused('output-full', `The image needs ${size} bytes, but ${folder} has ${free} bytes free`, {
    hint: 'Free some space, or use --output to write to another file system.',
  });
}
