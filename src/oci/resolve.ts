/** From a reference to the documents of one image: a tag is looked up once, and from then on everything has a digest. */
import type { ArchitectureName } from '../architectures.ts';
import {
  type Document,
  forArchitecture,
  type ImageManifest,
  invalid,
  isIndex,
  isManifest,
  parseIndex,
  parseManifestDocument,
} from './documents.ts';
import { type Reference, renderReference } from './reference.ts';
import { fromFirst, type Registry } from './registry.ts';

export interface ResolvedImage {
  /** What the reference leads to: an index, or the manifest itself. */
  readonly top: Document;
  readonly manifestDocument: Document;
  readonly manifest: ImageManifest;
  /** The reference with its digest: `REGISTRY/REPOSITORY:TAG@sha256:…`. */
  readonly shown: string;
}

/** Throws what `Registry.document` and the parsers throw, `oci-arch` and `oci-digest` (refused). */
export async function resolveImage(
  sources: readonly Registry[],
  reference: Reference,
  arch: ArchitectureName,
  say?: (line: string) => void,
): Promise<ResolvedImage> {
  const top = await resolveTop(sources, reference, say);
  const shown = renderReference({ ...reference, digest: top.digest });
  const manifestDocument = isIndex(top)
    ? await documentBy(sources, forArchitecture(parseIndex(top.bytes, shown), arch, shown).digest, say)
    : top;
  if (!isManifest(manifestDocument))
    throw invalid(shown, [`its manifest has the media type "${manifestDocument.mediaType}"`]);
  const manifest = parseManifestDocument(manifestDocument.bytes, shown);
  return { top, manifestDocument, manifest, shown };
}

/** What a reference leads to now, as it is. */
export async function resolveTop(
  sources: readonly Registry[],
  reference: Reference,
  say?: (line: string) => void,
): Promise<Document> {
  const wanted = reference.digest ?? reference.tag ?? '';
  const top = await fromFirst(sources, say, (source) => source.document(wanted));
  if (isIndex(top) || isManifest(top)) return top;
  throw invalid(renderReference(reference), [`it has the media type "${top.mediaType}"`]);
}

/** A document by its digest; who gives it does not matter. */
export const documentBy = (
  sources: readonly Registry[],
  digest: string,
  say?: (line: string) => void,
): Promise<Document> => fromFirst(sources, say, (source) => source.document(digest));
