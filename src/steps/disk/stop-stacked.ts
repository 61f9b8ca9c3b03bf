/**
 * Stops what the kernel has made of a disk (LVM, encryption, RAID, a cache) and swap on it, so that nothing writes to
 * the disk while it is erased, or keeps its partitions. Only when nothing on it is mounted. No byte of the disk
 * is changed by it, and what was stopped can be started again by the system that it belongs to.
 */
import { basename } from 'node:path/posix';
import { z } from 'zod';
import { readUsage } from '../../disk/probe/usage.ts';
import { settleDevices } from '../../disk/settle.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';

import { diskIdentity } from '../support/disk-identity.ts';

export const stopStackedSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('stop-stacked'),
  disk: z.string(),
  /** Paths that are swapped to. */
  swaps: z.array(z.string()),
  /** In this order: what stands on another comes first. */
  devices: z.array(
    z.strictObject({
      kernelName: z.string().regex(/^[\w-]+$/),
      path: z.string(),
      way: z.enum(['dm', 'md', 'bcache', 'with-parent']),
      /** The other disks that it lies on, for the person who reads the plan. */
      alsoOn: z.array(z.string()),
    }),
  ),
});
export type StopStacked = z.infer<typeof stopStackedSchema>;
type Device = StopStacked['devices'][number];

const limitMs = 15_000;
const pollMs = 50;

export const stopStacked: Handler<StopStacked> = {
  describe: (step) => {
    const devices = step.devices
      .filter(({ way }) => way !== 'with-parent')
      .map(({ path, alsoOn }) => (alsoOn.length === 0 ? path : `${path} (also on ${alsoOn.join(', ')})`));
    return `Stop ${[...step.swaps.map((path) => `swap on ${path}`), ...devices].join(', ')}`;
  },
  destructive: false,
  async preflight(step, context) {
    await requireUnmounted(step, context.host);
    if (!step.devices.some(({ way }) => way === 'dm')) return;
    if ((await context.host.processes.which('dmsetup')) !== undefined) return;
    throw refused(
      'tool-missing',
      `dmsetup is missing, which is needed to stop what is active on ${step.disk}`,
      {
        hint: 'Deactivate it with the program that made it (vgchange -an, cryptsetup close) and try again.',
      },
    );
  },
  async run(step, context) {
    await requireUnmounted(step, context.host);
    for (const path of step.swaps) await context.host.processes.run('swapoff', [path]);
    for (const device of step.devices) await stop(device, context);
    await settleDevices(context.host);
  },
  async verify(step, context) {
    const { clock } = context.host;
    const end = clock.monotonic() + limitMs;
    for (;;) {
      const users = (await diskIdentity(context.host, step.disk))?.usedBy ?? [];
      if (users.length === 0) return;
      if (clock.monotonic() >= end) throw busy(step.disk, users);
      await clock.sleep(pollMs, context.signal);
    }
  },
  // How it was put together is known to the system that did it, not to us.
  undo: { kind: 'none' },
};

/** A file system that came since the plan was made must not lose the ground under it. */
async function requireUnmounted(step: StopStacked, host: Host): Promise<void> {
  const usage = await readUsage(host);
  for (const { kernelName, path } of step.devices) {
    const number = await host.files.readText(`/sys/class/block/${kernelName}/dev`).catch(() => '');
    const { mounts } = await usage.of({ kernelName, number: number.trim(), path });
    const users = mounts.filter((point) => point !== '[SWAP]' || !step.swaps.includes(path));
    if (users.length > 0)
      throw busy(
        step.disk,
        users.map((point) => `${path} at ${point}`),
      );
  }
}

async function stop({ kernelName, path, way }: Device, { host }: StepContext): Promise<void> {
  const folder = `/sys/class/block/${kernelName}`;
  // With one that stood on it, or on another disk of the same RAID, it may have gone already.
  if (way === 'with-parent' || !(await host.files.exists(`${folder}/dev`))) return;
  if (way === 'dm') await host.processes.run('dmsetup', ['remove', '--retry', basename(path)]);
  else if (way === 'md') await host.files.write(`${folder}/md/array_state`, 'clear');
  else await host.files.write(`${folder}/bcache/stop`, '1');
}

const busy = (disk: string, users: readonly string[]) =>
  refused('disk-busy', `${disk} is in use: ${users.join(', ')}`, {
    hint: 'Unmount it, or stop it with the program that made it, and run the command again.',
  });
