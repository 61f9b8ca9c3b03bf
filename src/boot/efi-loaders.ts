/** The UEFI boot loaders of an architecture that has a boot loader of ours. */
import { type ArchitectureName, architectures, type EfiLoaders } from '../architectures.ts';
import { refused } from '../errors.ts';

/** Throws OpsError `arch-without-loader` (refused) for one whose boards bring boot loaders of their own. */
export function efiLoaders(arch: ArchitectureName): EfiLoaders {
  const { efi } = architectures[arch];
  if (efi !== undefined) return efi;
  throw refused('arch-without-loader', `Bhojpur OS has no boot loader for ${arch}`, {
    hint: 'Boards of this kind start by a boot loader and a kernel of their own: lay Bhojpur OS over their root file system.',
  });
}

/** Where firmware looks for a program when it has no entry of its own (UEFI 2.10 section 3.5.1.1). */
export const fallbackFolder = 'EFI/BOOT';
