/**
 * Files out of an ISO, from a file or over the network, in one pass from its beginning to its end, hashing what passes.
 * No copy of the ISO is made; what is in memory at a time is a few pieces of it.
 */
import { createHash } from 'node:crypto';
import { refused } from '../../../errors.ts';
import {
  type ByteRange,
  endOf,
  intersection,
  type PlacedBytes,
  rangeOf,
} from '../../../formats/byte-range.ts';
import type { Place, PlacedFile } from '../../../media/image-medium.ts';
import type { Image } from '../../../media/image-ref.ts';
import { spansOf } from '../../../media/image-spans.ts';
import { rechunk } from '../../../media/rechunk.ts';
import type { StepContext } from '../../../plan/plan.ts';
import { stopIfInterrupted } from '../interrupt.ts';
import { damaged } from './damaged-medium.ts';
import type { FileSink } from './file-sink.ts';

const pieceSize = 1024 * 1024;

export interface Streamed {
  readonly files: readonly PlacedFile[];
  /** The manifest that the plan was made with: compared when the whole image is read. */
  readonly manifest: Place;
  /** What the whole image must be; then all of it is read. */
  readonly sha256: string | null;
}

/** Where the files go. */
export interface Destination {
  open(file: PlacedFile): Promise<FileSink>;
  /** All of it is there, and is what the manifest says. */
  finished?(file: PlacedFile): Promise<void>;
}

/** Throws OpsError (refused): `medium-damaged` for what is not as the manifest says, `iso-digest`. */
export async function streamFiles(
  { files, manifest, sha256 }: Streamed,
  image: Image,
  context: Pick<StepContext, 'signal' | 'progress'>,
  destination: Destination,
): Promise<void> {
  const parts = files.map((file) => fileOf(file, destination));
  const whole = createHash('sha256');
  if (sha256 !== null) parts.push(comparedOf(manifest));
  try {
    const extents = files.flatMap((file) => file.extents);
    const spans = spansOf(extents, image, { all: sha256 !== null });
    const total = lengthOf(spans, extents);
    let done = 0;
    for (const span of spans) {
      const stream = image.stream(span.offset, endOf(span), context.signal);
      let { offset } = span;
      for await (const bytes of rechunk(stream, pieceSize)) {
        stopIfInterrupted(context.signal);
        if (sha256 !== null) whole.update(bytes);
        for (const part of parts) await part.take({ offset, bytes });
        offset += bytes.length;
        done += bytes.length;
        context.progress(Math.min(done, total), total, 'bytes');
      }
    }
    for (const part of parts) await part.end();
    if (sha256 !== null && whole.digest('hex') !== sha256) throw otherDigest(image);
    context.progress(total, total, 'bytes');
  } finally {
    await Promise.allSettled(parts.map((part) => part.close()));
  }
}

/** What is read, in bytes. Where the server does not say the size, as much as is needed for sure. */
function lengthOf(spans: readonly ByteRange[], extents: readonly ByteRange[]): number {
  const needed = Math.max(0, ...extents.map(endOf));
  return spans.reduce((sum, { length }) => sum + (Number.isFinite(length) ? length : needed), 0);
}

/** A part of the image on its way. Pieces of the image come in order. */
interface Part {
  take(piece: PlacedBytes): Promise<void>;
  /** Throws `medium-damaged` unless all of it came and is what the manifest says. */
  end(): Promise<void>;
  close(): Promise<void>;
}

function fileOf(file: PlacedFile, destination: Destination): Part {
  const open = () => destination.open(file);
  let sink: FileSink | undefined;
  let finished = false;
  const finish = async () => {
    finished = true;
    sink ??= await open();
    const digest = await sink.end();
    await sink.close();
    if (digest !== file.sha256) throw damaged(`${file.path} does not match its digest in the manifest`);
    await destination.finished?.(file);
  };
  let missing = file.size;
  return {
    async take(piece) {
      for (const bytes of wanted(file.extents, piece)) {
        sink ??= await open();
        await sink.write(bytes);
        missing -= bytes.length;
      }
      if (missing === 0 && !finished) await finish();
    },
    async end() {
      if (missing > 0) throw damaged(`the ISO ends before ${file.path} does`);
      if (!finished) await finish();
    },
    async close() {
      if (!finished) await sink?.close();
    },
  };
}

function comparedOf(place: Place): Part {
  const hash = createHash('sha256');
  return {
    async take(piece) {
      for (const bytes of wanted(place.extents, piece)) hash.update(bytes);
    },
    async end() {
      if (hash.digest('hex') !== place.sha256)
        throw damaged('its manifest is not the one that was read earlier');
    },
    async close() {},
  };
}

/** What of a piece belongs to the extents. */
function wanted(extents: readonly ByteRange[], piece: PlacedBytes): Uint8Array[] {
  return extents.flatMap((extent) => {
    const part = intersection(extent, rangeOf(piece));
    if (part === undefined) return [];
    const start = part.offset - piece.offset;
    return [piece.bytes.subarray(start, start + part.length)];
  });
}

const otherDigest = (image: Image) =>
  refused('iso-digest', `${image.name} does not have the expected SHA-256`, {
    hint: 'The ISO is a different one, or was changed on the way: check it and the expected digest.',
  });
