/** `opsctl iso inspect`: everything that an ISO says of itself, ours or somebody else's, as plain data. Reads only. */

import { type ShownEntry, shownEntries } from '../../boot/menus/shown-menu.ts';
import { type Redact, redactor } from '../../config/redact.ts';
import { shownConfig } from '../../config/shown-config.ts';
import { OpsError } from '../../errors.ts';
import { endOf } from '../../formats/byte-range.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { linuxVersion } from '../../formats/executables/linux-image.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { readUdf } from '../../formats/filesystems/udf.ts';
import { type BootImage, efiOffsets, platforms } from '../../formats/iso9660/el-torito.ts';
import { diskSector } from '../../formats/iso9660/hybrid.ts';
import { type Iso, type IsoEntry, openIso } from '../../formats/iso9660/image.ts';
import { folderPart } from '../../formats/trailing.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';
import { configPath } from '../edit/edits.ts';
import { efiPlaces } from '../efi/places.ts';
import { findMenus, type MenuFile } from './find-menus.ts';
import { loaderMenus } from './loader-menus.ts';
import { findLoaders, isSecureBootLoader, type Loader } from './loaders.ts';
import { bootFile, platformName, readStructure, type Structure } from './structure.ts';

export interface IsoReport {
  readonly v: 1;
  readonly name: string;
  /** Bytes of the file; what the volume says of itself. */
  readonly size: number;
  readonly volumeSize: number;
  readonly volumeId: string;
  readonly created: string | null;
  readonly application: string;
  readonly preparer: string;
  /** Lower-case hex; null when it was not asked for. */
  readonly sha256: string | null;
  readonly trees: readonly { readonly kind: string; readonly origin: number; readonly rockRidge: boolean }[];
  readonly boot: readonly BootReport[];
  readonly partitions: Partitions;
  readonly loaders: readonly Loader[];
  readonly secureBoot: boolean;
  readonly kernels: readonly { readonly path: string; readonly version: string | null }[];
  readonly menus: readonly MenuReport[];
  /** What of Bhojpur OS is on it; null for somebody else's. */
  readonly system: SystemReport | null;
  /** What is wrong with it, in words. */
  readonly faults: readonly string[];
}

export interface BootReport {
  readonly platform: string;
  readonly bootable: boolean;
  /** 0 for none. */
  readonly emulation: number;
  readonly offset: number;
  /** Bytes: of the file system, the file or what a BIOS loads. */
  readonly size: number;
  /** The file of the ISO that it is. */
  readonly path: string | null;
}

interface Partition {
  readonly number: number;
  readonly type: string;
  readonly name?: string;
  readonly offset: number;
  readonly size: number;
}

export interface Partitions {
  readonly mbr: readonly Partition[] | null;
  readonly gpt: readonly Partition[] | null;
  readonly apple: readonly Partition[] | null;
  readonly hfs: boolean;
}

export interface MenuReport {
  readonly path: string;
  /** A menu inside of the boot image for UEFI is shown and cannot be changed. */
  readonly where: 'iso' | 'boot image';
  readonly loader: string;
  readonly includedBy: string | null;
  readonly default: string | null;
  readonly timeout: number | null;
  readonly entries: readonly ShownEntry[];
}

export interface SystemReport {
  readonly version: string;
  readonly kernel: string;
  readonly dcp: string | null;
  readonly arch: string;
  /** bos/system/config.yaml with secrets hidden; null when there is none. */
  readonly config: string | null;
}

const textLimit = 1024 * 1024;

/**
 * Reads an ISO. `sha256` is taken over into the report. Throws OpsError (refused) `iso-invalid` for what is none at
 * all; whatever else is wrong is a fault of the report.
 */
