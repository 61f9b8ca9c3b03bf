/** The stages of a build and how they hang together. Makes nothing: the result is data, with keys to be had. */
import { z } from 'zod';
import { type ArchitectureName, architectures } from '../architectures.ts';
import { renderMediumMenu } from '../boot/menus/menu.ts';
import { sha256File } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import type { DcpComponent, FirmwareComponent } from './components.ts';
import { inventoryEntries, inventoryStage } from './inventory/stage.ts';
import type { PaletteName } from './oci/arg-file.ts';
import { paletteStage } from './oci/palette-stage.ts';
import { ociStage } from './oci/stage.ts';
import { adaptStage, unitsOfAll } from './own/adapt.ts';
import { ownKernelStage } from './own/kernel-stage.ts';
import type { OwnRoot } from './own/open.ts';
import { hasKernel, kernelRelease, type PackageLists } from './packages/lock.ts';
import type { PackageSource } from './packages/package-source.ts';
import type { Stage } from './stage.ts';
import { baseStage } from './stages/base.ts';
import { bootStage } from './stages/boot.ts';
import { executableStage, injector } from './stages/executable.ts';
import { initrdStage } from './stages/initrd.ts';
import { isoStage } from './stages/iso.ts';
import { readBoardScripts, readInit } from './stages/join-init.ts';
import { kernelStage } from './stages/kernel.ts';
import { mediumStage } from './stages/medium.ts';
import { nodeStage } from './stages/node.ts';
import { hasCodeCache, licencesOf, overlayDigest, overlayEntries } from './stages/overlay.ts';
import { pxeStage } from './stages/pxe.ts';
import { type OverlayEntry, rootfsStage } from './stages/rootfs.ts';
import { tarballStage } from './stages/tarball.ts';

export interface Ingredients {
  readonly arch: ArchitectureName;
  /** The project's root, absolute. */
  readonly project: string;
  /** Of the OS. */
  readonly version: string;
  /** The CLI as one bundle, and the Node.js that runs it in the OS. */
  readonly bundle: string;
  readonly node: string;
  /** The Node.js that runs on this machine. */
  readonly runner: string;
  readonly lists: PackageLists;
  readonly packages: PackageSource;
  readonly dcp: DcpComponent | undefined;
  readonly firmware: FirmwareComponent | undefined;
  /** Somebody's own system, in the place of Debian's packages. */
  readonly own: OwnRoot | undefined;
  /** What an image for Palette is called. */
  readonly palette: PaletteName | undefined;
  /** Pack the root file system in a hurry. */
  readonly quick: boolean;
}

/** Both a screen and a serial line get the boot's messages; the last one is where an installer asks. */
const mediumArguments = (arch: ArchitectureName) => [
  ...['console=tty0', `console=${architectures[arch].serial}`, 'quiet'],
];

/** What there is of every architecture: a root file system, for boards that have a kernel of their own. */
type UserSpace = 'base' | 'boot' | 'node' | 'inventory' | 'rootfs' | 'tarball';
/** What starts by itself. */
type Medium = 'kernel' | 'initrd' | 'medium' | 'iso' | 'pxe' | 'executable' | 'oci';
type MediumStages = Readonly<Record<Medium, Stage>> & { readonly palette: Stage | undefined };
/** `whole` is undefined for an architecture without a kernel of ours. */
export type Stages = Readonly<Record<UserSpace, Stage>> & { readonly whole: MediumStages | undefined };

/** What is read of the package.json of the npm package that Node.js comes in. */
const nodeManifest = z.object({ version: z.string() });

