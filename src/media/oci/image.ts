/** An image in a registry as one image: its layers, as far as they are plain tar archives, one after the other. */
import { collected, type JoinedPart, severalJoined, streamJoined } from '../../formats/joined-bytes.ts';
import type { Host } from '../../host/ports.ts';
import { openSources, type Registry } from '../../oci/registry.ts';
import type { Image, ImageRef } from '../image-ref.ts';
import type { OpenOptions } from '../open-url.ts';
import { openBlob } from './blob.ts';

export type OciRef = Extract<ImageRef, { from: 'oci' }>;

/** What `ref` names, by digests alone: a tag that has moved changes nothing. Asks nothing yet. */
export function openOciImage(
  host: Host,
  ref: OciRef,
  options: OpenOptions,
  sources: readonly Registry[] = openSources(host, ref, { ...ref, ...options }),
): Image {
  const size = ref.blobs.reduce((sum, blob) => sum + blob.size, 0);
  const common = { ...options, server: { several: true } };
  const parts = ref.blobs.map((blob): JoinedPart => {
    const opened = () => openBlob(host, sources, blob, common);
    return {
      size: blob.size,
      stream: async function* (from, to, signal) {
        yield* (await opened()).stream(from, to, signal);
      },
      several: async function* (ranges, signal) {
        return yield* (await opened()).several(ranges, signal);
      },
    };
  });
  const stream: Image['stream'] = (offset, end, signal) => streamJoined(parts, offset, end, signal);
  return {
    ref,
    name: ref.shown,
    size,
    ranges: true,
    stream,
    several: (ranges, signal) => severalJoined(parts, ranges, signal),
    read: (offset, length) => collected(stream(offset, Math.min(size, offset + length))),
    close: async () => {},
  };
}
