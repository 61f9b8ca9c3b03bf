/** Writes a remastered ISO as a new file: a clone or copy by the kernel, the pieces over it, all of it compared. */
import { OpsError, refused } from '../../errors.ts';
import { endOf, overlaps } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { Image } from '../image.ts';
import { finalPieces, type Patch, pieceRange } from '../pieces.ts';
import { checkPatched } from './check-patch.ts';
import { type OpenContent, overlaid } from './overlay.ts';
import type { Edits } from './patch-plan.ts';
import { withContents, writePieces } from './write-pieces.ts';

/** Of each file at a time: smaller ones take longer, larger ones more memory and no less time. */
const pieceSize = 2 ** 20;

export interface NewFile {
  readonly host: Host;
  readonly iso: string;
  readonly source: OpenFile;
  readonly output: string;
  readonly signal?: AbortSignal;
}

/** Nothing has the name until everything is there. Throws OpsError `iso-no-room` (refused), `iso-read-back` (undone). */
export async function patchToFile(work: NewFile, image: Image, edits: Edits, patch: Patch): Promise<void> {
  const { host, iso, source, output, signal } = work;
  const folder = output.includes('/') ? output.replace(/\/[^/]*$/, '') || '/' : '.';
  const free = await host.files.freeSpace(folder);
  if (free < patch.newSize)
    throw refused('iso-no-room', `${folder} has ${free} bytes free, but ${patch.newSize} are needed`, {
      hint: 'Free some space there, or choose another place.',
    });
  const part = `${output}.opsctl-part`;
  await withContents(host.files, async (open) => {
    const wanted = overlaid(source, finalPieces(patch), patch.newSize, open);
    const looked = overlaid(image.source, finalPieces(patch), patch.newSize, open);
    await checkPatched(image, looked, edits, patch);
    const temporary = {
      what: part,
      remove: () => host.files.remove(part),
      cleanupFailed: 'The new ISO is complete; remove that by hand.',
    };
    await withTemporary(temporary, () =>
      write(wanted, open).catch((error) => Promise.reject(asUndone(error, output, signal))),
    );
  });

  async function write(wanted: ByteSource, open: OpenContent): Promise<void> {
    await host.files.copy(iso, part);
    await host.files.chmod(part, 0o644);
    const file = await host.files.open(part, 'r+');
    try {
      await writePieces(file, finalPieces(patch), open, signal);
      if (file.size < patch.newSize) await file.write(patch.newSize - 1, new Uint8Array(1));
      // Both at once: the disk is busy with the one, the processor with the other.
      await Promise.all([file.sync(), compareWhole(file, source, wanted, patch, signal)]);
    } finally {
      await file.close();
    }
    await host.files.rename(part, output);
  }
}

function asUndone(error: unknown, output: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof OpsError || signal?.aborted) return error;
  return new OpsError('undone', 'iso-write-failed', `${output} could not be written: ${whyNamed(error)}`, {
    cause: error,
    hint: 'The old ISO is untouched.',
  });
}

/**
 * Every byte of the new file. Long runs that no piece touches are compared with the old file without copying them
 * about, in the same memory again and again.
 */
async function compareWhole(
  file: OpenFile,
  source: OpenFile,
  wanted: ByteSource,
  patch: Patch,
  signal: AbortSignal | undefined,
): Promise<void> {
  const changed = finalPieces(patch).map(pieceRange);
  const [ours, theirs] = [new Uint8Array(pieceSize), new Uint8Array(pieceSize)];
  for (let offset = 0; offset < patch.newSize; offset += pieceSize) {
    signal?.throwIfAborted();
    const part = { offset, length: Math.min(pieceSize, patch.newSize - offset) };
    const { length } = part;
    const plain = endOf(part) <= source.size && !changed.some((range) => overlaps(range, part));
    const [read, expected] = await Promise.all([
      file.readInto(offset, ours.subarray(0, length)),
      plain ? source.readInto(offset, theirs.subarray(0, length)) : wanted.read(offset, length),
    ]);
    const right = typeof expected === 'number' ? theirs.subarray(0, expected) : expected;
    if (Buffer.compare(ours.subarray(0, read), right) !== 0)
      throw new OpsError(
        'undone',
        'iso-read-back',
        `The new ISO did not read back as written from byte ${offset} on`,
        {
          hint: 'The disk that it was written to may be failing.',
        },
      );
  }
}

/** Hands the remastered ISO on piece by piece; nothing of it is kept. */
export async function patchToSink(
  { host, source, signal }: Omit<NewFile, 'output' | 'iso'>,
  image: Image,
  edits: Edits,
  patch: Patch,
  sink: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  await withContents(host.files, async (open) => {
    const wanted = overlaid(source, finalPieces(patch), patch.newSize, open);
    await checkPatched(image, wanted, edits, patch);
    for (let offset = 0; offset < patch.newSize; offset += pieceSize) {
      signal?.throwIfAborted();
      await sink(await wanted.read(offset, pieceSize));
    }
  });
}
