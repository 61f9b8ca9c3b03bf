/** The EFI programs that a UEFI finds on an ISO: in its boot image, and in the folder of the ISO itself. */
import { architectureNames, architectures } from '../../architectures.ts';
import { OpsError } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { decodePe, type EfiProgram } from '../../formats/executables/pe.ts';
import { openFatFile } from '../../formats/filesystems/fat/file.ts';
import { type BootImage, platforms } from '../../formats/iso9660/el-torito.ts';
import type { Tree } from '../../formats/iso9660/tree.ts';

export interface Loader extends EfiProgram {
  /** `EFI/BOOT/BOOTX64.EFI` */
  readonly path: string;
  readonly where: 'boot image' | 'iso';
}

/** UEFI 2.10, table 3.3: what is started without being asked for, on machines that others have ISOs for too. */
const ofOthers = ['BOOTIA32.EFI', 'BOOTARM.EFI'];
const ours = architectureNames.flatMap((name) => architectures[name].efi ?? []);
const firstPrograms = [...ours.map(({ fallback }) => fallback), ...ofOthers];
/** And what shim goes on with. */
const programs = [
  ...firstPrograms,
  ...ours.flatMap(({ grub, mokManager }) => [grub, mokManager]),
  'grubia32.efi',
];

/** `EFI/BOOT/BOOTX64.EFI` and the like: firmware starts it without an entry of its own. */
export const isStartedFirst = (path: string): boolean =>
  firstPrograms.includes(path.replace(/^.*\//, '').toUpperCase());

/** A UEFI that checks signatures can start this: it is signed, and it is what is started first. */
export const isSecureBootLoader = ({ path, signed }: Loader): boolean => signed && isStartedFirst(path);

/** Throws as the reader of the ISO does; a boot image that is no FAT has no programs. */
export async function findLoaders(
  source: ByteSource,
  tree: Tree,
  images: readonly BootImage[],
): Promise<Loader[]> {
  const found: Loader[] = [];
  const add = async (where: Loader['where'], path: string, file: ByteSource) => {
    const program = await decodePe(file);
    if (program !== undefined) found.push({ path, where, ...program });
  };
  for (const { platform, offset } of images) {
    if (platform !== platforms.efi || offset === 0 || offset >= source.size) continue;
    const image = within(source, offset);
    for (const name of programs) {
      const path = `EFI/BOOT/${name}`;
      const file = await fatFile(image, path);
      if (file !== undefined) await add('boot image', path, file);
    }
  }
  const efi = await entryOfName(tree, '', 'efi');
  const boot = efi && (await entryOfName(tree, efi, 'boot'));
  if (boot === undefined) return found;
  for (const entry of await tree.list(boot))
    if (entry.type === 'file' && /\.efi$/i.test(entry.path))
      await add('iso', entry.path, await tree.open(entry.path));
  return found;
}

async function entryOfName(tree: Tree, folder: string, name: string): Promise<string | undefined> {
  const entries = await tree.list(folder);
  return entries.find(
    ({ path, type }) => type === 'directory' && path.replace(/^.*\//, '').toLowerCase() === name,
  )?.path;
}

/** A file of a FAT image; undefined when it is not there, or the image is no FAT. */
export async function fatFile(image: ByteSource, path: string): Promise<ByteSource | undefined> {
  try {
    return await openFatFile(image, path);
  } catch (error) {
    if (error instanceof OpsError) return undefined;
    throw error;
  }
}