export async function recipe(host: Host, ingredients: Ingredients): Promise<Stages> {
  const { arch, project, version, lists, firmware, dcp, own } = ingredients;
  const { lock, fetch: packages } = ingredients.packages;
  const { date } = lock;
  const read = (path: string) => host.files.readText(`${project}/${path}`);

  const boot = bootStage(host, { lock, lists }, packages);
  const node = nodeStage(host, arch, ingredients.node, await sha256File(host.files, ingredients.node));

  const bundleLicences = licencesOf(ingredients.bundle);
  const nodeFolder = ingredients.node.replace(/\/bin\/[^/]*$/, '');
  const nodeVersion = nodeManifest.parse(
    JSON.parse(await host.files.readText(`${nodeFolder}/package.json`)),
  ).version;
  const tree = `${project}/os/overlay`;
  const overlay = [
    ...(await overlayEntries(host, {
      arch,
      tree,
      bundle: ingredients.bundle,
      version,
      own: own !== undefined,
    })),
    ...inventoryEntries({ lock, lists }, { opsctl: bundleLicences, node: `${nodeFolder}/LICENSE` }),
  ];
  const { base, ...kernel } = await systemStages(host, ingredients, overlay);
  const inventory = inventoryStage(
    host,
    { base, boot, ...kernel },
    {
      ...{ lock, lists, version, nodeVersion, firmware },
      bundleLicences: await host.files.readText(bundleLicences),
    },
  );

  const digest = await overlayDigest(host, overlay);
  const rootfs = rootfsStage(host, { base, node, boot, inventory, ...kernel }, overlay, digest, {
    ...{ date, compression: architectures[arch].rootfsCompression, quick: ingredients.quick },
  });

  const tarball = tarballStage(
    host,
    { rootfs, boot },
    { arch, version, dcp, scripts: await readBoardScripts(read), date },
  );
  const userSpace = { base, boot, node, inventory, rootfs, tarball };
  const whole =
    kernel.kernel === undefined
      ? undefined
      : await mediumStages(host, ingredients, { ...userSpace, kernel: kernel.kernel }, { overlay, digest });
  return { ...userSpace, whole };
}

/** What the system is made of: Debian's packages, or somebody's own root file system. All else is the same for both. */
async function systemStages(
  host: Host,
  { project, lists, packages: source, firmware, own }: Ingredients,
  overlay: readonly { readonly path: string }[],
): Promise<{ readonly base: Stage; readonly kernel?: Stage }> {
  const { lock, fetch: packages } = source;
  const read = (name: string) => host.files.readText(`${project}/os/${name}`);
  const beside = {
    'masked-units': await read('masked-units'),
    'local-config.yaml': await read('local-config.yaml'),
  };
  if (own !== undefined) {
    const root = { root: own.stage };
    const parts = {
      masked: unitsOfAll(beside['masked-units']),
      configuration: beside['local-config.yaml'],
      replaced: overlay.map(({ path }) => path),
    };
    return {
      base: adaptStage(host, root, parts),
      kernel: ownKernelStage(host, root, { kernel: own.kernel, firmware: own.firmware, date: lock.date }),
    };
  }
  const scripts = { keymaps: await read('keymaps.sh'), customize: await read('customize.sh') };
  const base = baseStage(host, { lists, lock, scripts, beside, packages });
  return hasKernel(lists) ? { base, kernel: kernelStage(host, { lock, firmware, packages }) } : { base };
}

async function mediumStages(
  host: Host,
  ingredients: Ingredients,
  made: Readonly<Record<UserSpace | 'kernel', Stage>>,
  laid: { readonly overlay: readonly OverlayEntry[]; readonly digest: unknown },
): Promise<MediumStages> {
  const { arch, project, version, dcp, bundle, runner } = ingredients;
  const { base, boot, node, rootfs, kernel, inventory } = made;
  const { lock } = ingredients.packages;
  const { date } = lock;
  const release = ingredients.own?.kernel.release ?? kernelRelease(lock);
  const read = (path: string) => host.files.readText(`${project}/${path}`);

  const [init, modules] = [await readInit(read), await read('os/initrd/modules.txt')];
  const initrd = initrdStage(host, { kernel, boot }, { release, init, modules, date });
  const grubCfg = renderMediumMenu({ version, kernel: release, arguments: mediumArguments(arch) });
  const medium = mediumStage(host, { kernel, initrd, rootfs }, { arch, release, version, dcp, grubCfg });
  const iso = isoStage(host, { medium, boot }, arch, date);
  const pxe = pxeStage(host, { initrd, medium }, date);
  const inject = `${project}/${injector}`;
  const codeCache = hasCodeCache(host, arch);
  const executable = await executableStage(host, { node }, { bundle, runner, codeCache, injector: inject });
  const oci = ociStage(host, { medium, executable, base }, arch, date);
  const palette =
    ingredients.palette === undefined
      ? undefined
      : paletteStage(
          host,
          { base, node, boot, inventory, kernel, medium },
          { arch, date, name: ingredients.palette, overlay: laid.overlay, overlayDigest: laid.digest },
        );
  return { kernel, initrd, medium, iso, pxe, executable, oci, palette };
}
