/**
 * How an installation onto partitions that were there is found: its stub, its menu and its environment block lie
 * together on the state file system, whatever else is on the disk. The BIOS core image searches for the stub, the
 * disk that it was read from first; an EFI system partition gets three lines that lead to it.
 */
import { environmentNames, terminals } from './menu.ts';

/** Relative to the state file system. */
export const stateStubPath = 'bos/system/grub/grub.cfg';
export const stateMenuPath = 'bos/system/grub/menu.cfg';

/**
 * Relative to the EFI system partition. Debian's signed GRUB for media (gcdx64) reads it from the partition that it
 * was started from, so that a GRUB of Debian, which has /EFI/debian/grub.cfg, is not in its way.
 */
export const espHopPath = 'boot/grub/grub.cfg';
/** The first line of that file, by which it is known as ours. */
export const espHopTitle = '# Leads to Bhojpur OS on its state file system.';
/**
 * The same for a file system on LVM or RAID: only Debian's GRUB for disks (grubx64) reads those, and its configuration
 * has this place. Where a GRUB of Debian has its own there, it stays.
 */
export const espVolumeHopPath = 'EFI/debian/grub.cfg';
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

/**
 * For the end of the menu: starts that sector as a BIOS would, where there is one, from the disk that the machine was
 * started from. What it leads to lies where it did: the core image of ours is never written over the one that it names.
 */
export const oldSystemEntry = ({ id, title, path }: OldSystem) => `
if [ "$grub_platform" = pc -a -f "/${path}" ]; then
  menuentry '${title}' --id ${id} {
    set bos_state_root="$root"
    if [ -n "$bos_boot_disk" ]; then
      set root="$bos_boot_disk"
    else
      regexp --set=1:root '^([^,]+)' "$root"
    fi
    chainloader "($bos_state_root)/${path}"
  }
fi
`;

/** What a BIOS core image runs first (GRUB's rescue parser: no conditions): the stub, its own disk first. */
export const searchingCore = `\
set bos_boot_disk=\${root}
search --no-floppy --set=root --hint=\${root}, --file /${stateStubPath}
set prefix=(\${root})/bos/system/grub
`;

/** The file at espHopPath for the state file system with this UUID; that on its own disk first, should a copy be there. */
export function renderEspHop(stateUuid: string): string {
  return `\
${espHopTitle}
if regexp --set=1:bos_disk '^([^,]+),' "$root"; then
  search --no-floppy --fs-uuid --set=bos_root --hint="$bos_disk," ${stateUuid}
else
  search --no-floppy --fs-uuid --set=bos_root ${stateUuid}
fi
if [ -n "$bos_root" ]; then
  set root="$bos_root"
  set prefix="($bos_root)/bos/system/grub"
  configfile "$prefix/grub.cfg"
fi
echo 'Bhojpur OS: its file system ${stateUuid} was not found. Returning to the firmware.'
sleep --interruptible 3
exit
`;
}

/**
 * The stub: goes on to the menu only with the valid mark, and only when the block belongs to the very file system
 * that it lies on. Everything else returns to the firmware.
 */
export function renderStateStub(): string {
  return `\
# Finds out whether Bhojpur OS is whole on this file system. The menu is menu.cfg beside it.
load_env --file "$prefix/grubenv" ${environmentNames.join(' ')}
if [ "$bos_mark" = valid ]; then
  search --no-floppy --fs-uuid --set=bos_root --hint="$root" "$bos_state_uuid"
  if [ "$bos_root" = "$root" ]; then
    export ${environmentNames.filter((name) => name !== 'bos_mark').join(' ')} bos_boot_disk
    configfile "$prefix/menu.cfg"
    set bos_problem='the boot menu started nothing'
  else
    set bos_problem="its boot environment belongs to the file system $bos_state_uuid"
  fi
else
  set bos_problem='the installation on this file system is not finished'
fi
${terminals}echo "Bhojpur OS: $bos_problem. Returning to the firmware."
sleep --interruptible 3
exit
`;
}
