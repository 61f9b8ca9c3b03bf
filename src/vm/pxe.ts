/** A folder that boots an artifact set over QEMU's own TFTP server. */
import { join } from 'node:path';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { artifactCommandLine, artifactNames, type BootFiles } from './boot-files.ts';
import type { Firmware } from './machine.ts';

/** Where QEMU's user network has its TFTP server. */
const server = '10.0.2.2';

/** A UEFI boots this file of the artifacts; its BIOS card brings iPXE, which takes a script. */
const efiLoader = 'bootx64.efi';

/** Fills `folder` with links to the artifacts and what boots them. Throws OpsError `pxe-loader-missing` (refused). */
export async function pxeFolder(
  artifacts: Extract<BootFiles, { kind: 'artifacts' }>,
  firmware: Firmware,
  append: string,
  host: Host,
  folder: string,
): Promise<{ folder: string; bootFile: string }> {
  await host.files.makeDir(folder);
  for (const name of await host.files.list(artifacts.folder)) {
    await host.files.symlink(await host.files.realPath(join(artifacts.folder, name)), join(folder, name));
  }
  if (firmware === 'bios') {
    await host.files.write(join(folder, 'boot.ipxe'), ipxeScript(append));
    return { folder, bootFile: 'boot.ipxe' };
  }
  if (await host.files.exists(join(folder, efiLoader))) return { folder, bootFile: efiLoader };
  throw refused('pxe-loader-missing', `${join(artifacts.folder, efiLoader)} does not exist`, {
    hint: 'UEFI starts an EFI program over the network: use --firmware bios, or put a loader there.',
  });
}

/** The script that iPXE runs. */
export function ipxeScript(append: string): string {
  const { kernel, initrd } = artifactNames;
  const line = [`initrd=${initrd}`, artifactCommandLine, append].filter(Boolean).join(' ');
  return [
    '#!ipxe',
    'echo Bhojpur OS: fetching the kernel',
    `kernel tftp://${server}/${kernel} ${line}`,
    'echo Bhojpur OS: fetching the system',
    `initrd tftp://${server}/${initrd}`,
    'echo Bhojpur OS: starting the kernel, which unpacks the system',
    'boot',
    '',
  ].join('\n');
}
