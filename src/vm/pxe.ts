/** A folder that boots an artifact set over QEMU's own TFTP server. */
import { join } from 'node:path';
import { type ArchitectureName, architectures } from '../architectures.ts';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { artifactCommandLine, artifactNames, type BootFiles } from './boot-files.ts';
import type { Firmware } from './machine.ts';

/** Where QEMU's user network has its TFTP server. */
const server = '10.0.2.2';

/** A UEFI boots this file of the artifacts; the BIOS card of a PC brings iPXE, which takes a script. */
const efiLoader = (arch: ArchitectureName) => architectures[arch].efi?.fallback.toLowerCase() ?? 'boot.efi';

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
    await host.files.write(join(folder, 'boot.ipxe'), ipxeScript(artifacts.arch, append));
    return { folder, bootFile: 'boot.ipxe' };
  }
  const loader = efiLoader(artifacts.arch);
  if (await host.files.exists(join(folder, loader))) return { folder, bootFile: loader };
  throw refused('pxe-loader-missing', `${join(artifacts.folder, loader)} does not exist`, {
    hint: 'UEFI starts an EFI program over the network: put one there, or use --firmware bios where there is one.',
  });
}

/** The script that iPXE runs. */
export function ipxeScript(arch: ArchitectureName, append: string): string {
  const { kernel, initrd } = artifactNames(arch);
  const line = [`initrd=${initrd}`, artifactCommandLine(arch), append].filter(Boolean).join(' ');
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
