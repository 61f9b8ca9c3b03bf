/** Waiting for udev, which looks at a disk again whenever a writer has closed it. */
import type { Host } from '../host/ports.ts';

const limitSeconds = 15;

/** What udev has while it is at work, or has work waiting (udevadm(8), settle). */
const queue = '/run/udev/queue';

/**
 * Lets udev finish what a closed disk or a new table set off; what it has not learnt by the limit, lsblk does not know.
 * Without udev there is nothing to wait for, and a disk that was taken from it keeps it waiting.
 */
export async function settleDevices({ processes, deviceLocks }: Host): Promise<void> {
  if (deviceLocks !== undefined && deviceLocks.taken.size > 0) return;
  if ((await processes.which('udevadm')) === undefined) return;
  // 1: the limit was reached; 2: no udev is running.
  await processes.run('udevadm', ['settle', `--timeout=${limitSeconds}`], { okCodes: [0, 1, 2] });
}

/** The same where nothing was set off a moment ago: udev would be at work already. */
export async function settleOthers(host: Host): Promise<void> {
  if (await host.files.exists(queue)) await settleDevices(host);
}
