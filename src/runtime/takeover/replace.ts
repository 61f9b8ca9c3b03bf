/**
 * In the system that a takeover has started from memory: which disk it is to replace, and what the old system is told when
 * it comes back. Until it is confirmed nothing is written but that.
 */
import { join } from 'node:path';
import { returnedPath } from '../../boot/menus/takeover-menu.ts';
import type { ReplaceMarker } from '../../boot/replace-menu.ts';
import { OpsError } from '../../errors.ts';
import { fileSystemIdentity } from '../../formats/filesystems/identity.ts';
import type { Host } from '../../host/ports.ts';
import { openMenus } from './old-boot.ts';

/**
 * The disk on which the file system with the old boot loader lies. Throws `takeover-unexpected` (broken) unless that is one
 * partition: a copy of the disk must not be erased in its place.
 */
export async function diskToReplace(
  host: Host,
  root: string,
  { boot }: Pick<ReplaceMarker, 'boot'>,
): Promise<string> {
  const { files } = host;
  const found: { readonly partition: string; readonly disk: string }[] = [];
  for (const name of await files.list(join(root, '/sys/class/block'))) {
    const entry = await files.realPath(join(root, '/sys/class/block', name));
    if (!(await files.exists(join(entry, 'partition')))) continue;
    const partition = devicePath(name);
    if ((await uuidOf(host, join(root, partition))) !== boot.uuid) continue;
    found.push({ partition, disk: devicePath(entry.split('/').at(-2) ?? '') });
  }
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw unexpected(
      only === undefined
        ? `no partition has the file system ${boot.uuid}`
        : `${found.map(({ partition }) => partition).join(' and ')} have the same file system (UUID ${boot.uuid})`,
    );
  return only.disk;
}

/** The kernel writes a slash in a name as an exclamation mark. */
const devicePath = (name: string) => `/dev/${name.replaceAll('!', '/')}`;

async function uuidOf({ files }: Host, device: string): Promise<string | undefined> {
  try {
    const file = await files.open(device, 'r');
    return (await fileSystemIdentity(file).finally(() => file.close()))?.uuid;
  } catch {
    return undefined;
  }
}

/** Writes why the old system is back where it finds it. Throws what mounting and writing do. */
export async function tellOldSystem(
  host: Host,
  root: string,
  { boot }: Pick<ReplaceMarker, 'boot'>,
  line: string,
): Promise<void> {
  const menus = await openMenus(host, { root, state: root, writes: true }, { folder: 'boot/grub', boot });
  try {
    await host.files.writeAtomic(join(menus.on, returnedPath), line, { mode: 0o644 });
  } finally {
    await menus.close();
  }
}

const unexpected = (what: string) =>
  new OpsError('broken', 'takeover-unexpected', `The takeover is not finished: ${what}`, {
    hint: 'Nothing was erased. Reboot to start the old system.',
  });
