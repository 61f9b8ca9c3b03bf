/** The way back from an overlay: what the kernel of a board starts is the old init again, by one rename. */
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { syncFolder } from '../support/sync-folder.ts';

export const restoreInitSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('restore-init'),
  /** The root. */
  at: z.string(),
  /** Relative to it: where /sbin/init really lies. */
  path: z.string(),
  /** The old one, under its other name; null when only a tarball was unpacked: then a link to `target` is made. */
  kept: z.string().nullable(),
  target: z.string().nullable(),
  /** What /sbin/init is now. */
  ours: z.string(),
});
export type RestoreInit = z.infer<typeof restoreInitSchema>;

export const restoreInit: Handler<RestoreInit> = {
  describe: ({ path, kept, target }) =>
    kept === null ? `Link /${path} -> ${target}` : `Change /${path} back to /${kept}`,
  destructive: false,
  completes: true,
  async run(step, context) {
    const { files } = context.host;
    const { init, kept, folder } = placesOf(step, context);
    if (kept === undefined) {
      const unfinished = `${init}.new`;
      await files.remove(unfinished);
      await files.symlink(step.target ?? '', unfinished);
      await syncFolder(context, folder);
      await files.rename(unfinished, init);
    } else await files.rename(kept, init);
    await syncFolder(context, folder);
  },
  async verify(step, context) {
    const { files } = context.host;
    const { init } = placesOf(step, context);
    const stat = await files.stat(init);
    const isLink = stat?.type === 'symlink';
    if (isLink && (step.target === null || (await files.readLink(init)) === step.target)) return;
    const ours = await files.read(`${context.resolve(step.at)}/${step.ours}`).catch(() => undefined);
    if (stat?.type === 'file' && (ours === undefined || Buffer.compare(await files.read(init), ours) !== 0))
      return;
    throw new OpsError('broken', 'read-back', `${init} is not the old init`);
  },
  undo: { kind: 'none' },
};

const placesOf = ({ at, path, kept }: RestoreInit, { resolve }: StepContext) => {
  const root = resolve(at);
  const init = `${root}/${path}`;
  return {
    init,
    kept: kept === null ? undefined : `${root}/${kept}`,
    folder: init.replace(/\/[^/]*$/, ''),
  };
};
