/** For which architectures an ISO, a disk image or a kernel is: told by the EFI programs that firmware would start. */
import { type ArchitectureName, architectureNames, architectures } from '../../architectures.ts';
import { partitionsOf } from '../../disk/image-partitions.ts';
import { OpsError } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { decodePe } from '../../formats/executables/pe.ts';
import { readBootCatalogue } from '../../formats/iso9660/el-torito.ts';
import { openIso } from '../../formats/iso9660/image.ts';
import { findLoaders } from '../../iso/inspect/loaders.ts';
import { virtualDisk } from '../virtual-disk.ts';
import { efiLoaders } from './boots.ts';

/** In the order of the table; empty: what is there starts by other means, or not at all. */
export type Arches = readonly ArchitectureName[];

export async function archesOfIso(source: ByteSource): Promise<Arches> {
  return orNone(async () => {
    const iso = await openIso(source);
    const images = (await readBootCatalogue(source, iso.descriptors))?.images ?? [];
    return startedFirst(await findLoaders(source, iso, images));
  });
}

export async function archesOfDisk(source: ByteSource, name: string): Promise<Arches> {
  return orNone(async () => {
    const { disk } = await virtualDisk(source, name);
    return startedFirst(await efiLoaders(disk, (await partitionsOf(disk)).partitions));
  });
}

/** A kernel with an EFI stub says for which processor it is. */
export async function archesOfKernel(source: ByteSource): Promise<Arches> {
  const machine = (await decodePe(source))?.machine;
  return architectureNames.filter((name) => architectures[name].pe === machine);
}

const startedFirst = (loaders: readonly { readonly path: string }[]): Arches => {
  const names = loaders.map(({ path }) => path.replace(/^.*\//, '').toUpperCase());
  return architectureNames.filter((name) => names.includes(architectures[name].efi?.fallback ?? ''));
};

/** What cannot be read starts nothing that is known here; QEMU and the firmware say what they make of it. */
async function orNone(read: () => Promise<Arches>): Promise<Arches> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return [];
  }
}
