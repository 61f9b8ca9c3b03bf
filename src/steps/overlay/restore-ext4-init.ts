/** The way back inside an image that is not mounted: the old init under its own name again. */
import { posix } from 'node:path';
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import type { Handler } from '../../plan/plan.ts';
import { debugfs, ext4At, quoted, requireSound } from './debugfs.ts';

export const restoreExt4InitSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('restore-ext4-init'),
  image: z.string(),
  /** Bytes: where the file system begins. */
  offset: z.number().int().nonnegative(),
  path: z.string(),
  kept: z.string().nullable(),
  /** Of a link; null for a file. */
  target: z.string().nullable(),
});
export type RestoreExt4Init = z.infer<typeof restoreExt4InitSchema>;

export const restoreExt4Init: Handler<RestoreExt4Init> = {
  describe: ({ path }) => `Change /${path} in the root file system back to the old one`,
  destructive: false,
  async run({ image, offset, path, kept, target }, context) {
    const name = quoted(posix.basename(path));
    const old = kept === null ? [] : [quoted(posix.basename(kept))];
    const again =
      target === null
        ? old.flatMap((file) => [`ln ${file} ${name}`, `unlink ${file}`])
        : [...old.map((link) => `rm ${link}`), `symlink ${name} ${quoted(target)}`];
    await debugfs(context, ext4At(image, offset, context), [
      `cd ${quoted(`/${posix.dirname(path)}`)}`,
      `rm ${name}`,
      ...again,
    ]);
  },
  async verify({ image, offset, path, kept, target }, context) {
    const at = ext4At(image, offset, context);
    const about = async (name: string) =>
      (await context.host.processes.run('debugfs', ['-R', `stat ${quoted(`/${name}`)}`, at])).stdout;
    const stdout = await about(path);
    // One that is there under both names was not put back.
    const again = kept === null || !/Type: /.test(await about(kept));
    const right =
      target === null ? /Type: regular/.test(stdout) : stdout.includes(`Fast link dest: "${target}"`);
    if (!again || !right)
      throw new OpsError('broken', 'read-back', `/${path} in the image is not the old init`);
    await requireSound(context, at);
  },
  undo: { kind: 'none' },
};