export async function inspectIso(
  source: ByteSource,
  name: string,
  { sha256 }: { readonly sha256?: string } = {},
): Promise<IsoReport> {
  const iso = await openIso(source, name, { allowTruncated: true });
  const { primary } = iso.descriptors;
  const structure = await readStructure(source, iso, name);
  const faults = [...structure.faults];
  const telling = async <T>(fallback: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      faults.push(error.message);
      return fallback;
    }
  };
  const images = structure.catalogue?.images ?? [];
  const loaders = await telling([], () => findLoaders(source, iso, images));
  const menus = await telling([], () => findMenus(iso));
  const apart = await telling([], () => efiMenus(source, efiOffsets(images), structure));
  const kernels = await telling([], () => kernelsOf(iso, menus));
  const system = await telling(null, () => systemOf(iso));
  return {
    v: 1,
    name,
    size: source.size,
    volumeSize: iso.size,
    volumeId: iso.volumeId,
    created: primary.created ?? null,
    application: primary.application,
    preparer: primary.preparer,
    sha256: sha256 ?? null,
    trees: [
      ...structure.trees.map(({ volume, rockRidge }) => ({
        kind: volume.kind,
        origin: volume.form.origin,
        rockRidge,
      })),
      ...((await readUdf(source, endOf(iso.descriptors.extent))) === undefined
        ? []
        : [{ kind: 'udf', origin: 0, rockRidge: false }]),
    ],
    boot: await Promise.all(images.map((image) => bootReport(source, structure.files, image))),
    partitions: partitionsOf(structure),
    loaders,
    secureBoot: loaders.some(isSecureBootLoader),
    kernels,
    menus: [
      ...menus.map((menu) => menuReport(menu, 'iso', redactor([]))),
      ...apart.map((menu) => menuReport({ ...menu, includedBy: undefined }, 'boot image', redactor([]))),
    ],
    system,
    faults: [...new Set(faults)],
  };
}

const efiMenus = async (source: ByteSource, images: readonly number[], { hybrid }: Structure) =>
  loaderMenus(
    source,
    (await efiPlaces(source, images, hybrid)).map(({ offset }) => offset),
  );

async function bootReport(
  source: ByteSource,
  files: readonly IsoEntry[],
  image: BootImage,
): Promise<BootReport> {
  const { platform, bootable, emulation, offset, loadSectors } = image;
  const file = bootFile(files, image);
  const inside = within(source, offset);
  const fat = platform === platforms.efi && inside.size > 0 ? await probeFat(inside) : undefined;
  const size = fat?.size ?? file?.size ?? loadSectors * 512;
  return { platform: platformName(platform), bootable, emulation, offset, size, path: file?.path ?? null };
}

function partitionsOf({ hybrid: { mbr, gpt, apm, hfs } }: Structure): Partitions {
  const bytes = (firstLba: number, sectors: number) => ({
    offset: firstLba * diskSector,
    size: sectors * diskSector,
  });
  const mbrPartitions = mbr?.partitions.map(({ number, type, firstLba, sectors }) => ({
    number,
    type: `0x${type.toString(16).padStart(2, '0')}`,
    ...bytes(firstLba, sectors),
  }));
  return {
    mbr: mbrPartitions === undefined || mbrPartitions.length === 0 ? null : mbrPartitions,
    gpt:
      gpt?.table.partitions.map(({ number, type, name, firstLba, lastLba }) => ({
        ...{ number, type, name },
        ...bytes(firstLba, lastLba - firstLba + 1),
      })) ?? null,
    apple:
      apm?.partitions.map(({ number, type, name, offset, size }) => ({ number, type, name, offset, size })) ??
      null,
    hfs: hfs.length > 0,
  };
}

function menuReport(
  { path, menu, bytes, includedBy }: Pick<MenuFile, 'path' | 'menu' | 'bytes' | 'includedBy'>,
  where: MenuReport['where'],
  redact: Redact,
): MenuReport {
  return {
    path,
    where,
    loader: menu.loader,
    includedBy: includedBy ?? null,
    default: menu.default ?? null,
    timeout: menu.timeout ?? null,
    entries: shownEntries(menu, bytes, redact),
  };
}

/** The kernels that the menus start, each once. */
async function kernelsOf(iso: Iso, menus: readonly MenuFile[]): Promise<IsoReport['kernels']> {
  const found = new Map<string, string | null>();
  for (const { path, menu } of menus) {
    for (const { kernel } of menu.entries.flatMap(({ kernels }) => kernels)) {
      const place = kernel.startsWith('/') ? kernel : `${folderPart(path)}${kernel}`;
      const entry = place.includes('$') ? undefined : await iso.stat(place);
      if (entry?.type !== 'file' || found.has(entry.path)) continue;
      found.set(entry.path, (await linuxVersion(await iso.open(entry.path))) ?? null);
    }
  }
  return [...found].map(([path, version]) => ({ path, version }));
}

async function systemOf(iso: Iso): Promise<SystemReport | null> {
  if ((await iso.stat(manifestPath))?.type !== 'file') return null;
  const text = Buffer.from(await iso.readFile(manifestPath, textLimit)).toString('utf8');
  const { os, kernel, dcp, arch } = parseManifest(text, manifestPath);
  const config =
    (await iso.stat(configPath))?.type === 'file'
      ? await shownConfig(await iso.readFile(configPath, textLimit), configPath)
      : null;
  return { version: os, kernel, dcp, arch, config };
}
