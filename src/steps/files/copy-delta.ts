/**
 * Copies one file of an image onto a mounted target and fetches only what files of an older version on this machine do
 * not have. The result is compared with the manifest as that of a full copy is: what the index of blocks or the local
 * files say decides how much is fetched, and nothing else.
 */
import { z } from 'zod';
import { OpsError, refused } from '../../errors.ts';
import { type BlockIndex, decodeBlockIndex, largestIndex } from '../../formats/block-index.ts';
import { formatBytes } from '../../formats/size.ts';
import { sha256File, sha256Of } from '../../host/digest.ts';
import { assemble } from '../../media/delta/assemble.ts';
import { closeLocalFiles, openLocalFiles } from '../../media/delta/local-files.ts';
import { fetchRanges, placesOf } from '../../media/delta/ranges.ts';
import { fetchedBytes, planDelta } from '../../media/delta/segments.ts';
import { reopenImage } from '../../media/image.ts';
import { type PlacedFile, placedFileSchema } from '../../media/image-medium.ts';
import { type Image, type ImageRef, imageRefSchema } from '../../media/image-ref.ts';
import { rechunk } from '../../media/rechunk.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { damaged } from '../support/content/damaged-medium.ts';
import { openSink } from '../support/content/file-sink.ts';
import { readBackError } from '../support/devices.ts';
import { withNewTargetFile } from '../support/target-folder.ts';
import { fileMode, makeFoldersOf } from './copy-files.ts';

export const copyDeltaSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('copy-delta'),
  image: imageRefSchema,
  /** The folder the file goes to, a name such as `mount:state`. */
  to: z.string(),
  file: placedFileSchema,
  /** The index of its blocks, which lies beside it; null where the image has none: then all of it is fetched. */
  index: placedFileSchema.nullable(),
  /** Files of older versions, paths on this machine or names of the plan. Those that are not there do not matter. */
  locals: z.array(z.string()),
});
export type CopyDelta = z.infer<typeof copyDeltaSchema>;

/**
 * The step that brings `file` of an image to `to`. `files` are those of the image, where the index of the file is looked
 * for; `locals` the squashfs files of the deployments on this machine, the most similar first.
 */
export function deltaStep(
  id: string,
  { ref, files }: { readonly ref: ImageRef; readonly files: readonly PlacedFile[] },
  file: PlacedFile,
  { to, locals }: { readonly to: string; readonly locals: readonly string[] },
): CopyDelta {
  const index = files.find(({ path }) => path === `${file.path}.blocks`) ?? null;
  return { id, kind: 'copy-delta', image: ref, to, file, index, locals: [...locals] };
}

const pieceSize = 1024 * 1024;

export const copyDelta: Handler<CopyDelta> = {
  describe: ({ file, image }) =>
    `Copy ${file.path} (${formatBytes(file.size)}) from ${image.from === 'file' ? image.path : image.shown}, ` +
    'fetching only what this machine does not have',
  destructive: false,
  async preflight(step, context) {
    await refuseSource(step, context);
    const image = await open(step, context);
    try {
      // Asks for it, and so compares the version.
      if ((await image.read(0, 1)).length === 0) throw damaged('the ISO is empty');
    } finally {
      await image.close();
    }
  },
  async run(step, context) {
    const { files } = context.host;
    const { path, sha256 } = step.file;
    await makeFoldersOf([step.file], context.resolve(step.to), files);
    const image = await open(step, context);
    try {
      await withNewTargetFile(files, context.resolve(step.to), path, async (target) => {
        const digest = await fromBlocks(step, image, target, context);
        if (digest !== sha256) {
          if (digest !== undefined)
            context.note(`The blocks of ${path} do not give that file; fetching all of it`);
          const whole = fetched(image, step.file, [{ offset: 0, length: step.file.size }], context.signal);
          if ((await write(step, target, whole, context)) !== sha256)
            throw damaged(`${path} does not match its digest in the manifest`);
        }
        await files.chmod(target, fileMode(path));
      });
    } finally {
      await image.close();
    }
  },
  async verify(step, context) {
    const target = targetOf(step, context);
    const { files } = context.host;
    if ((await sha256File(files, target, { fromDisk: true, signal: context.signal })) !== step.file.sha256)
      throw readBackError(target);
  },
  undo: {
    kind: 'restore',
    run: (step, context) => context.host.files.remove(targetOf(step, context)),
  },
};

