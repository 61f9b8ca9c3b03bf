/**
 * Copies the system out of an ISO, from a file or over the network, in one pass from its beginning to its end and
 * hashing what passes. No copy of the ISO is made; what is in memory at a time is a few pieces of it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { type ByteRange, endOf, intersection, type PlacedBytes, rangeOf } from '../../formats/byte-range.ts';
import { formatBytes } from '../../formats/size.ts';
import { reopenImage } from '../../media/image.ts';
import { type Place, placedFileSchema, placeSchema } from '../../media/image-medium.ts';
import { type Image, imageRefSchema } from '../../media/image-ref.ts';
import { spansOf } from '../../media/image-spans.ts';
import { rechunk } from '../../media/rechunk.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { sha256Hex } from '../support/content.ts';
import { type FileSink, openSink } from '../support/file-sink.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { withTargetFile } from '../support/target-folder.ts';
import { damaged, fileMode, makeFoldersOf, totalSize } from './copy-files.ts';

export const copyFromImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('copy-from-image'),
  image: imageRefSchema,
  /** The folder the files go to, a name such as `mount:state`. */
  to: z.string(),
  files: z.array(placedFileSchema),
  /** The manifest that the plan was made with: compared when the whole image is read. */
  manifest: placeSchema,
  /** What the whole image must be; then all of it is read. */
  sha256: sha256Hex.nullable(),
  /** It comes over a network from nobody in particular: no key, no digest, no certificate vouches for it. */
  unverified: z.literal(true).exactOptional(),
});
export type CopyFromImage = z.infer<typeof copyFromImageSchema>;

const pieceSize = 1024 * 1024;

export const copyFromImage: Handler<CopyFromImage> = {
  describe: ({ files, image, sha256, unverified }) =>
    `Copy the system (${files.length} files, ${formatBytes(totalSize(files))}) from ` +
    `${image.from === 'file' ? image.path : image.shown}${sha256 === null ? '' : ', comparing the digest of the whole ISO'}${unverified ? ', which nothing verifies' : ''}`,
  destructive: false,
  async preflight(step, context) {
    const image = await open(step, context);
    try {
      // Asks for it, and so compares the version.
      if ((await image.read(0, 1)).length === 0) throw damaged('the ISO is empty');
    } finally {
      await image.close();
    }
  },
  async run(step, context) {
    const root = context.resolve(step.to);
    const { files } = context.host;
    await makeFoldersOf(step.files, root, files);
    const image = await open(step, context);
    const parts = step.files.map((file) => fileOf(file, root, context));
    const whole = createHash('sha256');
    if (step.sha256 !== null) parts.push(comparedOf(step.manifest));
    try {
      const extents = step.files.flatMap((file) => file.extents);
      const spans = spansOf(extents, image, { all: step.sha256 !== null });
      const total = lengthOf(spans, extents);
      let done = 0;
      for (const span of spans) {
        const stream = image.stream(span.offset, endOf(span), context.signal);
        let { offset } = span;
        for await (const bytes of rechunk(stream, pieceSize)) {
          stopIfInterrupted(context.signal);
          if (step.sha256 !== null) whole.update(bytes);
          for (const part of parts) await part.take({ offset, bytes });
          offset += bytes.length;
          done += bytes.length;
          context.progress(Math.min(done, total), total, 'bytes');
        }
      }
      for (const part of parts) await part.end();
      if (step.sha256 !== null && whole.digest('hex') !== step.sha256) throw otherDigest(image);
      context.progress(total, total, 'bytes');
    } finally {
      await Promise.allSettled([...parts.map((part) => part.close()), image.close()]);
    }
  },
  undo: { kind: 'none' },
};

const open = (step: CopyFromImage, context: StepContext): Promise<Image> =>
  reopenImage(context.host, step.image, context.resolve, { say: context.note, signal: context.signal });

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

function fileOf(file: CopyFromImage['files'][number], root: string, context: StepContext): Part {
  const { files } = context.host;
  const atTarget = <T>(use: (path: string) => Promise<T>) => withTargetFile(files, root, file.path, use);
  const open = () => atTarget((path) => openSink(files, path));
  let sink: FileSink | undefined;
  let finished = false;
  const finish = async () => {
    finished = true;
    sink ??= await open();
    const digest = await sink.end();
    await sink.close();
    if (digest !== file.sha256) throw damaged(`${file.path} does not match its digest in the manifest`);
    await atTarget((path) => files.chmod(path, fileMode(file.path)));
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
