/**
 * Makes the kernel forget the old partitions of a disk. It refuses for one that is in use, so this is also the proof
 * that none is; and what it held of them in memory cannot turn up in the new ones. On the disk nothing changes.
 */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { Handler } from '../../plan/plan.ts';
import { partitionsOf } from '../support/disk-identity.ts';

export const detachPartitionsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('detach-partitions'),
  disk: z.string(),
});
export type DetachPartitions = z.infer<typeof detachPartitionsSchema>;

/** partx fails with 1 when it could do nothing: no partition, or none that could be let go. */
const okCodes = [0, 1];

/**
 * What looks at new disks by itself (udev, a disk monitor, somebody's lsblk) has a partition open for a moment: only
 * what stays in use is a refusal.
 */
const patienceMs = 5000;
const retryMs = 200;

/** Names of the partitions that are still in use. */
async function letGo(host: Host, disk: string): Promise<readonly string[]> {
  for (let waited = 0; ; waited += retryMs) {
    await host.processes.run('partx', ['--delete', disk], { okCodes });
    const left = await partitionsOf(host, disk);
    if (left.length === 0 || waited >= patienceMs) return left;
    await host.clock.sleep(retryMs);
  }
}

export const detachPartitions: Handler<DetachPartitions> = {
  describe: (step) => `Detach the old partitions of ${step.disk}`,
  destructive: false,
  async run(step, { host }) {
    const left = await letGo(host, step.disk);
    if (left.length === 0) return;
    throw refused('disk-busy', `${step.disk} is in use: ${left.join(', ')}`, {
      hint: 'Stop what uses it (fuser, lsof and dmesg may tell what that is) and run the command again.',
    });
  },
  undo: {
    kind: 'restore',
    async run(step, { host }) {
      await host.processes.run('partx', ['--update', step.disk], { okCodes });
    },
  },
};
