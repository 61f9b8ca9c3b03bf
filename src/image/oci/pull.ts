/** `opsctl oci pull`: an image out of a registry, as an image layout in an archive. */
import { createHash } from 'node:crypto';
import type { Host } from '../../host/ports.ts';
import { openBlob } from '../../media/oci/blob.ts';
import { rechunk } from '../../media/rechunk.ts';
import { closureOf } from '../../oci/closure.ts';
import { type Descriptor, otherDigest } from '../../oci/documents.ts';
import { type Reference, renderReference } from '../../oci/reference.ts';
import { openSources, type Registry } from '../../oci/registry.ts';
import { documentBy, resolveTop } from '../../oci/resolve.ts';
import type { TransferOptions, Transferred } from './push.ts';
import { requireNew, requireRoom, writeLayout } from './write-layout.ts';

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
  const { reference, output, force, plainHttp, mirrors } = request;
  const { say, signal } = options;
  await requireNew(host, output, force);
  const sources = openSources(host, reference, { plainHttp, mirrors, say, signal });
  const top = await resolveTop(sources, reference, say);
  const shown = renderReference({ ...reference, digest: top.digest });
  const { documents, blobs } = await closureOf(top, shown, ({ digest }) => documentBy(sources, digest, say));
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  await requireRoom(host, output, total);
  let done = 0;
  await writeLayout(host, output, { top, tag: reference.tag, documents, blobs }, async function* (blob) {
    const before = done;
    const progress = (bytes: number) => options.onProgress?.(before + bytes, total);
    yield* compared(host, sources, blob, { ...options, progress });
    done += blob.size;
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
