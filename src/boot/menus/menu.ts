/**
 * The three GRUB configurations: the medium's menu, the stub on the EFI system partition, and the menu on
 * BOS_STATE that the stub hands over to. They use only what is built into the BIOS core image and into Debian's
 * signed GRUB alike, since under Secure Boot no module can be loaded.
 */
import { grubText } from '../../formats/boot-config/grub-script.ts';
import { grubWord } from '../command-line.ts';

/** Where each lies: relative to the medium's root, the ESP and BOS_STATE. */
export const mediumMenuPath = 'boot/grub/grub.cfg';
export const stubPath = 'EFI/debian/grub.cfg';
export const diskMenuPath = 'boot/grub/grub.cfg';

export const mediumEntries = ['live', 'install', 'rescue'] as const;
export type MediumEntry = (typeof mediumEntries)[number];

export interface MediumMenu {
  /** The OS version, for the titles. */
  readonly version: string;
  /** The folder under bos/system/kernel. */
  readonly kernel: string;
  /** Kernel arguments of every entry, unquoted words: `console=ttyS0,115200`. */
  readonly arguments: readonly string[];
  /** The entry that starts by itself; live when left out. */
  readonly default?: MediumEntry;
  /** Seconds; 5 when left out. */
  readonly timeout?: number;
}

export interface DiskMenu {
  /** Kernel arguments of every entry beside those of the deployment, unquoted words. */
  readonly arguments: readonly string[];
  /** Seconds; 3 when left out. */
  readonly timeout?: number;
  /** Archives that the kernel unpacks over the initrd, on BOS_STATE. */
  readonly moreInitrds?: readonly string[];
}

/** On a BIOS the serial port is GRUB's own to drive; on UEFI the firmware's console reaches it already. */
export const terminals = `\
if [ "$grub_platform" = pc ]; then
  if serial --unit=0 --speed=115200; then
    terminal_input console serial
    terminal_output console serial
  fi
fi
`;

const titles: Readonly<Record<MediumEntry, (version: string) => string>> = {
  live: (version) => `Bhojpur OS ${version} (live)`,
  install: (version) => `Install Bhojpur OS ${version}`,
  rescue: () => 'Rescue shell',
};

/** The menu of an ISO or a USB stick. GRUB's root is the medium: nothing is searched for. */
export function renderMediumMenu(menu: MediumMenu): string {
  const folder = `/bos/system/kernel/${menu.kernel}`;
  const entries = mediumEntries.map((name) => {
    const words = [`bos.mode=${name}`, ...menu.arguments].map(grubWord).join(' ');
    return `
menuentry ${grubText(titles[name](menu.version))} --id ${name} {
  linux ${grubText(`${folder}/vmlinuz`)} ${words}
  initrd ${grubText(`${folder}/initrd`)}
}
`;
  });
  return `\
# Boot menu of the Bhojpur OS medium. Add kernel arguments at the end of a "linux" line, quoted with '...'.
set default=${menu.default ?? 'live'}
set timeout=${menu.timeout ?? 5}
${terminals}${entries.join('')}`;
}

/** What the environment block may set. Other variables in it are not looked at. */
export const environmentNames = [
  'bos_mark',
  'bos_state_uuid',
  ...['bos_kernel', 'bos_os', 'bos_dcp'],
  ...['bos_previous_kernel', 'bos_previous_os', 'bos_previous_dcp'],
];

/**
 * The stub beside GRUB on the EFI system partition: reads the environment block next to it, and only when that
 * carries the valid mark goes on to the menu on BOS_STATE, the one on its own disk first, should a copy of the
 * disk be connected too. Everything else returns to the firmware, which tries its next boot device.
 */
export function renderEspStub(): string {
  return `\
# Finds the menu of Bhojpur OS on BOS_STATE. The menu itself is /boot/grub/grub.cfg there.
load_env --file "$prefix/grubenv" ${environmentNames.join(' ')}
if [ "$bos_mark" = valid ]; then
  regexp --set=1:bos_disk '^([^,]+),' "$root"
  search --no-floppy --fs-uuid --set=bos_root --hint="$bos_disk,gpt3" "$bos_state_uuid"
  if [ -n "$bos_root" ]; then
    export ${environmentNames.filter((name) => name !== 'bos_mark').join(' ')}
    set root="$bos_root"
    configfile /boot/grub/grub.cfg
    set bos_problem='the boot menu of this disk started nothing'
  else
    set bos_problem="its file system $bos_state_uuid was not found"
  fi
else
  set bos_problem='no finished installation on this disk'
fi
${terminals}echo "Bhojpur OS: $bos_problem. Returning to the firmware."
sleep --interruptible 3
exit
`;
}

interface Deployment {
  readonly id: string;
  readonly title: string;
  /** Of the GRUB variables: `bos` for $bos_kernel, $bos_os and $bos_dcp. */
  readonly prefix: string;
  readonly mode: 'disk' | 'rescue';
}

/** The menu of an installed system. Versions come from the stub's environment, so that upgrades never edit it. */
export function renderDiskMenu(menu: DiskMenu): string {
  const extra = menu.arguments.map((word) => ` ${grubWord(word)}`).join('');
  const more = (menu.moreInitrds ?? []).map((path) => ` ${grubText(`/${path}`)}`).join('');
  const entry = ({ id, title, prefix, mode }: Deployment) => `
if [ -n "$${prefix}_kernel" -a -f "/bos/system/kernel/$${prefix}_kernel/vmlinuz" ]; then
  menuentry "${title}" --id ${id} {
    linux "/bos/system/kernel/$${prefix}_kernel/vmlinuz" bos.mode=${mode} "bos.state=$bos_state_uuid" "bos.kernel=$${prefix}_kernel" "bos.os=$${prefix}_os" "bos.dcp=$${prefix}_dcp"${extra}
    initrd "/bos/system/kernel/$${prefix}_kernel/initrd"${more}
  }
fi
`;
  const current = { id: 'current', title: 'Bhojpur OS $bos_os', prefix: 'bos', mode: 'disk' } as const;
  const previous = {
    id: 'previous',
    title: 'Bhojpur OS $bos_previous_os (previous)',
    prefix: 'bos_previous',
    mode: 'disk',
  } as const;
  const rescue = { id: 'rescue', title: 'Rescue shell', prefix: 'bos', mode: 'rescue' } as const;
  return `\
# Boot menu of Bhojpur OS. The stub on the EFI system partition sets the versions.
set default=current
set timeout=${menu.timeout ?? 3}
# When the kernel of an entry cannot be loaded, the next one is tried.
set fallback=1
${terminals}${[current, previous, rescue].map(entry).join('')}`;
}
