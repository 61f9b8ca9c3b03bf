/** The end of an installation that somebody watched: the medium goes before the machine starts again. */
import { probeBootRecord } from '../../../disk/probe/machine.ts';
import type { Host } from '../../../host/ports.ts';
import type { InstallRequest } from '../../../install/request.ts';

/** What the medium is called that this system was started from, when a person can take it out; else undefined. */
export async function removableMedium(host: Host): Promise<'the CD' | 'the stick' | undefined> {
  const medium = (await probeBootRecord(host, { root: '' }))?.medium ?? '';
  if (medium === '') return undefined;
  const path = await host.files.realPath(medium).catch(() => medium);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^sr\d+$/.test(name)) return 'the CD';
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
