/** Looks at the Linux that is to be taken over and writes down what it sees. Reads only. */
import { changedBlock } from '../../boot/environment-file.ts';
import {
  environmentName,
  type GrubFolder,
  grubFolders,
  oldMenuName,
  readOldMenu,
  returnedPath,
  takeoverEntry,
  takeoverMarkerPath,
} from '../../boot/menus/takeover-menu.ts';
import { consolesOf, probeBootRecord, probeFirmware, systemOf } from '../../disk/probe/machine.ts';
import { OpsError } from '../../errors.ts';
import { environmentSize } from '../../formats/boot-config/grubenv.ts';
import type { Host } from '../../host/ports.ts';
import type { GrubFacts, RootFacts, TakeoverFacts } from './facts.ts';
import { probeLoader } from './loader.ts';
import { probePlace, probeRoot } from './root.ts';

/** What the steps run: writes everything out, so that GRUB sees it. */
const tools = ['sync'] as const;

/** `rootFolder` is empty on a running system; tests give a folder with its files. */
export async function probeTakeover(host: Host, rootFolder = ''): Promise<TakeoverFacts> {
  const { files, processes } = host;
  const { root, mounts } = await probeRoot(host, rootFolder);
  const { firmware, secureBoot } = await probeFirmware(host, { root: rootFolder });
  const container = await probeContainer(host, rootFolder, root);
  const otherState = await probeState(host, rootFolder, root);
  const grub = (await Promise.all(grubFolders.map((folder) => probeGrub(host, rootFolder, folder)))).flat();
  const present = await Promise.all(tools.map((tool) => processes.which(tool)));
  return {
    v: 1,
    arch: host.system.arch,
    system: systemOf(await probeBootRecord(host, { root: rootFolder })),
    firmware,
    secureBoot,
    consoles: consolesOf(await files.readText(`${rootFolder}/proc/cmdline`)),
    ...(container === undefined ? {} : { container }),
    root,
    mounts,
    grub,
    // A BIOS starts the disk that GRUB's own folder lies on.
    loader: await probeLoader(host, rootFolder, firmware, grub[0]?.place ?? root, mounts),
    freeSpace: await files.freeSpace(`${rootFolder}/`),
    ...(await probeOurs(host, rootFolder, grub[0]?.place?.mountPoint)),
    ...(otherState === undefined ? {} : { otherState }),
    missing: tools.filter((_, index) => present[index] === undefined),
  };
}

/** What container managers leave for programs inside: systemd's container interface, podman, Docker. */
async function probeContainer(
  { files }: Host,
  rootFolder: string,
  root: RootFacts,
): Promise<string | undefined> {
  const text = (path: string) => files.readText(`${rootFolder}${path}`).catch(() => '');
  const said = (await text('/run/systemd/container')).trim();
  if (said !== '') return said;
  const variable = /(?:^|\0)container=([^\0]+)/.exec(await text('/proc/1/environ'))?.[1];
  if (variable !== undefined) return variable;
  if (await files.exists(`${rootFolder}/run/.containerenv`)) return 'podman';
  if (await files.exists(`${rootFolder}/.dockerenv`)) return 'docker';
  return root.fsType === 'overlay' ? 'a layered root (overlay)' : undefined;
}

async function probeGrub(host: Host, rootFolder: string, folder: GrubFolder): Promise<GrubFacts[]> {
  const { files } = host;
  // A link to the other folder, as some have it, is that folder.
  if ((await files.stat(`${rootFolder}/${folder}`))?.type !== 'directory') return [];
  const menu = `${rootFolder}/${folder}/${oldMenuName}`;
  if ((await files.stat(menu))?.type !== 'file') return [];
  const place = await probePlace(host, rootFolder, `/${folder}`);
  return [
    {
      folder,
      ...readOldMenu(await files.readText(menu)),
      environment: await probeEnvironment(host, `${rootFolder}/${folder}/${environmentName}`),
      ...(place === undefined ? {} : { place }),
    },
  ];
}

async function probeEnvironment({ files }: Host, path: string): Promise<GrubFacts['environment']> {
  const stat = await files.stat(path);
  if (stat === undefined) return 'missing';
  if (stat.type !== 'file') return 'link';
  const block = await files.read(path);
  if (block.length !== environmentSize) return 'invalid';
  try {
    changedBlock(block, { next_entry: takeoverEntry });
    return 'ok';
  } catch (error) {
    return error instanceof OpsError && error.code === 'environment-too-large' ? 'full' : 'invalid';
  }
}

/** On the root, else where a system that is tried from memory lies: on the file system of GRUB's files. */
async function probeOurs(
  host: Host,
  rootFolder: string,
  boot: string | undefined,
): Promise<Pick<TakeoverFacts, 'ours' | 'oursAt' | 'returned'>> {
  for (const at of boot === undefined ? [''] : ['', boot]) {
    const ours = await oursIn(host, `${rootFolder}${at}`);
    if (ours === 'nothing') continue;
    return { ours, oursAt: `${at}/bos`, ...(await probeReturned(host, `${rootFolder}${at}`)) };
  }
  return { ours: 'nothing' };
}

async function oursIn({ files }: Host, folder: string): Promise<TakeoverFacts['ours']> {
  if (await files.exists(`${folder}/${takeoverMarkerPath}`)) return 'pending';
  const stat = await files.stat(`${folder}/bos`);
  if (stat === undefined) return 'nothing';
  // A link to a folder is somebody's, whatever is in the folder.
  if (stat.type !== 'directory') return 'foreign';
  const names = await files.list(`${folder}/bos`);
  return names.every((name) => name === 'system' || name === 'data') ? 'unfinished' : 'foreign';
}

const longestReason = 200;

async function probeReturned({ files }: Host, folder: string): Promise<Pick<TakeoverFacts, 'returned'>> {
  const path = `${folder}/${returnedPath}`;
  if ((await files.stat(path))?.type !== 'file') return {};
  const [line = ''] = (await files.readText(path)).slice(0, longestReason).split('\n');
  return { returned: line };
}

/** By udev's links; where there is no udev nobody looks for labels either. */
async function probeState({ files }: Host, rootFolder: string, root: RootFacts): Promise<string | undefined> {
  const link = `${rootFolder}/dev/disk/by-label/BOS_STATE`;
  if ((await files.stat(link)) === undefined) return undefined;
  const path = await files.realPath(link).catch(() => undefined);
  const other = path?.slice(rootFolder.length);
  return other === root.device?.path ? undefined : other;
}
