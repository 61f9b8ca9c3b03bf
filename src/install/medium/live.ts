/** What there is to install from: the live medium's manifest with its files, and the boot loader of this system. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { efiLoaders } from '../../boot/efi-loaders.ts';
import { refused } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import { IoFault } from '../../host/io-fault.ts';
import type { Host } from '../../host/ports.ts';
import { type Manifest, manifestPath, parseManifest } from '../../media/manifest.ts';
import { signaturePath } from '../../media/signature.ts';

/** Where the image builder puts the parts of the boot loader in the OS. */
export const bootAssetFolder = '/usr/lib/bhojpur/boot';

/** Throws `arch-without-loader` (refused). */
export function bootAssetNames(arch: ArchitectureName): readonly string[] {
  const { shim, grub, mokManager } = efiLoaders(arch);
  return [...(architectures[arch].bios ? ['boot.img', 'core.img'] : []), shim, grub, mokManager];
}

export interface Asset {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}
/** What only an installation onto partitions that were there needs; facts recorded by older versions lack it. */
export const partitionAssetNames = (arch: ArchitectureName): readonly string[] => [
  ...(architectures[arch].bios ? ['search.img'] : []),
  efiLoaders(arch).mediaGrub,
];
/** By their names: those of bootAssetNames, and of partitionAssetNames where these are needed. */
export type BootAssets = Readonly<Record<string, Asset>>;

/** Throws `boot-asset-missing` (refused): facts that an older version has recorded may lack one. */
export function assetOf(assets: BootAssets, name: string): Asset {
  const found = assets[name];
  if (found !== undefined) return found;
  throw refused('boot-asset-missing', `This system does not have ${name}, which is part of the boot loader`, {
    hint: 'Boot an unchanged Bhojpur OS ISO of this version.',
  });
}

/**
 * Reads the manifest below `root` and looks at the size of every file in it. Throws `manifest-missing`,
 * `manifest-invalid` or `medium-incomplete` (refused).
 */
export async function readMedium(
  host: Host,
  root: string,
): Promise<{ readonly manifest: Manifest; readonly text: string; readonly signature: string | undefined }> {
  const where = `${root}/${manifestPath}`;
  let text: string;
  try {
    text = await host.files.readText(where);
  } catch (cause) {
    if (cause instanceof IoFault) throw cause.told('the medium');
    throw refused('manifest-missing', `The medium has no readable manifest (${where})`, {
      cause,
      hint: 'The medium is damaged: write it again.',
    });
  }
  const manifest = parseManifest(text, where);
  const faults: string[] = [];
  for (const { path, size } of manifest.files) {
    const stat = await host.files.stat(`${root}/${path}`);
    if (stat?.type !== 'file') faults.push(`${path} is missing`);
    else if (stat.size !== size) faults.push(`${path} has ${stat.size} bytes instead of ${size}`);
  }
  if (faults.length > 0) {
    throw refused('medium-incomplete', 'The medium is damaged or incomplete', {
      details: faults,
      hint: 'Check the ISO against its published checksum and write the medium again.',
    });
  }
  const signed = `${root}/${signaturePath}`;
  const signature = (await host.files.exists(signed)) ? await host.files.readText(signed) : undefined;
  return { manifest, text, signature };
}

/** Reads the parts of the boot loader in `folder`; throws `boot-asset-missing`, `arch-without-loader` (refused). */
export const readBootAssets = async (host: Host, folder: string = bootAssetFolder): Promise<BootAssets> =>
  readAssets(host, folder, bootAssetNames(host.system.arch));

/** Those for partitions that were there, in the same way. */
export const readPartitionAssets = async (
  host: Host,
  folder: string = bootAssetFolder,
): Promise<BootAssets> => readAssets(host, folder, partitionAssetNames(host.system.arch));

async function readAssets(
  host: Host,
  folder: string,
  assetNames: readonly string[],
): Promise<Record<string, Asset>> {
  const found: [string, Asset][] = [];
  for (const name of assetNames) {
    const path = `${folder}/${name}`;
    try {
      const bytes = await host.files.read(path);
      found.push([name, { path, size: bytes.length, sha256: sha256Of(bytes) }]);
    } catch (cause) {
      if (cause instanceof IoFault) throw cause.told('the medium');
      throw refused('boot-asset-missing', `${path} is missing, which is part of the boot loader`, {
        cause,
        hint: 'This system was not built to install from: boot an unchanged Bhojpur OS ISO.',
      });
    }
  }
  return Object.fromEntries(found);
}
