/**
 * Installing from a Linux that is not Bhojpur OS: what is different there, and nothing else. The medium comes by URL
 * or path, the tools out of it, and the disk may be in use by somebody whom this process cannot see.
 */
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { shownUrl } from '../../media/shown-url.ts';
import { withNetwork } from '../../operation/network.ts';
import { requireRoot } from '../check/check.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import type { InstallRequest } from '../request.ts';
import { chooseMedium } from './choose.ts';
import { type MediumTools, withMediumTools } from './tools.ts';
import { requireConsentToMedium } from './trust.ts';
import { requireWholeDigest } from './whole-digest.ts';

/**
 * Checks what can be checked without tools, then runs `use` with the medium's. Throws OpsError (refused) `not-live`,
 * `not-root`, `device-missing`, `medium-unverified`, `iso-digest`, and what choosing a medium and taking its tools do.
 */
export async function overLinux<T>(
  given: Host,
  request: InstallRequest,
  options: FetchOptions,
  use: (tools: MediumTools) => Promise<T>,
): Promise<T> {
  const { isoUrl } = request;
  if (isoUrl === undefined) {
    throw refused('not-live', 'This machine does not run Bhojpur OS, so there is no medium to install from', {
      hint: 'Name the disk and the ISO: opsctl install DEVICE ISO_URL. Or boot the Bhojpur OS ISO.',
    });
  }
  requireRoot(given);
  if (request.device?.startsWith('/') === true) await requireDevice(given, request.device);
  requireConsentToMedium(request, { runs: true });
  const host = await withNetwork(given, request);
  const medium = await chooseMedium(host, request, { arch: host.system.arch }, options);
  const { image } = medium;
  const { isoSha256 } = request;
  if (image !== undefined && isoSha256 !== undefined)
    await requireWholeDigest(host, image, isoUrl, isoSha256, options);
  if (request.dryRun)
    options.say?.(
      `To look at the disks, this dry run runs programs out of ${shownUrl(isoUrl)} as root, such as lsblk`,
    );
  return withMediumTools(host, medium, isoUrl, options, (tools) =>
    // The network is added again by the installation itself.
    use({ ...tools, host: { ...tools.host, http: given.http } }),
  );
}

/** A disk that is there for the kernel is not for a container that was given no devices. */
async function requireDevice({ files }: Host, device: string): Promise<void> {
  const path = await files.realPath(device).catch(() => device);
  const stat = await files.stat(path);
  if (stat?.type === 'block') return;
  if (stat !== undefined)
    throw refused('device-missing', `${device} is not a block device`, {
      hint: 'Name a disk, such as /dev/vda. `lsblk` lists them.',
    });
  const known = await files.exists(`/sys/class/block/${path.slice(path.lastIndexOf('/') + 1)}`);
  throw refused('device-missing', `${device} does not exist`, {
    details: known ? ['the kernel has a disk of this name: this container has no access to it'] : [],
    hint: known
      ? 'Install from the machine itself, or give the container the devices in /dev.'
      : 'Check the name, and that the disk is attached. `lsblk` lists them.',
  });
}
