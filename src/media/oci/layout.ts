/** An OCI image layout in a tar archive (OCI Image Specification 1.1, image-layout.md), at a path or a URL. */

import type { ArchitectureName } from '../../architectures.ts';
import { messageOf, OpsError, refused } from '../../errors.ts';
import { tarRanges } from '../../formats/archives/tar.ts';
import type { ByteRange } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { cached } from '../../formats/cached-source.ts';
import {
  type Descriptor,
  type Document,
  documentLimit,
  documentOf,
  forArchitecture,
  type ImageManifest,
  invalid,
  isIndex,
  isManifest,
  mediaTypes,
  parseIndex,
  parseManifestDocument,
  requireDigest,
} from '../../oci/documents.ts';

/** Blobs and documents of one layout. */
export interface Layout {
  readonly name: string;
  /** The document that is pushed under a tag: what index.json names, or itself where it names several. */
  readonly top: Document;
  /** Where a blob lies. Throws `oci-incomplete` (refused) for one that is missing or has another size. */
  blob(descriptor: Descriptor): ByteRange;
  /** A document, its digest compared. */
  document(descriptor: Descriptor): Promise<Document>;
}

const mostEntries = 4096;

/** Reads the headers of the archive. Throws OpsError (refused) `oci-invalid`, `oci-incomplete`, `oci-digest`. */
export async function openLayout(source: ByteSource, name: string): Promise<Layout> {
  const kept = cached(source);
  const entries = await entriesOf(kept, name);
  const read = async (path: string): Promise<Uint8Array> => {
    const range = entries.get(path);
    if (range === undefined) throw invalid(name, [`it has no ${path}`]);
    if (range.length > documentLimit) throw invalid(name, [`${path} has ${range.length} bytes`]);
    return kept.read(range.offset, range.length);
  };
  const blob = (descriptor: Descriptor): ByteRange => {
    const range = entries.get(blobPath(descriptor.digest));
    const found =
      range === undefined ? 'is missing' : `has ${range.length} bytes instead of ${descriptor.size}`;
    if (range?.length === descriptor.size) return range;
    throw invalid(name, [`${blobPath(descriptor.digest)} ${found}`]);
  };
  const document = async (descriptor: Descriptor): Promise<Document> => {
    blob(descriptor);
    const path = blobPath(descriptor.digest);
    const bytes = await read(path);
    requireDigest(bytes, descriptor.digest, `${path} in ${name}`);
    return documentOf(descriptor.mediaType, bytes);
  };
  if (!entries.has('oci-layout')) throw notALayout(name, entries);
  await read('oci-layout');
  const indexBytes = await read('index.json');
  const index = parseIndex(indexBytes, `index.json in ${name}`);
  const [only, another] = index.manifests;
  if (only === undefined) throw invalid(name, ['its index.json names no image']);
  const top = another === undefined ? await document(only) : documentOf(mediaTypes.index, indexBytes);
  return { name, top, blob, document };
}

/** Another archive, with what tells which. */
function notALayout(name: string, entries: ReadonlyMap<string, ByteRange>): OpsError {
  const ofDocker = entries.has('manifest.json');
  return refused('oci-invalid', `${name} is not an OCI image in an archive`, {
    details: ['it has no oci-layout'],
    hint: ofDocker
      ? 'It is what `docker save` writes: convert it with `skopeo copy docker-archive:FILE oci-archive:FILE2`.'
      : archiveHint,
  });
}

const archiveHint = 'Name what `opsctl build oci` or `skopeo copy IMAGE oci-archive:FILE` writes.';

/** `blobs/sha256/…` */
export const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

async function entriesOf(source: ByteSource, name: string): Promise<Map<string, ByteRange>> {
  const found = new Map<string, ByteRange>();
  try {
    for await (const { path, content, size, type } of tarRanges(source)) {
      if (found.size > mostEntries) throw new Error(`it has more than ${mostEntries} files`);
      if (type !== 'file') continue;
      if (content + size > source.size) throw new Error(`${path} goes beyond its end`);
      found.set(path.replace(/^(\.?\/)+/, ''), { offset: content, length: size });
    }
  } catch (error) {
    if (error instanceof OpsError) throw error;
    const details = [messageOf(error)];
    if (found.size > 0) throw invalid(name, details, error);
    throw refused('oci-invalid', `${name} is not a tar archive`, {
      ...{ details, cause: error },
      hint: archiveHint,
    });
  }
  return found;
}

/** The image of a layout for `arch`. Throws `oci-arch`, `oci-invalid`, `oci-digest` (refused). */
export async function resolveLayout(
  { top, document, name }: Pick<Layout, 'top' | 'document' | 'name'>,
  arch: ArchitectureName,
): Promise<{ readonly manifest: ImageManifest; readonly document: Document }> {
  const chosen = isIndex(top)
    ? await document(forArchitecture(parseIndex(top.bytes, name), arch, name))
    : top;
  if (!isManifest(chosen)) throw invalid(name, [`its manifest has the media type "${chosen.mediaType}"`]);
  return { manifest: parseManifestDocument(chosen.bytes, name), document: chosen };
}
