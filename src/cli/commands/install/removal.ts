/** The end of an installation: the medium goes before the machine starts again, by hand or by its drive. */
import { probeBootRecord } from '../../../disk/probe/machine.ts';
import { messageOf } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { InstallRequest } from '../../../install/request.ts';
import type { InstallResult } from '../../../install/run.ts';

const drive = /^\/dev\/sr\d+$/;

/** Undefined for a system that came over the network, and for another Linux. */
async function mediumDevice(host: Host): Promise<string | undefined> {
  const medium = (await probeBootRecord(host, { root: '' }))?.medium ?? '';
  return medium === '' ? undefined : await host.files.realPath(medium).catch(() => medium);
}

/** What the medium is called that this system was started from, when a person can take it out; else undefined. */
export async function removableMedium(host: Host): Promise<'the CD' | 'the stick' | undefined> {
  const path = await mediumDevice(host);
  if (path === undefined) return undefined;
  if (drive.test(path)) return 'the CD';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const folder = await host.files.realPath(`/sys/class/block/${name}`).catch(() => '');
  // A partition lies in the folder of its disk; USB disks do not call themselves removable.
  const flags = await Promise.all(
    [folder, folder.replace(/\/[^/]*$/, '')].map((place) =>
      host.files.readText(`${place}/removable`).catch(() => '0'),
    ),
  );
  return /\/usb\d/.test(folder) || flags.some((flag) => flag.trim() === '1') ? 'the stick' : undefined;
}

/**
 * Starts the machine again, or powers it off, without the medium: programs that would have to be read from it are not
 * run. Everything of the target is on the disk by now; the kernel writes out what others have mounted
 * (Linux, Documentation/admin-guide/sysrq.rst).
 */
export async function endWithoutMedium(host: Host, after: InstallRequest['after']): Promise<void> {
  const trigger = '/proc/sysrq-trigger';
  await host.files.append('/proc/sys/kernel/sysrq', '1');
  await host.files.append(trigger, 's');
  await host.files.append(trigger, 'u');
  await host.clock.sleep(1_000);
  await host.files.append(trigger, after === 'power-off' ? 'o' : 'b');
}

/** Read at the end of the shutdown by os/overlay/usr/lib/systemd/system-shutdown/bos-eject. */
const ejectPath = '/run/bos/eject';

/**
 * Has the drive of the CD opened that this system was started from, when nothing needs it any more: by the end of the
 * shutdown. Nothing happens with a stick, over the network, or where the next boot installs again. A drive that stays
 * closed does no harm, so nothing here is an error.
 */
export async function ejectAtShutdown(
  host: Host,
  { after, again }: Pick<InstallResult, 'after' | 'again'>,
  say: (line: string) => void,
): Promise<void> {
  if (after === 'stay' || again === 'installs') return;
  const path = await mediumDevice(host).catch(() => undefined);
  if (path === undefined || !drive.test(path)) return;
  try {
    await host.files.write(ejectPath, `${path}\n`);
    say(
      `${path} ejects the CD when the machine ${after === 'reboot' ? 'restarts' : 'powers off'}, if it can.`,
    );
  } catch (error) {
    say(`${path} stays closed: ${messageOf(error)}`);
  }
}
