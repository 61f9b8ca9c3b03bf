/** Looks at the system that an overlay goes on, without changing anything. */
import { join } from 'node:path';
import { type DiskPartition, partitionsOf } from '../../disk/image-partitions.ts';
import { refused, usage } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { openExt4 } from '../../formats/filesystems/ext4-reader.ts';
import { openFatFile } from '../../formats/filesystems/fat/file.ts';
import type { Host } from '../../host/ports.ts';
import { oldInit, overlayFiles, overlayFolder, overlayInit } from '../../media/overlay.ts';
import { type BootConfig, bootConfigLimit, bootConfigPaths, readBootConfig } from './boot-config.ts';
import { machineOf } from './elf-machine.ts';
import type { OverlayFacts } from './facts.ts';
import { ext4View, folderView, type RootView, readIn, realIn } from './root-view.ts';

export interface Given {
  /** The folder of a mounted boot partition, which is not below the root. */
  readonly boot?: string | undefined;
  /** A command line that no file has. */
  readonly commandLine?: string | undefined;
}

/** Of a mounted root. */
export async function lookAtFolder(host: Host, path: string, given: Given): Promise<OverlayFacts> {
  const view = folderView(host, path);
  const boot = given.boot === undefined ? undefined : folderView(host, given.boot);
  return {
    v: 1,
    target: { kind: 'folder', path },
    ...(await lookAtRoot(view)),
    free: await host.files.freeSpace(path),
    bootConfigs: [
      ...(await configsIn(view, 'root')),
      ...(boot === undefined ? [] : await configsIn(boot, 'partition', `${given.boot}/`)),
      ...(path === '/' ? await runningLine(host) : []),
      ...givenConfig(given),
    ],
  };
}

/**
 * Of an image, whose bytes `disk` has. Throws OpsError (refused) `overlay-no-root`, `overlay-two-roots`,
 * `overlay-file-system`.
 */
export async function lookAtImage(disk: ByteSource, path: string, given: Given): Promise<OverlayFacts> {
  const { partitions } = await partitionsOf(disk);
  const whole = { number: 0, offset: 0, size: disk.size, content: 'ext4' };
  const candidates = partitions.length === 0 ? [whole] : partitions;
  const roots: { readonly part: typeof whole; readonly view: RootView; readonly free: number }[] = [];
  for (const part of candidates) {
    const found = await rootOf(disk, part);
    if (found !== undefined) roots.push({ part: { ...part, content: 'ext4' }, ...found });
  }
  const [root, second] = roots;
  if (root === undefined) throw noRoot(path, partitions);
  if (second !== undefined)
    throw refused('overlay-two-roots', `${path} has several root file systems`, {
      details: roots.map(({ part }) => `partition ${part.number}`),
      hint: 'Mount the one you mean, and name its folder: opsctl install --overlay FOLDER.',
    });
  const { offset, size, number } = root.part;
  const boots: BootConfig[] = [];
  for (const part of partitions) boots.push(...(await configsOfFat(disk, part)));
  return {
    v: 1,
    target: { kind: 'image', path, offset, size, partition: number },
    ...(await lookAtRoot(root.view)),
    free: root.free,
    bootConfigs: [...(await configsIn(root.view, 'root')), ...boots, ...givenConfig(given)],
  };
}

async function rootOf(disk: ByteSource, { offset, size }: Pick<DiskPartition, 'offset' | 'size'>) {
  const source = within(disk, offset, size);
  const info = await probeExt4(source);
  if (info === undefined) return undefined;
  if (info.state === 'errors' || info.state === 'needs-recovery')
    throw refused(
      'overlay-file-system',
      info.state === 'errors'
        ? 'A file system in the image is damaged'
        : 'A file system in the image was not unmounted: its journal has to be replayed',
      {
        hint: 'Check it first: attach the image with `losetup --partscan --find`, then `e2fsck` its partition.',
      },
    );
  const view = ext4View(await openExt4(source));
  return (await isRoot(view)) ? { view, free: info.free } : undefined;
}

function noRoot(path: string, partitions: readonly DiskPartition[]) {
  const others = partitions.filter(({ content }) => content !== null && content !== 'vfat');
  return refused('overlay-no-root', `No root file system was found in ${path}`, {
    details: partitions.map(({ number, content }) => `partition ${number}: ${content ?? 'unknown'}`),
    hint:
      others.length > 0
        ? 'Only ext4 is changed inside an image. Mount another file system, and name its folder.'
        : 'It must hold a Linux with its own boot loader and kernel.',
  });
}

