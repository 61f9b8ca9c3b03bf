/** Makes the file that a disk image is written to. It has another name until all of it is there. */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Handler } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';

export const createImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('create-image'),
  path: z.string(),
  /** Bytes. */
  size: byteCount,
  /** What will be written to it at least, in bytes. */
  content: byteCount,
});
export type CreateImage = z.infer<typeof createImageSchema>;

export const createImage: Handler<CreateImage> = {
  describe: (step) => `Make an empty disk image of ${formatBytes(step.size)}`,
  destructive: false,
  async preflight({ path, content }, { host }) {
    const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')));
    const free = await host.files.freeSpace(folder);
    if (free >= content) return;
    throw refused(
      'no-room',
      `The image needs ${formatBytes(content)} of space, but ${folder} has ${formatBytes(free)} free`,
      { hint: 'Free some space, or write the image to another folder.' },
    );
  },
  async run({ path, size }, { host }) {
    const { files } = host;
    // Nothing that an earlier attempt has left: what is free in the image reads as zeros.
    await files.remove(path);
    await files.write(path, '', { mode: 0o600, sync: true });
    await files.resize(path, size);
  },
  undo: { kind: 'restore', run: ({ path }, { host }) => host.files.remove(path) },
};
