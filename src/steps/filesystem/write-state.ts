/**
 * Writes the state file system with everything in it into a partition of an image: without a mount, root or a program.
 * The same steps on a device format it, mount it and copy; what comes out is the same tree. Its super block, one sector,
 * goes last: until then nothing takes it for a file system.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ByteRange, endOf, joined, type PlacedBytes, rangeOf } from '../../formats/byte-range.ts';
import { type Ext4Image, ext4Image, type NewEntry } from '../../formats/filesystems/ext4-image/image.ts';
import { formatBytes } from '../../formats/size.ts';
import type { OpenFile } from '../../host/ports.ts';
import { reopenImage } from '../../media/image.ts';
import { placedFileSchema, placeSchema } from '../../media/image-medium.ts';
import { imageRefSchema } from '../../media/image-ref.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { fileMode, totalSize } from '../files/copy-files.ts';
import { readContent } from '../support/content/content.ts';
import { byteCount, contentSchema, sha256Hex } from '../support/content/content-schema.ts';
import type { FileSink } from '../support/content/file-sink.ts';
import { streamFiles } from '../support/content/image-files.ts';
import { readAhead, readAheadMemory } from '../support/content/read-ahead.ts';
import { readBackError, withDevice, writePieces } from '../support/devices.ts';

const mode = z.number().int().nonnegative();

export const writeStateSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-state'),
  partition: z.string(),
  label: z.string().max(16),
  uuid: z.uuid(),
  /** 16 bytes in hex: what names in folders are hashed with. */
  hashSeed: z.string().regex(/^[0-9a-f]{32}$/),
  /** Seconds since 1970. */
  time: byteCount,
  /** Bytes up to which it can grow while it is mounted. */
  growsTo: byteCount,
  /** Parents before children. */
  folders: z.array(z.strictObject({ path: z.string(), mode })),
  links: z.array(z.strictObject({ path: z.string(), target: z.string() })),
  written: z.array(z.strictObject({ path: z.string(), mode, content: contentSchema })),
  image: imageRefSchema,
  files: z.array(placedFileSchema),
  manifest: placeSchema,
  sha256: sha256Hex.nullable(),
});
export type WriteState = z.infer<typeof writeStateSchema>;

