/** The steps that bring the system onto a file system and read it back. Nothing boots it yet. */
import { type ArchitectureName, architectures } from '../architectures.ts';
import { consoleWords } from '../boot/command-line.ts';
import { diskMenuPath, renderDiskMenu } from '../boot/menus/menu.ts';
import { manifestPath } from '../media/manifest.ts';
import type { Step } from '../steps/index.ts';
import { writeReport } from './carried-report.ts';
import { deploymentOf, type PlanInput, planRefs } from './plan-input.ts';
import { writeVarRecord } from './whole-disk/prepare-var.ts';

/** What makes the kernel and systemd of the installed system say more. */
export const debugArguments = ['debug', 'systemd.log_level=debug'];

/** Where the persistent folders of the running system lie on its file system. */
export const dataFolders = ['bos/data', 'bos/data/home', 'bos/data/var', 'bos/data/opt'];

/** What is brought, whatever way of installing it is of. */
export interface SystemInput
  extends Pick<PlanInput, 'mediumRoot' | 'image' | 'manifest' | 'manifestText' | 'config'> {
  readonly request: Pick<PlanInput['request'], 'debug' | 'tty'>;
  readonly facts: Pick<PlanInput['facts'], 'arch' | 'consoles'>;
  /** That it is brought to, where it is a whole disk or is on one. */
  readonly disk?: Pick<PlanInput['disk'], 'path'>;
}

export interface FillOptions {
  /** Name of the folder where the file system is mounted; `mount:state` when left out. */
  readonly mountRef?: string;
  /** Where the boot menu goes. */
  readonly menuPath?: string;
  readonly folders?: readonly string[];
  /** Entries at the end of the menu, in GRUB's language. */
  readonly moreEntries?: string;
  /** Kernel arguments of every entry, before those of the request. */
  readonly moreArguments?: readonly string[];
  /** Archives that the kernel unpacks over the initrd. */
  readonly moreInitrds?: readonly string[];
  /** Files that belong to the system and that the manifest does not list. */
  readonly moreFiles?: readonly Step[];
}

/** Fills the mounted state file system, and unmounts it. */
export const fillState = (input: PlanInput, options: FillOptions = {}): Step[] => [
  ...fillMounted(input, {
    ...options,
    moreFiles: [
      ...(options.moreFiles ?? []),
      ...(input.varDisk === undefined ? [] : [writeVarRecord(input)]),
      ...writeReport(planRefs.mount, input.report),
    ],
  }),
  { id: 'unmount-state', kind: 'unmount-state', partition: planRefs.state, at: planRefs.mount },
];

/** The same without unmounting: of a root file system that is in use, too. */
export function fillMounted(input: SystemInput, options: FillOptions = {}): Step[] {
  const { mountRef = planRefs.mount, menuPath = diskMenuPath, moreEntries = '', moreFiles = [] } = options;
  const { folders = ['boot', 'boot/grub', ...dataFolders] } = options;
  const { manifest, manifestText, config, mediumRoot, image } = input;
  const files = manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return [
    image === undefined
      ? { id: 'copy-system', kind: 'copy-files', from: mediumRoot, to: mountRef, files, comparedLater: true }
      : { id: 'copy-system', kind: 'copy-from-image', ...image, to: mountRef },
    {
      id: 'make-folders',
      kind: 'make-folders',
      at: mountRef,
      folders: folders.map((path) => ({ path, mode: 0o755 })),
    },
    {
      id: 'make-links',
      kind: 'make-links',
      at: mountRef,
      links: currentLinks(manifest),
    },
    {
      id: 'write-config',
      kind: 'write-file',
      at: mountRef,
      path: 'bos/system/config.yaml',
      mode: 0o600,
      content: { from: 'file', path: planRefs.config, ...config },
    },
    writeText('write-menu', mountRef, menuPath, `${menuOf(input, options)}${moreEntries}`),
    ...moreFiles,
    // After what it lists: a state partition with a manifest is whole.
    writeText('write-manifest', mountRef, manifestPath, manifestText),
    {
      ...{ id: 'verify-system', kind: 'verify-files', at: mountRef, files },
      ...(image === undefined ? { medium: mediumRoot } : {}),
    },
    { id: 'write-journal', kind: 'write-journal', at: mountRef },
  ];
}

/** What shows a person the deployment. */
export const currentLinks = (manifest: PlanInput['manifest']) =>
  Object.entries(deploymentOf(manifest)).flatMap(([component, version]) =>
    version === null ? [] : [{ path: `bos/system/${component}/current`, target: version }],
  );

/** A step that writes a text, readable by everybody, to `path` below the folder named `mountRef`. */
export const writeText = (id: string, mountRef: string, path: string, text: string): Step => ({
  ...{ id, kind: 'write-file', at: mountRef, path, mode: 0o644 },
  content: { from: 'text', text },
});

/** An image is started by some machine, not by the one that it is made on. */
const ofImages = (arch: ArchitectureName) => ['tty0', architectures[arch].serial];

function menuOf({ request, facts, disk }: SystemInput, options: FillOptions): string {
  const names = disk?.path.startsWith('/dev/loop') ? ofImages(facts.arch) : facts.consoles;
  const consoles = names.map((console) => `console=${console}`).join(' ');
  return renderDiskMenu({
    // The serial console of this boot must not be lost.
    arguments: [
      ...(options.moreArguments ?? []),
      ...consoleWords(consoles, request.tty),
      ...(request.debug ? debugArguments : ['quiet']),
    ],
    ...(options.moreInitrds === undefined ? {} : { moreInitrds: options.moreInitrds }),
  });
}
