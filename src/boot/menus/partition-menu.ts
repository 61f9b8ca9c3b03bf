/**
 * How an installation onto partitions that were there is found: its stub, its menu and its environment block lie
 * together on the state file system, whatever else is on the disk. The BIOS core image searches for the stub, the
 * disk that it was read from first; an EFI system partition gets three lines that lead to it.
 */
import { renderGrub, terminals } from './grub-template.ts';
import { stubVariables } from './menu.ts';

/** Relative to the state file system. */
export const stateStubPath = 'bos/system/grub/grub.cfg';
export const stateMenuPath = 'bos/system/grub/menu.cfg';

/**
 * Relative to the EFI system partition. Debian's signed GRUB for media (gcdx64) reads it from the partition that it
 * was started from, so that a GRUB of Debian, which has /EFI/debian/grub.cfg, is not in its way.
 */
export const espRedirectPath = 'boot/grub/grub.cfg';
/** The first line of that file, by which it is known as ours. */
export const espRedirectTitle = '# Leads to Bhojpur OS on its state file system.';
/**
 * The same for a file system on LVM or RAID: only Debian's GRUB for disks (grubx64) reads those, and its configuration
 * has this place. Where a GRUB of Debian has its own there, it stays.
 */
export const espVolumeRedirectPath = 'EFI/debian/grub.cfg';
/** The loader's folder on an EFI system partition that is not ours alone. */
export const espFolder = 'EFI/bhojpur';

/** What activates LVM, for the initrd: an archive that the kernel unpacks over it. */
export const volumeToolsPath = 'bos/system/grub/lvm.img';

/** The first sector of the disk as it was before ours; on a mirror, of several, more is added to the name. */
export const oldBootSectorPath = 'bos/system/grub/boot-sector.old';

export interface OldSystem {
  readonly id: string;
  /** Without quotes. */
  readonly title: string;
  /** Of the kept sector. */
  readonly path: string;
}

/** For the end of the menu: starts that sector as a BIOS would, where there is one. */
export const oldSystemEntry = ({ id, title, path }: OldSystem): string =>
  renderGrub('old-system-entry', { ID: id, TITLE: title, SECTOR: path });

/** What the BIOS core image for such partitions runs first. */
export const renderSearchCore = (): string => renderGrub('search-core', { STUB: stateStubPath });

/** The file at espRedirectPath for the state file system with this UUID. */
export const renderEspRedirect = (stateUuid: string): string =>
  renderGrub('esp-redirect', { TITLE: `${espRedirectTitle}\n`, UUID: stateUuid });

/** The stub on the state file system. */
export const renderStateStub = (): string =>
  renderGrub('state-stub', { ...stubVariables, TERMINALS: terminals() });
