/** All that belongs to an image: the documents below what a tag leads to, and the blobs that they name. */
import {
  type Descriptor,
  type Document,
  invalid,
  isIndex,
  isManifest,
  parseIndex,
  parseManifestDocument,
} from './documents.ts';

export interface Closure {
  /** Each after those that it names: a registry takes no document whose parts it does not have. */
  readonly documents: readonly Document[];
  /** Each once: configurations and layers. */
  readonly blobs: readonly Descriptor[];
}

/** An index in an index in an index is nobody's image. */
const deepest = 3;

/**
 * Follows `top` down; `read` gives a document by its descriptor, its digest compared. Throws OpsError `oci-invalid`
 * (refused) and what `read` throws.
 */
export async function closureOf(
  top: Document,
  where: string,
  read: (descriptor: Descriptor) => Promise<Document>,
): Promise<Closure> {
  const documents = new Map<string, Document>();
  const blobs = new Map<string, Descriptor>();
  const follow = async (document: Document, depth: number): Promise<void> => {
    if (documents.has(document.digest)) return;
    if (isIndex(document)) {
      if (depth >= deepest) throw invalid(where, ['its indexes name one another']);
      for (const descriptor of parseIndex(document.bytes, where).manifests)
        await follow(await read(descriptor), depth + 1);
    } else if (isManifest(document)) {
      const { config, layers } = parseManifestDocument(document.bytes, where);
      for (const blob of [config, ...layers]) blobs.set(blob.digest, blob);
    } else throw invalid(where, [`a document has the media type "${document.mediaType}"`]);
    documents.set(document.digest, document);
  };
  await follow(top, 0);
  return { documents: [...documents.values()], blobs: [...blobs.values()] };
}
