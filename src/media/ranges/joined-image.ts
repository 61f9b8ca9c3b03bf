/** One image of parts that lie apart: layers of an image in a registry, or the files of a release. */
import { collected, severalJoined, streamJoined } from '../../formats/joined-bytes.ts';
import type { Image, ImageRef } from '../image-ref.ts';
import type { Several } from './several.ts';

/** A part: opened each time that it is asked for. */
export interface ImagePart {
  /** Bytes. */
  readonly size: number;
  open(): Promise<{ readonly stream: Image['stream']; readonly several: Several }>;
}

/** The parts one after the other. Asks nothing yet, and leaves nothing open; throws later what opening a part does. */
export function joinedImage(
  ref: Extract<ImageRef, { from: 'oci' | 'release' }>,
  parts: readonly ImagePart[],
): Image {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const joined = parts.map(({ size, open }) => ({
    size,
    async *stream(from: number, to: number, signal?: AbortSignal) {
      yield* (await open()).stream(from, to, signal);
    },
    async *several(...asked: Parameters<Several>) {
      return yield* (await open()).several(...asked);
    },
  }));
  const stream: Image['stream'] = (offset, end, signal) => streamJoined(joined, offset, end, signal);
  return {
    ref,
    name: ref.shown,
    size,
    ranges: true,
    stream,
    several: (ranges, signal) => severalJoined(joined, ranges, signal),
    read: (offset, length) => collected(stream(offset, Math.min(size, offset + length))),
    close: async () => {},
  };
}
