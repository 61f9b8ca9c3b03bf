/** Copies the system out of an ISO onto a mounted target. */
import { z } from 'zod';
import { formatBytes } from '../../formats/size.ts';
import { reopenImage } from '../../media/image.ts';
import { placedFileSchema, placeSchema } from '../../media/image-medium.ts';
import { type Image, imageRefSchema } from '../../media/image-ref.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { sha256Hex } from '../support/content/content-schema.ts';
import { damaged } from '../support/content/damaged-medium.ts';
import { openSink } from '../support/content/file-sink.ts';
import { streamFiles } from '../support/content/image-files.ts';
import { withNewTargetFile, withTargetFile } from '../support/target-folder.ts';
import { fileMode, makeFoldersOf, totalSize } from './copy-files.ts';

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
    try {
      await streamFiles(step, image, context, {
        open: ({ path }) => withNewTargetFile(files, root, path, (file) => openSink(files, file)),
        finished: ({ path }) =>
          withTargetFile(files, root, path, (file) => files.chmod(file, fileMode(path))),
      });
    } finally {
      await image.close();
    }
  },
  undo: { kind: 'none' },
};

const open = (step: CopyFromImage, context: StepContext): Promise<Image> =>
  reopenImage(context.host, step.image, context.resolve, { say: context.note, signal: context.signal });
