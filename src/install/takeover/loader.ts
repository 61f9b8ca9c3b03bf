/**
 * Which menu the GRUB that firmware starts will read: for UEFI what stands on the EFI system partition, for a BIOS
 * what is in the core image behind the boot sector. Reads only.
 */
import { readCorePrefix } from '../../boot/core-prefix.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { LoaderFacts, RootFacts, TakeoverFacts } from './facts.ts';

/** Where the EFI system partition is mounted, as distributions do it. */
const espFolders = ['/boot/efi', '/efi', '/boot/EFI'];

export async function probeLoader(
  host: Host,
  rootFolder: string,
  firmware: TakeoverFacts['firmware'],
  root: RootFacts,
  mounts: TakeoverFacts['mounts'],
): Promise<LoaderFacts> {
  if (firmware === 'bios') return probeBios(host, rootFolder, root);
  const esp = espFolders.find((folder) => mounts.some(({ mountPoint }) => mountPoint === folder));
  if (esp === undefined)
    return {
      menus: [],
      debianShim: false,
      problem: `no EFI system partition is mounted (looked at ${espFolders.join(', ')})`,
    };
  return probeEsp(host, `${rootFolder}${esp}`, esp);
}

async function probeBios(host: Host, rootFolder: string, root: RootFacts): Promise<LoaderFacts> {
  const disk = root.device?.disk;
  if (disk === undefined)
    return {
      menus: [],
      debianShim: false,
      problem: `what GRUB's menu lies on (${root.source}) is not a partition of a disk`,
    };
  try {
    const file = await host.files.open(`${rootFolder}${disk}`, 'r');
    try {
      const found = await readCorePrefix(file);
      if ('problem' in found) return { menus: [], debianShim: false, problem: `${disk}: ${found.problem}` };
      return { menus: found.menus, debianShim: false };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { menus: [], debianShim: false, problem: `${disk} cannot be read (${messageOf(error)})` };
  }
}

async function probeEsp(host: Host, folder: string, shown: string): Promise<LoaderFacts> {
  const { files } = host;
  const menus = new Set<string>();
  let debianShim = false;
  for (const vendor of await files.list(`${folder}/EFI`)) {
    for (const name of await files.list(`${folder}/EFI/${vendor}`)) {
      const path = `${folder}/EFI/${vendor}/${name}`;
      if (/^grub\.cfg$/i.test(name)) {
        const menu = menuOfStub(await files.readText(path));
        if (menu !== undefined) menus.add(menu);
      } else if (/^(shim|boot)[a-z0-9]*\.efi$/i.test(name)) {
        debianShim ||= (await files.read(path)).includes('Debian Secure Boot CA');
      } else if (/^grub[a-z0-9]*\.efi$/i.test(name)) {
        for (const menu of menusOfImage(await files.read(path))) menus.add(menu);
      }
    }
  }
  return {
    menus: [...menus],
    debianShim,
    ...(menus.size > 0 ? {} : { problem: `no GRUB in ${shown}/EFI names its menu` }),
  };
}

/** Characters; grub-install writes some hundred. */
const largestStub = 16 * 1024;

/** `UUID:/boot/grub` of what grub-install writes beside a GRUB on the EFI system partition. */
export function menuOfStub(text: string): string | undefined {
  const stub = text.slice(0, largestStub);
  const uuid =
    /^[ \t]*search(?:\.fs_uuid|.*--fs-uuid(?:\s+--set=root)?)\s+(?:--\S+\s+)*([0-9a-f-]{36}|[0-9a-f]{4}-[0-9a-f]{4})\b/im.exec(
      stub,
    )?.[1];
  // Fedora and its kin call the device dev.
  const folder = /^[ \t]*set\s+prefix=["']?\(\$\{?(?:root|dev)\}?\)["']?(\/[^'"\s]*)/m.exec(stub)?.[1];
  return uuid === undefined || folder === undefined ? undefined : `${uuid.toLowerCase()}:${folder}`;
}

/** What an image that was not signed by a distribution has built in: `(,gpt2)/boot/grub`. */
function menusOfImage(bytes: Buffer): string[] {
  const found = /\(,(?:gpt|msdos)\d+\)(\/[a-z0-9/@._-]*grub2?)\0/i.exec(bytes.toString('latin1'));
  return found?.[1] === undefined ? [] : [`:${found[1]}`];
}
