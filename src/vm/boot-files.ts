/** What a path given to `vm run` is: an ISO, a disk image or the artifacts of a build. Told by content, not by name. */
import { join } from 'node:path';
import { type ArchitectureName, architectureNames, architectures } from '../architectures.ts';
import { refused, usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { notThere } from '../host/system-error.ts';
import { type Arches, archesOfDisk, archesOfIso } from '../image/inspect/arches.ts';

interface Found {
  /** Of the machine that it is for. */
  readonly arch: ArchitectureName;
}
export type BootFiles = Found &
  (
    | { readonly kind: 'iso'; readonly path: string }
    | { readonly kind: 'disk'; readonly path: string; readonly format: 'raw' | 'qcow2' }
    | {
        readonly kind: 'artifacts';
        readonly folder: string;
        readonly kernel: string;
        readonly initrd: string;
      }
  );

/** The artifacts that boot a machine without an ISO. */
export const artifactNames = (arch: ArchitectureName) => ({
  kernel: `bos-vmlinuz-${arch}`,
  initrd: `bos-initrd-${arch}`,
});

/** What an artifact set is started with; `ramfs` lifts the limit of half the memory that a tmpfs has. */
export const artifactCommandLine = (arch: ArchitectureName): string =>
  `console=tty0 console=${architectures[arch].serial} bos.mode=live rootfstype=ramfs quiet`;

/**
 * Of several architectures that asked for is taken, else that of this machine. Throws OpsError: `boot-missing` when
 * nothing is there, `artifacts-missing` (refused); `arch-differs` (usage).
 */
export async function bootFiles(path: string, host: Host, wanted?: ArchitectureName): Promise<BootFiles> {
  const { files } = host;
  if (!(await files.exists(path))) {
    throw notThere(
      'boot-missing',
      path,
      'Give an ISO, a disk image or a folder of artifacts, or run `make` to build them.',
    );
  }
  const stat = await files.stat(await files.realPath(path));
  if (stat?.type === 'directory') return artifactsIn(path, host, wanted);
  const file = await files.open(path, 'r');
  try {
    // ECMA-119 section 8.1: the first volume descriptor is sector 16 and says CD001 at its byte 1.
    if (await says(file, 16 * 2048 + 1, 'CD001'))
      return { kind: 'iso', path, arch: chooseArch(host, wanted, await archesOfIso(file), path) };
    // docs/interop/qcow2.txt of QEMU: the header starts with QFI and 0xfb.
    const format = (await says(file, 0, 'QFI\xfb')) ? 'qcow2' : 'raw';
    const arches = await archesOfDisk(file, path);
    return { kind: 'disk', path, format, arch: chooseArch(host, wanted, arches, path) };
  } finally {
    await file.close();
  }
}

async function artifactsIn(
  folder: string,
  host: Host,
  wanted: ArchitectureName | undefined,
): Promise<BootFiles> {
  const found: ArchitectureName[] = [];
  for (const name of architectureNames)
    if (await host.files.exists(join(folder, artifactNames(name).kernel))) found.push(name);
  const arch = chooseArch(host, wanted, wanted === undefined ? found : [], folder);
  const names = artifactNames(arch);
  const [kernel, initrd] = [join(folder, names.kernel), join(folder, names.initrd)];
  for (const file of [kernel, initrd]) {
    if (await host.files.exists(file)) continue;
    throw refused('artifacts-missing', `${file} does not exist`, {
      hint: `Run "opsctl build --arch ${arch}" to make the artifacts.`,
    });
  }
  return { kind: 'artifacts', arch, folder, kernel, initrd };
}

async function says(
  file: { read(offset: number, length: number): Promise<Uint8Array> },
  offset: number,
  text: string,
): Promise<boolean> {
  return Buffer.from(await file.read(offset, text.length)).toString('latin1') === text;
}

/**
 * The architecture of a machine that is to start what was found: the one asked for, else this machine's own, else the
 * first. Throws OpsError `arch-differs` (usage).
 */
export function chooseArch(
  host: Host,
  wanted: ArchitectureName | undefined,
  found: Arches,
  what: string,
): ArchitectureName {
  if (wanted !== undefined && found.length > 0 && !found.includes(wanted))
    throw usage('arch-differs', `${what} is for ${found.join(' and ')}, but --arch is ${wanted}`);
  const own = host.system.arch;
  return wanted ?? (found.includes(own) ? own : (found[0] ?? own));
}