const targetOf = (step: CopyDelta, context: StepContext) => `${context.resolve(step.to)}/${step.file.path}`;

/** Making the target would empty the file that blocks are to be taken from. `current` is a link: it leads to a version. */
async function refuseSource(step: CopyDelta, context: StepContext): Promise<void> {
  const { files } = context.host;
  const real = (path: string) => files.realPath(path).catch(() => path);
  const target = await real(targetOf(step, context));
  for (const local of step.locals)
    if ((await real(context.resolve(local))) === target)
      throw refused(
        'delta-target',
        `${target} cannot be written: it is one of the files to take blocks from`,
        { hint: 'Nothing was touched. Give the new version a folder of its own.' },
      );
}

const open = (step: CopyDelta, context: StepContext): Promise<Image> =>
  reopenImage(context.host, step.image, context.resolve, { say: context.note, signal: context.signal });

const fetched = (
  image: Image,
  { extents }: PlacedFile,
  ranges: readonly { readonly offset: number; readonly length: number }[],
  signal: AbortSignal,
) =>
  fetchRanges(
    image,
    ranges.flatMap((range) => placesOf(extents, range)),
    signal,
  );

/** The digest of what was written to `target`; undefined when nothing was, for want of an index or of ranges. */
async function fromBlocks(
  step: CopyDelta,
  image: Image,
  target: string,
  context: StepContext,
): Promise<string | undefined> {
  const { signal, log } = context;
  // Without ranges everything before the file would be sent for the index, and then again.
  const wanted = image.ranges ? await readIndex(step, image, context) : undefined;
  if (wanted === undefined) return undefined;
  const paths = step.locals.map((path) => context.resolve(path));
  const locals = await openLocalFiles(context.host.files, paths, { signal, say: log });
  try {
    const segments = planDelta(
      wanted,
      locals.map(({ index }) => index),
      image,
    );
    let missing = 0;
    const bytes = assemble({
      segments,
      locals: locals.map(({ file }) => file),
      fetch: (ranges) => fetched(image, step.file, ranges, signal),
      missing: ({ length }) => {
        missing += length;
      },
      signal,
    });
    const digest = await write(step, target, bytes, context);
    const came = formatBytes(fetchedBytes(segments) + missing);
    log(`${step.file.path}: fetched ${came} of ${formatBytes(wanted.size)}`);
    return digest;
  } finally {
    await closeLocalFiles(locals);
  }
}

/** The index in the image. One that is not what the manifest says, or not of this file, is as good as none. */
async function readIndex(
  { file, index }: CopyDelta,
  image: Image,
  { signal, note }: StepContext,
): Promise<BlockIndex | undefined> {
  if (index === null || index.size > largestIndex) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of fetched(image, index, [{ offset: 0, length: index.size }], signal))
    pieces.push(Uint8Array.from(piece));
  const bytes = Buffer.concat(pieces);
  const why = (reason: string) => note(`${index.path} is of no use: ${reason}; fetching all of ${file.path}`);
  if (sha256Of(bytes) !== index.sha256) return void why('it does not match its digest in the manifest');
  try {
    const decoded = decodeBlockIndex(bytes, index.path);
    if (decoded.size === file.size && decoded.sha256 === file.sha256) return decoded;
    return void why('it describes another file');
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return void why(error.message);
  }
}

/** Writes `bytes` to the target from its beginning, flushes, and returns the digest of what was written. */
async function write(
  { file: { size } }: CopyDelta,
  target: string,
  bytes: AsyncGenerator<Uint8Array>,
  { host, progress }: StepContext,
): Promise<string> {
  const sink = await openSink(host.files, target);
  try {
    let done = 0;
    for await (const piece of rechunk(bytes, Math.max(1, Math.min(pieceSize, size)))) {
      await sink.write(piece);
      done += piece.length;
      progress(Math.min(done, size), size, 'bytes');
    }
    return await sink.end();
  } finally {
    await sink.close();
  }
}
