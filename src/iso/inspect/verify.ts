/** `opsctl iso verify`: every file against the list that the image carries, and what firmware goes by. Reads only. */
import { architectures } from '../../architectures.ts';
import { OpsError } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { platforms } from '../../formats/iso9660/el-torito.ts';
import { type Iso, openIso } from '../../formats/iso9660/image.ts';
import { pushAll } from '../../formats/long-lists.ts';
import { partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import { requireWhole } from '../../media/manifest.ts';
import { implantFaults } from '../implanted/faults.ts';
import { type FileList, findFileList, listedFileFault } from './file-lists.ts';
import { findMenus } from './find-menus.ts';
import { findLoaders, isSecureBootLoader } from './loaders.ts';
import { readStructure, type Structure } from './structure.ts';
import { isWrittenLater } from './written-later.ts';

export interface VerifyReport {
  readonly v: 1;
  readonly name: string;
  readonly volumeId: string;
  /** What the files were compared with; null when the image carries no list. */
  readonly list: string | null;
  readonly files: number;
  /** Bytes of those files. */
  readonly bytes: number;
  /** Of those files: what does not match because the maker of the image wrote into it later; sound by its own checksum. */
  readonly writtenLater: readonly string[];
  /** Whose implanted checksums were compared with the image. */
  readonly implanted: readonly string[];
  readonly faults: readonly string[];
}

export interface VerifyOptions {
  /** Told how much has been compared. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Checks an image. Throws OpsError (refused) `iso-invalid` for what is no ISO 9660 image at all; whatever else is
 * wrong is a fault of the report.
 */
export async function verifyIso(
  source: ByteSource,
  name: string,
  { onProgress, signal }: VerifyOptions = {},
): Promise<VerifyReport> {
  const iso = await openIso(source, name, { allowTruncated: true });
  const structure = await readStructure(source, iso, name, { contents: true, signal });
  const faults = [...structure.faults];
  const telling = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      faults.push(error.message, ...error.details);
      return undefined;
    }
  };
  const list = await telling(() => findFileList(iso));
  let bytes = 0;
  const writtenLater: string[] = [];
  for (const file of list?.files ?? []) {
    const tell = (count: number) => {
      bytes += count;
      onProgress?.(bytes);
    };
    const fault = await telling(() => listedFileFault(iso, list?.algorithm ?? 'sha256', file, tell, signal));
    if (fault === undefined) continue;
    const entry = fault.kind === 'differs' ? await telling(() => iso.stat(file.path)) : undefined;
    if (entry !== undefined && (await telling(() => isWrittenLater(source, structure, entry))))
      writtenLater.push(file.path);
    else faults.push(fault.text);
  }
  const implants = await telling(() => implantFaults(source, iso, signal));
  pushAll(faults, implants?.faults ?? []);
  if (list?.manifest !== undefined)
    await telling(async () => pushAll(faults, await ownFaults(source, iso, structure, list)));
  return {
    v: 1,
    name,
    volumeId: iso.volumeId,
    list: list?.path ?? null,
    files: list?.files.length ?? 0,
    bytes,
    writtenLater,
    implanted: implants?.checked ?? [],
    faults: [...new Set(faults)],
  };
}

/** What an ISO of Bhojpur OS has beside its files: a boot image for each firmware, a signed loader, tables, its menu. */
async function ownFaults(
  source: ByteSource,
  iso: Iso,
  { catalogue, hybrid }: Structure,
  { manifest, path }: FileList,
): Promise<string[]> {
  if (manifest === undefined) return [];
  requireWhole(manifest, `/${path}`);
  const faults: string[] = [];
  const menus = await findMenus(iso);
  const kernels = menus.flatMap(({ menu }) => menu.entries.flatMap((entry) => entry.kernels));
  if (kernels.length === 0) faults.push('no boot menu starts a kernel');
  for (const { kernel } of kernels)
    if (!kernel.includes('$') && (await iso.stat(kernel))?.type !== 'file')
      faults.push(`a boot menu starts ${kernel}, which is missing`);
  const { bios, efi } = architectures[manifest.arch];
  if (efi === undefined) return faults;
  const images = catalogue?.images.filter(({ bootable, offset }) => bootable && offset > 0) ?? [];
  if (bios && !images.some(({ platform }) => platform === platforms.pc))
    faults.push('it has no boot image for BIOS');
  if (!images.some(({ platform }) => platform === platforms.efi))
    faults.push('it has no boot image for UEFI');
  if (bios && hybrid.mbr?.hasBootCode !== true)
    faults.push('it has no boot record: a BIOS cannot boot it as a disk');
  const partitions = hybrid.gpt?.table.partitions ?? [];
  if (!partitions.some(({ type }) => type === partitionTypes.efiSystem))
    faults.push('its partition table has no EFI system partition: UEFI cannot boot it as a disk');
  const loaders = await findLoaders(source, iso, images);
  if (!loaders.some((loader) => isSecureBootLoader(loader) && loader.path.endsWith(`/${efi.fallback}`)))
    faults.push('it has no signed loader: UEFI with Secure Boot does not start it');
  return faults;
}
