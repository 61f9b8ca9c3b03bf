/** An image in a registry as one image: its layers, as far as they are plain tar archives, one after the other. */
import type { Host } from '../../host/ports.ts';
import { openSources, type Registry } from '../../oci/registry.ts';
import type { Image, ImageRef } from '../image-ref.ts';
import type { OpenOptions } from '../open-url.ts';
import { joinedImage } from '../ranges/joined-image.ts';
import { openBlob } from './blob.ts';

export type OciRef = Extract<ImageRef, { from: 'oci' }>;

/** What `ref` names, by digests alone: a tag that has moved changes nothing. Asks nothing yet. */
export function openOciImage(
  host: Host,
  ref: OciRef,
  options: OpenOptions,
  sources: readonly Registry[] = openSources(host, ref, { ...ref, ...options }),
): Image {
  const common = { ...options, server: { several: true } };
  return joinedImage(
    ref,
    ref.blobs.map((blob) => ({ size: blob.size, open: () => openBlob(host, sources, blob, common) })),
  );
}
