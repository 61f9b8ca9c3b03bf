/** The stages of a build and how they hang together. Makes nothing: the result is data, with keys to be had. */
import { z } from 'zod';
import { renderMediumMenu } from '../boot/menus/menu.ts';
import { sha256File } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import type { DcpComponent, FirmwareComponent } from './components.ts';
import { inventoryEntries, inventoryStage } from './inventory/stage.ts';
import { ociStage } from './oci/stage.ts';
import { kernelRelease, type PackageLists } from './packages/lock.ts';
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
import { licencesOf, overlayDigest, overlayEntries } from './stages/overlay.ts';
import { pxeStage } from './stages/pxe.ts';
import { rootfsStage } from './stages/rootfs.ts';
import { tarballStage } from './stages/tarball.ts';

export interface Ingredients {
  readonly arch: 'amd64';
  /** The project's root, absolute. */
  readonly project: string;
  /** Of the OS. */
  readonly version: string;
  /** The CLI as one bundle, and the Node.js that runs it in the OS. */
  readonly bundle: string;
  readonly node: string;
  readonly lists: PackageLists;
  readonly packages: PackageSource;
  readonly dcp: DcpComponent | undefined;
  readonly firmware: FirmwareComponent | undefined;
}

/** Both a screen and a serial line get the boot's messages; the last one is where an installer asks. */
const mediumArguments = ['console=tty0', 'console=ttyS0,115200', 'quiet'];

const stageNames = [
  ...(['base', 'kernel', 'boot', 'node', 'inventory', 'rootfs', 'initrd'] as const),
  ...(['medium', 'iso', 'pxe', 'tarball', 'executable', 'oci'] as const),
];
export type Stages = Readonly<Record<(typeof stageNames)[number], Stage>>;

/** What is read of the package.json of the npm package that Node.js comes in. */
const nodeManifest = z.object({ version: z.string() });

export async function recipe(host: Host, ingredients: Ingredients): Promise<Stages> {
  const { arch, project, version, dcp, firmware } = ingredients;
  const { lock, fetch: packages } = ingredients.packages;
  const { date } = lock;
  const release = kernelRelease(lock);
  const read = (path: string) => host.files.readText(`${project}/${path}`);

  const scripts = { keymaps: await read('os/keymaps.sh'), customize: await read('os/customize.sh') };
  const base = baseStage(host, { lists: ingredients.lists, lock, scripts, packages });
  const kernel = kernelStage(host, { lock, firmware, packages });
  const boot = bootStage(host, lock, packages);
  const node = nodeStage(host, ingredients.node, await sha256File(host.files, ingredients.node));

  const bundleLicences = licencesOf(ingredients.bundle);
  const nodeFolder = ingredients.node.replace(/\/bin\/[^/]*$/, '');
  const nodeVersion = nodeManifest.parse(
    JSON.parse(await host.files.readText(`${nodeFolder}/package.json`)),
  ).version;
  const inventory = inventoryStage(
    host,
    { base, kernel, boot },
    {
      ...{ lock, version, nodeVersion, firmware },
      bundleLicences: await host.files.readText(bundleLicences),
    },
  );

  const tree = `${project}/os/overlay`;
  const overlay = [
    ...(await overlayEntries(host, { tree, bundle: ingredients.bundle, version })),
    ...inventoryEntries(lock, { opsctl: bundleLicences, node: `${nodeFolder}/LICENSE` }),
  ];
  const digest = await overlayDigest(host, overlay);
  const rootfs = rootfsStage(host, { base, node, boot, kernel, inventory }, overlay, digest, date);

  const [init, modules] = [await readInit(read), await read('os/initrd/modules.txt')];
  const initrd = initrdStage(host, { kernel, boot }, { release, init, modules, date });

  const grubCfg = renderMediumMenu({ version, kernel: release, arguments: mediumArguments });
  const medium = mediumStage(host, { kernel, initrd, rootfs }, { arch, release, version, dcp, grubCfg });
  const iso = isoStage(host, { medium, boot }, date);
  const pxe = pxeStage(host, { initrd, medium }, date);
  const tarball = tarballStage(
    host,
    { rootfs, boot },
    { arch, version, dcp, scripts: await readBoardScripts(read), date },
  );
  const inject = `${project}/${injector}`;
  const executable = await executableStage(host, { node }, { bundle: ingredients.bundle, injector: inject });
  const oci = ociStage(host, { medium, executable, base }, arch, date);
  return { base, kernel, boot, node, inventory, rootfs, initrd, medium, iso, pxe, tarball, executable, oci };
}
