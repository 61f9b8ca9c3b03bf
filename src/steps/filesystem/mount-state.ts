/** Mounts the new state file system for the steps that fill it. Undone on every way out. */
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import type { BlockTarget } from '../../plan/block-target.ts';
import type { Handler } from '../../plan/plan.ts';
import { keepJournal } from '../files/write-journal.ts';
import { isMounted, unmount } from '../support/mounts.ts';
import { refuseLinks } from '../support/refuse-links.ts';

export const mountStateSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('mount-state'),
  partition: z.string(),
  /** The folder, made when it does not exist, and how later steps call it: `mount:state`. */
  at: z.string(),
  bind: z.string(),
  /** Files outside of `bos` that later steps write. */
  writes: z.array(z.string()).exactOptional(),
});
export type MountState = z.infer<typeof mountStateSchema>;

/** A range of a file is mounted through a loop device (mount(8), "loop-device support"). */
const loopOptions = ({ offset, size }: BlockTarget): string[] =>
  offset === 0 ? [] : ['loop', `offset=${offset}`, ...(size === undefined ? [] : [`sizelimit=${size}`])];

export const mountState: Handler<MountState> = {
  describe: (step) => `Mount the state partition at ${step.at}`,
  destructive: false,
  async preflight(step, { host }) {
    if (!(await isMounted(host, step.at))) return;
    throw new OpsError('refused', 'mount-point-busy', `Something is mounted at ${step.at}`, {
      hint: `Another installation may be running; if not, run \`umount ${step.at}\`.`,
    });
  },
  async run(step, context) {
    await context.host.files.makeDir(step.at, 0o700);
    // Empty inode tables are the first boot's work: here they would be written beside what is copied, and wanted by nobody.
    const options = [
      'noatime,nodev,nosuid,noexec,noinit_itable',
      ...loopOptions(context.block(step.partition)),
    ];
    const { path } = context.block(step.partition);
    await context.host.processes.run('mount', ['-t', 'ext4', '-o', options.join(), path, step.at]);
    await refuseLinks(context.host.files, step.at, step.writes);
    context.bind(step.bind, step.at);
  },
  undo: {
    kind: 'release',
    async run(step, context) {
      if (!(await isMounted(context.host, step.at))) return;
      // Something failed while it was mounted: what is known of it goes with the disk, if the disk still takes it.
      await keepJournal(context, step.at).catch(() => {});
      await unmount(context.host, step.at);
    },
  },
};