export const writeState: Handler<WriteState> = {
  describe: (step) =>
    `Write the state file system (ext4, label ${step.label}) with the system in it ` +
    `(${step.files.length} files, ${formatBytes(totalSize(step.files))})`,
  destructive: false,
  async run(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r+', async (device) => {
      const image = layoutOf(step, device.size);
      const { first, others } = superBlockApart(image.pieces);
      await fillZeros(device, image);
      await writePieces(device, others);
      for (const { path, content } of step.written)
        await writeRanges(device, rangesOf(image, path), await readContent(content, context));
      await copySystem(step, context, device, image);
      await device.sync();
      await device.write(first.offset, first.bytes);
      await device.sync();
    });
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (device) => {
      await device.dropCache();
      const image = layoutOf(step, device.size);
      if (!(await holds(device, image.pieces))) throw readBackError(`the file system on ${nameOf(target)}`);
      const digestOf = digester(device);
      for (const { path, sha256 } of step.files)
        if ((await digestOf(rangesOf(image, path))) !== sha256)
          throw readBackError(`${path} on ${nameOf(target)}`);
      for (const { path, content } of step.written) {
        const hash = createHash('sha256').update(await readContent(content, context));
        if ((await digestOf(rangesOf(image, path))) !== hash.digest('hex'))
          throw readBackError(`${path} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};

/** What of a partition of `size` bytes belongs to the file system or to a file in it. Throws as `ext4Image`. */
export const usedBy = (step: WriteState, size: number): readonly ByteRange[] => layoutOf(step, size).used;

const superBlockOffset = 1024;

function layoutOf(step: WriteState, size: number): Ext4Image {
  const entries = new Map<string, NewEntry>();
  for (const { path, mode } of step.folders) entries.set(path, { type: 'directory', mode });
  for (const { path, size } of step.files) entries.set(path, { type: 'file', mode: fileMode(path), size });
  for (const { path, mode, content } of step.written)
    entries.set(path, {
      ...{ type: 'file', mode },
      size: content.from === 'text' ? Buffer.byteLength(content.text) : content.size,
    });
  for (const { path, target } of step.links) entries.set(path, { type: 'symlink', target });
  const { label, time, growsTo } = step;
  const uuid = Buffer.from(step.uuid.replaceAll('-', ''), 'hex');
  const hashSeed = Buffer.from(step.hashSeed, 'hex');
  return ext4Image({ size, growsTo, label, time, uuid, hashSeed, entries });
}

function superBlockApart(pieces: readonly PlacedBytes[]) {
  const first = pieces.find(({ offset }) => offset === superBlockOffset);
  if (first === undefined) throw new Error('a file system without a super block');
  return { first, others: pieces.filter((piece) => piece !== first) };
}

const rangesOf = (image: Ext4Image, path: string): readonly ByteRange[] => image.files.get(path) ?? [];

const zeros = Buffer.alloc(2 ** 20);

/** What belongs to the file system and nothing is written to: the journal, the rest of the tables. It is not left out. */
async function fillZeros(device: OpenFile, image: Ext4Image): Promise<void> {
  const written = joined([...image.pieces.map(rangeOf), ...[...image.files.values()].flat()]);
  for (const { offset, length } of image.used) {
    let at = offset;
    const end = offset + length;
    const inside = written.filter((range) => range.offset < end && endOf(range) > offset);
    for (const range of [...inside, { offset: end, length: 0 }]) {
      for (; at < range.offset; at += zeros.length)
        await device.write(at, zeros.subarray(0, Math.min(zeros.length, range.offset - at)));
      at = endOf(range);
    }
  }
}

async function writeRanges(device: OpenFile, ranges: readonly ByteRange[], bytes: Uint8Array): Promise<void> {
  let done = 0;
  for (const { offset, length } of ranges) {
    await device.write(offset, bytes.subarray(done, done + length));
    done += length;
  }
}

async function copySystem(
  step: WriteState,
  context: StepContext,
  device: OpenFile,
  target: Ext4Image,
): Promise<void> {
  const image = await reopenImage(context.host, step.image, context.resolve, {
    say: context.note,
    signal: context.signal,
  });
  try {
    await streamFiles(step, image, context, {
      open: async ({ path }) => rangeSink(device, rangesOf(target, path)),
    });
  } finally {
    await image.close();
  }
}

/** Flushed with all the rest. */
function rangeSink(device: OpenFile, ranges: readonly ByteRange[]): FileSink {
  const hash = createHash('sha256');
  const left = ranges.map((range) => ({ ...range }));
  return {
    async write(bytes) {
      let from = 0;
      const writes: Promise<void>[] = [];
      while (from < bytes.length) {
        const [range] = left;
        if (range === undefined) throw new RangeError('a file that is longer than its ranges');
        const part = bytes.subarray(from, from + range.length);
        writes.push(device.write(range.offset, part));
        from += part.length;
        range.offset += part.length;
        range.length -= part.length;
        if (range.length === 0) left.shift();
      }
      const written = Promise.all(writes);
      // Awaited below; a failure before that must not count as unhandled.
      written.catch(() => {});
      hash.update(bytes);
      await written;
    },
    end: async () => hash.digest('hex'),
    close: async () => {},
  };
}

async function holds(device: OpenFile, pieces: readonly PlacedBytes[]): Promise<boolean> {
  const memory = new Uint8Array(Math.max(0, ...pieces.map(({ bytes }) => bytes.length)));
  for (const { offset, bytes } of pieces) {
    const found = memory.subarray(0, await device.readInto(offset, memory.subarray(0, bytes.length)));
    if (Buffer.compare(found, bytes) !== 0) return false;
  }
  return true;
}

/** One after the other, in the same memory. */
function digester(device: OpenFile): (ranges: readonly ByteRange[]) => Promise<string> {
  const memory = readAheadMemory();
  return async (ranges) => {
    const hash = createHash('sha256');
    for await (const bytes of readAhead(device, ranges, memory)) hash.update(bytes);
    return hash.digest('hex');
  };
}
