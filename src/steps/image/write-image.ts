/**
 * Writes an image to a disk, all but the first and the last MiB of the disk: those wait, in files, until everything
 * else was read back, so that a disk with half an image holds nothing that a firmware, a kernel or a tool would find.
 * Zeros are zeros: where the image has a MiB of them, the disk is read, and it is written where it holds anything else.
 * Only what a block map leaves out stays as it is.
 */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { parseBmap } from '../../formats/bmap.ts';
import { endOf, intersection, type PlacedBytes, rangeOf } from '../../formats/byte-range.ts';
import { formatBytes } from '../../formats/size.ts';
import type { OpenFile } from '../../host/ports.ts';
import { reopenImage } from '../../media/image.ts';
import { imageRefSchema } from '../../media/image-ref.ts';
import { packings } from '../../media/packed/kind.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { readContent } from '../support/content/content.ts';
import { byteCount, contentSchema, sha256Hex } from '../support/content/content-schema.ts';
import { withDevice } from '../support/devices.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { MappedParts, rawPieces, sizeSeen } from './raw-image.ts';
import { checksumOf, heldPath, heldRanges, keepRecord, MiB, type WrittenPiece } from './written-image.ts';

export const writeImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-image'),
  disk: z.string(),
  /** Bytes. */
  diskSize: byteCount,
  image: imageRefSchema,
  packing: z.enum(packings),
  /** Of the raw image; null when only its end tells. */
  size: byteCount.nullable(),
  /** Bytes that its partition table speaks of: with fewer it is not complete. */
  least: byteCount,
  /** A block map. */
  bmap: contentSchema.nullable(),
  /** Of the file as it lies there. */
  sha256: sha256Hex.nullable(),
  /** A folder, by a name of the plan, for what the next steps need. */
  work: z.string(),
});
export type WriteImage = z.infer<typeof writeImageSchema>;

/** Written and not on the disk yet: more than a moment of it would make progress a lie, and a cancel slow. */
const unsyncedLimit = 64 * MiB;
const toldEvery = 4 * MiB;
const zeros = Buffer.alloc(MiB);

export const writeImage: Handler<WriteImage> = {
  describe: (step) =>
    `Write ${imageWords(step)} to ${step.disk}, all but the first and the last MiB of the disk`,
  destructive: true,
  async run(step, context) {
    const { files } = context.host;
    const work = context.resolve(step.work);
    const target = new ImageTarget(step);
    await copyImage(step, context, target);
    await keepRecord(files, work, target.written);
    const { start, end } = target;
    await files.write(heldPath(work, 'start'), start, { mode: 0o600 });
    await files.write(heldPath(work, 'end'), end ?? new Uint8Array(), { mode: 0o600 });
  },
  undo: { kind: 'none' },
};

function imageWords({ image, size, packing, bmap }: WriteImage): string {
  const details = [
    ...(size === null ? [] : [formatBytes(size)]),
    ...(packing === 'none' ? [] : [`unpacked from ${packing}`]),
    ...(bmap === null ? [] : ['what its block map lists']),
  ];
  const name = image.from === 'file' ? image.path : image.shown;
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}

async function copyImage(step: WriteImage, context: StepContext, target: ImageTarget): Promise<void> {
  const { host, signal } = context;
  const map =
    step.bmap === null
      ? undefined
      : parseBmap((await readContent(step.bmap, context)).toString('utf8'), 'The block map');
  const image = await reopenImage(host, step.image, context.resolve, { say: context.note, signal });
  const parts = new MappedParts(map, image.name);
  const tell = progressOf(step, context, image.size);
  const raw = { image, packing: step.packing, map, sha256: step.sha256, onRead: tell.read };
  try {
    await withDevice(context, step.disk, 'r+', async (device) => {
      let size = 0;
      for await (const piece of rawPieces(host, raw, signal)) {
        stopIfInterrupted(signal);
        size = endOf(rangeOf(piece));
        if (size > step.diskSize) throw tooLarge(step, image.name);
        const taken = parts.take(piece);
        const writing = target.putAll(device, taken);
        // Awaited below; a failure before that must not count as unhandled.
        writing.catch(() => {});
        try {
          parts.compare(taken);
        } finally {
          await writing;
        }
        tell.written(size);
      }
      await target.finish(device);
      parts.end();
      requireWhole(step, image.name, sizeSeen(raw, size));
    });
  } finally {
    await image.close();
  }
  tell.end();
}

