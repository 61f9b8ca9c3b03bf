/**
 * The three GRUB configurations: the medium's menu, whose first entry starts what is installed; the stub on the EFI
 * system partition; and the menu on BOS_STATE that the stub hands over to. They use only what is built into the BIOS
 * core image and into Debian's signed GRUB alike, since under Secure Boot no module can be loaded.
 */
import { grubText } from '../../formats/boot-config/grub-script.ts';
import { grubWord } from '../command-line.ts';
import { nextStateUuid } from '../environment.ts';
import { settingsFolder, settingsNames } from '../image-settings.ts';
import { renderGrub, terminals } from './grub-template.ts';

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

const titles: Readonly<Record<MediumEntry, (version: string) => string>> = {
  live: (version) => `Bhojpur OS ${version} (live)`,
  install: (version) => `Install Bhojpur OS ${version}`,
  rescue: () => 'Rescue shell',
};

/** The menu of an ISO or a USB stick. */
export function renderMediumMenu(menu: MediumMenu): string {
  const folder = `/bos/system/kernel/${menu.kernel}`;
  const entries = mediumEntries.map((name) =>
    renderGrub('medium-entry', {
      TITLE: grubText(titles[name](menu.version)),
      ID: name,
      KERNEL: grubText(`${folder}/vmlinuz`),
      ARGUMENTS: [`bos.mode=${name}`, ...menu.arguments].map(grubWord).join(' '),
      INITRD: grubText(`${folder}/initrd`),
    }),
  );
  return renderGrub('medium', {
    DEFAULT: menu.default ?? 'live',
    TIMEOUT: `${menu.timeout ?? 5}`,
    ...stubVariables,
    TERMINALS: terminals(),
    ENTRIES: entries.join(''),
  });
}

/** What the environment block may set. Other variables in it are not looked at. */
export const environmentNames = [
  'bos_mark',
  ...['bos_state_uuid', nextStateUuid],
  ...['bos_kernel', 'bos_os', 'bos_dcp'],
  ...['bos_previous_kernel', 'bos_previous_os', 'bos_previous_dcp'],
];

/** What a stub reads of the environment block, and what of that it hands on to the menu. */
export const stubVariables = {
  VARIABLES: environmentNames.join(' '),
  EXPORTED: environmentNames.filter((name) => name !== 'bos_mark' && name !== nextStateUuid).join(' '),
} as const;

/** The stub beside GRUB on the EFI system partition. */
export const renderEspStub = (): string =>
  renderGrub('esp-stub', { ...stubVariables, TERMINALS: terminals() });

export const diskEntries = ['current', 'previous', 'rescue'] as const;
export type DiskEntry = (typeof diskEntries)[number];

interface Deployment {
  readonly id: DiskEntry;
  readonly title: string;
  /** Of the GRUB variables: `bos` for $bos_kernel, $bos_os and $bos_dcp. */
  readonly prefix: string;
  readonly mode: 'disk' | 'rescue';
  /** What counts it. */
  readonly try: 'try-current' | 'try-previous' | 'try-rescue';
}

/** The menu of an installed system. */
export function renderDiskMenu(menu: DiskMenu): string {
  const options = {
    arguments: menu.arguments.map((word) => ` ${grubWord(word)}`).join(''),
    moreInitrds: (menu.moreInitrds ?? []).map((path) => ` ${grubText(`/${path}`)}`).join(''),
  };
  return diskMenuText(menu.timeout ?? 3, () => options);
}

/** What follows in the lines of an entry that load the kernel and the initrd, as GRUB reads it. */
export interface EntryText {
  readonly arguments: string;
  readonly moreInitrds: string;
}

/** The same with texts that are GRUB's already; `timeout` in seconds. */
export function diskMenuText(timeout: number | string, textsOf: (id: DiskEntry) => EntryText): string {
  const entry = ({ id, title, prefix, mode, try: file }: Deployment) =>
    renderGrub('disk-entry', {
      ...{ PREFIX: prefix, TITLE: title, ID: id, MODE: mode, TRY: renderGrub(file) },
      COUNTED: mode === 'disk' ? ` $bos_${id}_try` : '',
      ARGUMENTS: textsOf(id).arguments,
      MORE_INITRDS: textsOf(id).moreInitrds,
    });
  return renderGrub('disk', {
    TIMEOUT: `${timeout}`,
    TERMINALS: terminals(),
    TRIAL: renderGrub('trial'),
    ENTRIES: deployments.map(entry).join(''),
  });
}

/** The menu on BOS_STATE of a disk image; `espNumber` is the number of its EFI system partition. */
export const renderImageMenu = (menu: DiskMenu, espNumber: number): string =>
  renderGrub('image-menu', {
    PATH: `${settingsFolder}/${settingsNames.menu.current}`,
    ESP: `${espNumber}`,
    MENU: renderDiskMenu(menu),
  });

const deployments: readonly Deployment[] = [
  { id: 'current', title: 'Bhojpur OS $bos_os', prefix: 'bos', mode: 'disk', try: 'try-current' },
  {
    ...{ id: 'previous', title: 'Bhojpur OS $bos_previous_os (previous)', prefix: 'bos_previous' },
    ...{ mode: 'disk', try: 'try-previous' },
  },
  { id: 'rescue', title: 'Rescue shell', prefix: 'bos_rescue', mode: 'rescue', try: 'try-rescue' },
];
