/** The last word on whether a disk is in use: the kernel's, which knows more than a process can see. */
import type { DiskFacts } from '../../disk/facts.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';

/**
 * Throws `device-held` (refused) when the kernel lets nobody else have the disk: it, or a partition of it, is mounted
 * where this process does not see it (another mount namespace, a ZFS pool), or part of something else.
 */
export async function refuseBusy({ files }: Pick<Host, 'files'>, disk: DiskFacts): Promise<void> {
  // What is stacked and swapped to holds it too, and is stopped by a step of the plan.
  const stopped = [disk, ...disk.partitions].some(
    (device) => device.holders.length > 0 || device.mounts.includes('[SWAP]'),
  );
  if (stopped || disk.stacked.length > 0) return;
  await refuseBusyDevice({ files }, disk.path);
}

/** The same for a device that nothing may stand on. */
export async function refuseBusyDevice({ files }: Pick<Host, 'files'>, device: string): Promise<void> {
  if (!(await files.isHeld(device))) return;
  throw refused('device-held', `${device} is in use, but not by anything visible from here`, {
    details: ['the kernel refuses exclusive access (O_EXCL: EBUSY)'],
    hint: 'In a container, it may be mounted outside. Otherwise a ZFS pool or another driver may hold it.',
  });
}
