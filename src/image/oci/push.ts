/** `opsctl oci push`: an image layout in an archive into a registry. */
import { usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { openImage } from '../../media/image.ts';
import { openLayout } from '../../media/oci/layout.ts';
import type { OpenOptions } from '../../media/open-url.ts';
import { closureOf } from '../../oci/closure.ts';
import { type Reference, renderReference } from '../../oci/reference.ts';
import { openRegistry } from '../../oci/registry.ts';
import { pushBlob, pushDocument } from '../../oci/upload.ts';

export interface PushRequest {
  /** The archive: a path or a URL. */
  readonly archive: string;
  readonly reference: Reference;
  readonly plainHttp: boolean;
}

export interface Transferred {
  readonly v: 1;
  /** With the digest. */
  readonly reference: string;
  readonly digest: string;
  /** Bytes of all blobs, and of those that had to be moved. */
  readonly bytes: number;
  readonly moved: number;
}

export interface TransferOptions extends OpenOptions {
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Sends the blobs that the registry does not have, then the documents, the one under the tag last: whoever asks for the tag
 * gets the old image or the whole new one. Throws OpsError: `oci-reference` (usage); (refused) what reading an
 * archive and pushing throw.
 */
export async function pushImage(
  host: Host,
  { archive, reference, plainHttp }: PushRequest,
  options: TransferOptions,
): Promise<Transferred> {
  const { say, signal, onProgress } = options;
  if (reference.digest !== undefined)
    throw usage('oci-reference', `${renderReference(reference)} has a digest; an image is pushed to a tag`, {
      hint: 'Leave the digest out.',
    });
  const file = await openImage(host, archive, 'url:archive', options);
  try {
    const layout = await openLayout(file, file.name);
    const { documents, blobs } = await closureOf(layout.top, file.name, layout.document);
    const places = blobs.map((blob) => ({ ...blob, place: layout.blob(blob) }));
    const registry = openRegistry(host, reference, { plainHttp, action: 'push', say, signal });
    const total = blobs.reduce((sum, { size }) => sum + size, 0);
    let [done, moved] = [0, 0];
    for (const { digest, size, place } of places) {
      const content = {
        digest,
        size,
        read: (from: number, to: number) => file.stream(place.offset + from, place.offset + to, signal),
      };
      const how = await pushBlob(registry, content, {
        ...{ clock: host.clock, say, signal },
        onProgress: (bytes) => onProgress?.(done + bytes, total),
      });
      done += size;
      if (how === 'sent') moved += size;
      onProgress?.(done, total);
    }
    const tag = reference.tag ?? '';
    for (const document of documents) {
      const last = document === documents.at(-1);
      await pushDocument(registry, document, last ? tag : document.digest, {
        clock: host.clock,
        say,
        signal,
      });
    }
    const { digest } = layout.top;
    return { v: 1, reference: renderReference({ ...reference, digest }), digest, bytes: total, moved };
  } finally {
    await file.close();
  }
}
