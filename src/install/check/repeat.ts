/**
 * An unattended request comes again with every boot while the medium stays first in the boot order, or a server
 * says install for ever. The initrd starts what the request has installed instead of the installer; this is for a
 * disk that the initrd did not see in time, and for one that is damaged.
 */
import { parseBootEnvironment } from '../../boot/environment.ts';
import { describeDisk } from '../../disk/describe.ts';
import type { DiskFacts } from '../../disk/facts.ts';
import { espLabel } from '../../disk/layout/layout.ts';
import { readEnvironmentBlock } from '../../disk/probe/installation.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { type InstallRequest, isSameRequest } from '../request.ts';

/**
 * Throws `installed-already` (refused) when `disk` is what this request has installed, and `installation-damaged`
 * (refused) for any installation that was valid once. A request without an id is a person's: naming the disk was
 * consent. Reads the disk's EFI system partition.
 */
export async function refuseRepeat(
  host: Host,
  request: Pick<InstallRequest, 'id' | 'always' | 'byMedium'>,
  disk: DiskFacts,
): Promise<void> {
  if (request.id === undefined || request.always) return;
  const details = [describeDisk(disk)];
  if (disk.content === 'damaged') {
    throw refused('installation-damaged', `${disk.path} has a damaged installation`, {
      details,
      hint: 'Inspect it with bos.mode=rescue. To erase it and install again, use bos.install.always.',
    });
  }
  if (disk.content !== 'bhojpur' || !isSameRequest(await madeBy(host, disk), request.id)) return;
  throw refused('installed-already', `${disk.path} was already installed by this same request`, {
    details,
    hint: `${request.byMedium ? byMedium : tooLate} To erase it and install again, use bos.install.always.`,
  });
}

const tooLate = 'It appeared too late in this boot: restart to try again.';
const byMedium = 'Remove the medium, whose config.yaml asks for it, and restart.';

/** The id of the request that a valid installation comes of, if of any. */
async function madeBy(host: Host, { partitions }: DiskFacts): Promise<string | undefined> {
  const esp = partitions.find(({ signature }) => signature?.label === espLabel);
  const block = esp === undefined ? undefined : await readEnvironmentBlock(host, esp.path);
  return block !== undefined && 'found' in block ? parseBootEnvironment(block.found).request : undefined;
}
