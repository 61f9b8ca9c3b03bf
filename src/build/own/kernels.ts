/** The kernels of a root file system: image and modules of each, and what our boot asks of one. */
import type { Architecture } from '../../architectures.ts';
import { linuxVersion } from '../../formats/executables/linux-image.ts';
import { readPe } from '../../formats/executables/pe.ts';
import { compareVersions } from '../inventory/debian-version.ts';
import { parseModulesDep } from '../stages/initrd.ts';
import type { Look } from './look.ts';

export interface OwnKernel {
  /** As `uname -r` says it. */
  readonly release: string;
  /** From the root. */
  readonly image: string;
  readonly modules: string;
}

/** Where distributions have a kernel: Debian and RHEL; Fedora and bootc; images that hold one. */
const imagesOf = (release: string) => [
  ...[`boot/vmlinuz-${release}`, `usr/lib/modules/${release}/vmlinuz`, `boot/vmlinux-${release}`],
  ...[`boot/Image-${release}`, 'boot/vmlinuz', 'vmlinuz'],
];
const releasePattern = /^[A-Za-z0-9][A-Za-z0-9_+.~-]*$/;

export interface KernelSearch {
  /** The newest one that is whole. */
  readonly kernel: OwnKernel | undefined;
  /** Releases of others. */
  readonly others: readonly string[];
  readonly faults: readonly string[];
}

/** @param fileSystems names of modules without which a medium is not found or read */
export async function findKernel(
  look: Look,
  architecture: Architecture,
  fileSystems: readonly string[],
): Promise<KernelSearch> {
  const folder = look.node('usr/lib/modules');
  const releases = [...(folder?.children?.keys() ?? [])]
    .filter(
      (name) => releasePattern.test(name) && look.node(`usr/lib/modules/${name}/modules.dep`) !== undefined,
    )
    .toSorted(compareVersions)
    .toReversed();
  const images = bootImages(look);
  if (releases.length === 0) {
    const seen =
      images.length === 0 ? 'no /boot/vmlinuz…' : `/boot/${images.join(', /boot/')}, but not its modules`;
    return {
      ...{ kernel: undefined, others: [] },
      faults: [`a kernel with its modules in /usr/lib/modules/RELEASE, with modules.dep (found: ${seen})`],
    };
  }
  const refusals: string[] = [];
  for (const release of releases) {
    const found = await kernelOf(look, architecture, release);
    if (typeof found === 'string') {
      refusals.push(found);
      continue;
    }
    const others = releases.filter((name) => name !== release);
    return { kernel: found, others, faults: await moduleFaults(look, found, fileSystems) };
  }
  return { kernel: undefined, others: [], faults: refusals };
}

const bootImages = (look: Look) =>
  [...(look.node('boot')?.children?.keys() ?? [])].filter((name) => /^(vmlinu|Image)/.test(name)).sort();

/** Or what is missing. */
async function kernelOf(look: Look, { pe }: Architecture, release: string): Promise<OwnKernel | string> {
  const modules = look.path(`usr/lib/modules/${release}`);
  for (const place of imagesOf(release)) {
    const found = look.found(place);
    if (found?.node.kind !== 'file' || modules === undefined) continue;
    const source = look.source(found.node);
    const said = (await linuxVersion(source))?.split(' ')[0];
    // An image without the release in its name may be that of other modules.
    if (said !== undefined && said !== release) continue;
    const machine = (await readPe(source))?.machine;
    if (machine !== undefined && machine !== pe)
      return `a kernel for this architecture: /${found.path} is for ${machine}, not ${pe}`;
    if (found.node.content.size === 0) return `a kernel: /${found.path} is empty`;
    return { release, image: found.path, modules };
  }
  return `the kernel of the modules ${release}: /${imagesOf(release)[0]} or /${imagesOf(release)[1]}`;
}

async function moduleFaults(
  look: Look,
  { release, modules }: OwnKernel,
  fileSystems: readonly string[],
): Promise<string[]> {
  const builtIn = (await look.text(`${modules}/modules.builtin`)) ?? '';
  const paths = [...parseModulesDep((await look.text(`${modules}/modules.dep`)) ?? '').keys()];
  const known = new Set([...paths, ...builtIn.split('\n')].map(moduleName));
  const faults = fileSystems
    .filter((name) => !known.has(moduleName(name)))
    .map((name) => `the module ${name} of the kernel ${release}, or ${name} built into it`);
  const config = (await look.text(`boot/config-${release}`)) ?? (await look.text(`${modules}/config`));
  if (config !== undefined && !/^CONFIG_SQUASHFS_ZSTD=y$/m.test(config))
    faults.push(`squashfs with zstd in the kernel ${release} (CONFIG_SQUASHFS_ZSTD)`);
  return faults;
}

const moduleName = (path: string) =>
  path
    .replace(/^.*\//, '')
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
