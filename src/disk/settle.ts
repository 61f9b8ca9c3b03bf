/** Waiting for udev, which looks at a disk again whenever a writer has closed it. */
import type { Host } from '../host/ports.ts';

const limitSeconds = 15;

/**
 * Lets udev finish what a closed disk or a new table set off; what it has not learnt by the limit, lsblk does not know.
 * Without udev there is nothing to wait for.
 */
export async function settleDevices({ processes }: Host): Promise<void> {
  if ((await processes.which('udevadm')) === undefined) return;
  // 1: the limit was reached; 2: no udev is running.
  await processes.run('udevadm', ['settle', `--timeout=${limitSeconds}`], { okCodes: [0, 1, 2] });
}
