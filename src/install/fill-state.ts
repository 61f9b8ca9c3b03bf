/** The steps that bring the system onto the target and read it back. Nothing boots it yet. */
import { consoleWords } from '../boot/command-line.ts';
import { diskMenuPath, renderDiskMenu } from '../boot/menus/menu.ts';
import { manifestPath } from '../media/manifest.ts';
import type { Step } from '../steps/index.ts';
import { deploymentOf, type PlanInput, planRefs } from './plan-input.ts';
import { writeVarRecord } from './whole-disk/prepare-var.ts';

/** What makes the kernel and systemd of the installed system say more. */
export const debugArguments = ['debug', 'systemd.log_level=debug'];

const targetFolders = ['boot', 'boot/grub', 'bos/data', 'bos/data/home', 'bos/data/var', 'bos/data/opt'];

/** What differs where the file system is somebody's already. */
export interface FillOptions {
  /** Where the boot menu goes. */
  readonly menuPath?: string;
  readonly folders?: readonly string[];
  /** Entries at the end of the menu, in GRUB's language. */
  readonly moreEntries?: string;
  /** Kernel arguments of every entry, before those of the request. */
  readonly moreArguments?: readonly string[];
  /** Archives that the kernel unpacks over the initrd. */
  readonly moreInitrds?: readonly string[];
}

/** Fills the mounted file system, and unmounts it. */
export const fillState = (input: PlanInput, options: FillOptions = {}): Step[] => [
  ...fillMounted(input, options),
  { id: 'unmount-state', kind: 'unmount-state', partition: planRefs.state, at: planRefs.mount },
];

/** The same without unmounting: of a root file system that is in use, too. */
export function fillMounted(input: PlanInput, options: FillOptions = {}): Step[] {
  const { menuPath = diskMenuPath, folders = targetFolders, moreEntries = '' } = options;
  const { moreArguments = [], moreInitrds = [] } = options;
  const { request, facts, manifest, manifestText, config, mediumRoot, image } = input;
  const at = planRefs.mount;
  const files = manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const consoles = facts.consoles.map((console) => `console=${console}`).join(' ');
  const menu = renderDiskMenu({
    // The serial console of this boot must not be lost.
    arguments: [
      ...moreArguments,
      ...consoleWords(consoles, request.tty),
      ...(request.debug ? debugArguments : ['quiet']),
    ],
    moreInitrds,
  });
  return [
    image === undefined
      ? { id: 'copy-system', kind: 'copy-files', from: mediumRoot, to: at, files }
      : { id: 'copy-system', kind: 'copy-from-image', ...image, to: at },
    {
      id: 'make-folders',
      kind: 'make-folders',
      at,
      folders: folders.map((path) => ({ path, mode: 0o755 })),
    },
    {
      id: 'make-links',
      kind: 'make-links',
      at,
      links: Object.entries(deploymentOf(manifest)).flatMap(([component, version]) =>
        version === null ? [] : [{ path: `bos/system/${component}/current`, target: version }],
      ),
    },
    {
      id: 'write-config',
      kind: 'write-file',
      at,
      path: 'bos/system/config.yaml',
      mode: 0o600,
      content: { from: 'file', path: planRefs.config, ...config },
    },
    {
      id: 'write-menu',
      kind: 'write-file',
      at,
      path: menuPath,
      mode: 0o644,
      content: { from: 'text', text: `${menu}${moreEntries}` },
    },
    ...(input.varDisk === undefined ? [] : [writeVarRecord(input)]),
    // After what it lists: a state partition with a manifest is whole.
    {
      id: 'write-manifest',
      kind: 'write-file',
      at,
      path: manifestPath,
      mode: 0o644,
      content: { from: 'text', text: manifestText },
    },
    { id: 'verify-system', kind: 'verify-files', at, files },
    { id: 'write-journal', kind: 'write-journal', at },
  ];
}