/** Enough to take a file system for somebody's root: not all that an overlay needs. */
const isRoot = async (view: RootView): Promise<boolean> =>
  (await view.stat('etc'))?.type === 'directory' &&
  (await view.stat('usr'))?.type === 'directory' &&
  (await realIn(view, overlayInit, false)) !== undefined;

async function lookAtRoot(
  view: RootView,
): Promise<Omit<OverlayFacts, 'v' | 'target' | 'free' | 'bootConfigs'>> {
  const release = await readIn(view, 'etc/os-release', 4096);
  const name = /^PRETTY_NAME="?([^"\n]*)"?/m.exec(Buffer.from(release ?? []).toString('utf8'))?.[1] ?? '';
  const init = await initOf(view);
  return {
    ...(await machineOf(view)),
    linux: (await isRoot(view)) && init.kind !== 'missing',
    name,
    init,
    bos: await bosOf(view, init.kind === 'ours'),
  };
}

async function initOf(view: RootView): Promise<OverlayFacts['init']> {
  const folder = (await realIn(view, 'sbin')) ?? 'sbin';
  const found = await view.stat(`${folder}/init`);
  const kept = (await view.stat(`${folder}/${oldInit.replace('sbin/', '')}`)) !== undefined;
  const none = { folder, kept, target: '' };
  if (found === undefined) return { ...none, kind: 'missing' };
  if (await isOurs(view)) return { ...none, kind: 'ours' };
  if (found.type === 'symlink')
    return { ...none, kind: 'link', target: (await view.readLink(`${folder}/init`)) ?? '' };
  return { ...none, kind: found.type === 'file' ? 'file' : 'missing' };
}

/** Our script, whichever version of it. */
async function isOurs(view: RootView): Promise<boolean> {
  const head = await readIn(view, overlayInit, 64);
  return Buffer.from(head ?? [])
    .toString('latin1')
    .startsWith(`#!/${overlayFiles.busybox} `);
}

async function bosOf(view: RootView, started: boolean): Promise<OverlayFacts['bos']> {
  if ((await view.stat('bos')) === undefined) return 'nothing';
  if (started) return 'complete';
  // What is left when it was removed, and a configuration that somebody has put there before.
  const left = ['bos/system/config.yaml', 'bos/system/install.log', 'bos/data'];
  const ours = [overlayFolder, 'bos/system/manifest.json', 'bos/system/os', ...left];
  for (const path of ours) if ((await view.stat(path)) !== undefined) return 'unfinished';
  return (await view.list('bos')).length === 0 ? 'unfinished' : 'foreign';
}

async function configsIn(view: RootView, place: 'partition' | 'root', shown = '/'): Promise<BootConfig[]> {
  const found: BootConfig[] = [];
  for (const { path, kind } of bootConfigPaths(place)) {
    const bytes = await readIn(view, path, bootConfigLimit);
    if (bytes !== undefined) found.push(readBootConfig(join(shown, path), kind, bytes));
  }
  return found;
}

async function configsOfFat(disk: ByteSource, part: DiskPartition): Promise<BootConfig[]> {
  if (part.content !== 'vfat') return [];
  const found: BootConfig[] = [];
  for (const { path, kind } of bootConfigPaths('partition')) {
    const file = await openFatFile(within(disk, part.offset, part.size), path).catch(() => undefined);
    if (file === undefined) continue;
    const bytes = await file.read(0, Math.min(bootConfigLimit, file.size));
    found.push(readBootConfig(`partition ${part.number}: ${path}`, kind, bytes));
  }
  return found;
}

/** Of the board that runs, whatever its boot loader has it from. */
const runningLine = async ({ files }: Host): Promise<BootConfig[]> => [
  readBootConfig('/proc/cmdline', 'given', await files.read('/proc/cmdline')),
];

const givenConfig = ({ commandLine }: Given): BootConfig[] =>
  commandLine === undefined ? [] : [readBootConfig('--cmdline', 'given', Buffer.from(commandLine))];

/** Throws `overlay-boot-folder` (usage). */
export async function requireBootFolder({ files }: Host, boot: string | undefined): Promise<void> {
  if (boot === undefined || (await files.stat(boot))?.type === 'directory') return;
  throw usage('overlay-boot-folder', `${boot} is not a folder`, {
    hint: 'Name the folder where the boot partition is mounted.',
  });
}
