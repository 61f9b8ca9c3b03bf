/**
 * The last step of a takeover on the old system: GRUB's one-time entry. Before it everything is written out: GRUB
 * does not replay the journal of ext4, and sync(1) of a file system, unlike fsync(2) of a file, also writes its
 * metadata where GRUB looks for them.
 */
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { changeEnvironmentFile, readEnvironmentFile } from '../../boot/environment-file.ts';
import type { Handler } from '../../plan/plan.ts';
import { checkpoint } from '../support/checkpoint.ts';
import { readBackError } from '../support/devices.ts';
import { withTargetFile } from '../support/target-folder.ts';

export const bootOnceSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('boot-once'),
  at: z.string(),
  /** GRUB's environment block, relative to `at`. */
  path: z.string(),
  /** The id of the menu entry. */
  entry: z.string(),
  /** What lies on other file systems, relative to `at`, and is to be written out, too. */
  alsoOut: z.array(z.string()).optional(),
  /** Of the file system of `path`: writing out leaves the metadata of XFS in its log, which GRUB does not replay. */
  log: z.literal('xfs').optional(),
  /** What is mounted from the disk `device`, in words: all of it goes, not one file system alone. */
  erases: z.string().optional(),
  /** For the plan that is shown: what is deleted when the entry has booted. */
  device: z.string(),
  /** For the plan, too: what has to be true before that, behind "when it". */
  kept: z.string(),
});
export type BootOnce = z.infer<typeof bootOnceSchema>;

export const bootOnce: Handler<BootOnce> = {
  describe: ({ device, erases, kept }) =>
    erases === undefined
      ? `Boot Bhojpur OS once at the next start; when it ${kept}, it becomes the default and deletes everything else on ${device}`
      : `Boot Bhojpur OS once at the next start, in memory; when it ${kept}, it ERASES ALL OF ${device} (${erases}) and installs itself there`,
  destructive: false,
  completes: true,
  async run(step, { host, resolve }) {
    for (const path of [...(step.alsoOut ?? []), step.path])
      await host.processes.run('sync', ['-f', `${resolve(step.at)}/${path}`]);
    if (step.log !== undefined) await checkpoint(host, dirname(`${resolve(step.at)}/${step.path}`));
    await withTargetFile(host.files, resolve(step.at), step.path, (path) =>
      changeEnvironmentFile(host.files, path, { next_entry: step.entry }),
    );
  },
  async verify(step, { host, resolve }) {
    const path = `${resolve(step.at)}/${step.path}`;
    if ((await readEnvironmentFile(host.files, path)).get('next_entry') !== step.entry)
      throw readBackError(path);
  },
  // Whoever was interrupted here starts the old system: nothing is tried that failed to be prepared.
  undo: {
    kind: 'restore',
    run: (step, { host, resolve }) =>
      withTargetFile(host.files, resolve(step.at), step.path, (path) =>
        changeEnvironmentFile(host.files, path, { next_entry: undefined }),
      ),
  },
};