/** By bytes of the image where its size is known, else by those of the file. */
function progressOf({ size }: WriteImage, { progress }: StepContext, fileSize: number) {
  const total = size ?? (Number.isFinite(fileSize) ? fileSize : 0);
  let told = 0;
  const tell = (done: number) => {
    if (done - told < toldEvery) return;
    told = done;
    progress(Math.min(done, total || done), total, 'bytes');
  };
  return {
    read: (done: number) => {
      if (size === null) tell(done);
    },
    written: (done: number) => {
      if (size !== null) tell(done);
    },
    end: () => {
      if (total > 0) progress(total, total, 'bytes');
    },
  };
}

const tooLarge = ({ disk, diskSize }: WriteImage, name: string) =>
  refused('image-too-large', `${name} is larger than ${disk}, which has ${formatBytes(diskSize)}`, {
    hint: 'Use a larger disk.',
  });

function requireWhole({ size, least }: WriteImage, name: string, found: number): void {
  const expected = size ?? least;
  if (size === null ? found >= least : found === size) return;
  throw refused(
    'image-truncated',
    `${name} has ${found} bytes instead of ${size === null ? 'at least ' : ''}${expected}`,
    {
      hint: 'It is incomplete, or another version of it: fetch it again.',
    },
  );
}

/** The disk while the image comes, in order. */
class ImageTarget {
  readonly written: WrittenPiece[] = [];
  readonly start: Uint8Array;
  /** Undefined when the image ends before. */
  end: Uint8Array | undefined;
  readonly #held: ReturnType<typeof heldRanges>;
  readonly #scratch = new Uint8Array(MiB);
  #unsynced = 0;
  #syncing: Promise<void> = Promise.resolve();

  constructor({ diskSize }: WriteImage) {
    this.#held = heldRanges(diskSize);
    this.start = new Uint8Array(this.#held.start.length);
  }

  async putAll(device: OpenFile, parts: readonly PlacedBytes[]): Promise<void> {
    for (const part of parts) await this.#put(device, part);
  }

  async #put(device: OpenFile, part: PlacedBytes): Promise<void> {
    const { start, end } = this.#held;
    keepPart(this.start, start.offset, part);
    const middle = intersection(rangeOf(part), { offset: endOf(start), length: end.offset - endOf(start) });
    if (middle !== undefined) await this.#write(device, slice(part, middle));
    if (intersection(rangeOf(part), end) === undefined) return;
    this.end ??= new Uint8Array(end.length);
    keepPart(this.end, end.offset, part);
  }

  async #write(device: OpenFile, { offset, bytes }: PlacedBytes): Promise<void> {
    const writing =
      isZero(bytes) && (await this.#isZeroOn(device, offset, bytes.length))
        ? undefined
        : device.write(offset, bytes);
    // Awaited below; a failure before that must not count as unhandled.
    writing?.catch(() => {});
    this.written.push({ offset, length: bytes.length, checksum: checksumOf(bytes) });
    await writing;
    if (writing !== undefined) await this.#pace(device, bytes.length);
  }

  /** What cannot be read may still be written. */
  async #isZeroOn(device: OpenFile, offset: number, length: number): Promise<boolean> {
    const found = this.#scratch.subarray(0, length);
    const count = await device.readInto(offset, found).catch(() => 0);
    return count === length && isZero(found);
  }

  /** Flushes what was written, while the next comes. */
  async #pace(device: OpenFile, length: number): Promise<void> {
    this.#unsynced += length;
    if (this.#unsynced < unsyncedLimit) return;
    await this.#syncing;
    this.#unsynced = 0;
    this.#syncing = device.sync();
    this.#syncing.catch(() => {});
  }

  async finish(device: OpenFile): Promise<void> {
    await this.#syncing;
    await device.sync();
  }
}

const isZero = (bytes: Uint8Array) => Buffer.compare(bytes, zeros.subarray(0, bytes.length)) === 0;

const slice = ({ offset, bytes }: PlacedBytes, wanted: { offset: number; length: number }): PlacedBytes => ({
  offset: wanted.offset,
  bytes: bytes.subarray(wanted.offset - offset, wanted.offset - offset + wanted.length),
});

/** The part of `part` that falls into what is kept from `offset` on. */
function keepPart(kept: Uint8Array, offset: number, part: PlacedBytes): void {
  const common = intersection(rangeOf(part), { offset, length: kept.length });
  if (common !== undefined) kept.set(slice(part, common).bytes, common.offset - offset);
}
