/**
 * The tools of an installation over some other Linux: programs, libraries and the parts of the boot loader, out of the
 * root file system of the medium, whose digest is compared with the manifest first. They lie in a folder of their own
 * for as long as they are needed.
 */

import { messageOf, refused } from '../../errors.ts';
import { elfNeeds, isElf } from '../../formats/executables/elf.ts';
import { openSquashfs, type Squashfs } from '../../formats/filesystems/squashfs.ts';
import { formatBytes } from '../../formats/size.ts';
import { type BundledPrograms, withBundledPrograms } from '../../host/bundled-programs.ts';
import type { Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import type { ChosenMedium } from './choose.ts';
import { bootAssetFolder, bootAssetNames, partitionAssetNames } from './live.ts';
import { withSystemImage } from './system-image.ts';

/** What probing and the steps run. udevadm is not here: it must be that of the udev that runs, if one does. */
export const mediumPrograms = [
  ...['lsblk', 'wipefs', 'blkid', 'findmnt', 'partx', 'sfdisk', 'blockdev', 'losetup', 'mount', 'umount'],
  ...[
    'swapoff',
    'fsfreeze',
    'dmsetup',
    'mkfs.ext4',
    'debugfs',
    'e2fsck',
    'tune2fs',
    'resize2fs',
    'e2label',
    'sync',
  ],
  ...['mtype', 'mdir', 'lsattr', 'chattr', 'efibootmgr', 'openssl'],
] as const;

export interface MediumTools {
  /** The host whose programs are the medium's. */
  readonly host: Host;
  /** Where the parts of the boot loader lie: bootAssetNames */
  readonly bootFolder: string;
}

const largestProgram = 64 * 2 ** 20;

/**
 * Takes the tools out of the medium for as long as `use` runs. `isoUrl` is what the medium was chosen by. Throws
 * OpsError (refused): `medium-damaged`, `tools-missing`, `tools-noexec`, `no-room`, and what reading the medium does.
 */
export async function withMediumTools<T>(
  host: Host,
  medium: ChosenMedium,
  isoUrl: string,
  options: FetchOptions,
  use: (tools: MediumTools) => Promise<T>,
): Promise<T> {
  const folder = await makeWorkFolder(host, 'tools');
  const temporary = {
    what: folder,
    remove: () => host.files.remove(folder),
    cleanupFailed: 'What was asked for is done; remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const bundled = await withSystemImage(host, medium, isoUrl, folder, options, async (image) =>
      unpackTools(host, await openSquashfs(image), folder),
    );
    await requireStartable(host, bundled, folder);
    const { signal } = options;
    signal?.throwIfAborted();
    return await use({ host: withBundledPrograms(host, bundled), bootFolder: `${folder}/boot` });
  });
}

/** Writes the programs, what they need and the boot loader below `folder`. */
export async function unpackTools(host: Host, root: Squashfs, folder: string): Promise<BundledPrograms> {
  const { files } = host;
  for (const name of ['bin', 'lib', 'boot']) await files.makeDir(`${folder}/${name}`);
  const programs = new Map<string, string>();
  const missing: string[] = [];
  const written = new Set<string>();
  const libraries = new Set<string>();
  let loader: string | undefined;

  async function write(from: string, to: string): Promise<Uint8Array> {
    const bytes = await root.readFile(from, largestProgram);
    await files.write(to, bytes, { mode: 0o700 });
    written.add(to);
    return bytes;
  }

  for (const name of mediumPrograms) {
    const found = await firstFile(root, [`usr/sbin/${name}`, `usr/bin/${name}`]);
    if (found === undefined) {
      missing.push(name);
      continue;
    }
    const target = `${folder}/bin/${found.slice(found.lastIndexOf('/') + 1)}`;
    programs.set(name, target);
    if (written.has(target)) continue;
    const bytes = await write(found, target);
    if (!isElf(bytes)) throw broken([`${found} is not a program`]);
    const { interpreter, libraries: needed } = elfNeeds(bytes);
    loader ??= interpreter;
    for (const library of needed) libraries.add(library);
  }
  // A medium may lack what only some installations need: what these run says so itself when it comes to it.
  const needed: readonly string[] = ['lsblk', 'wipefs', 'mkfs.ext4', 'mtype', 'mount'];
  const faults = missing.filter((name) => needed.includes(name));
  if (loader === undefined || faults.length > 0) throw broken(faults.map((name) => `${name} is missing`));

  const places = await libraryFolders(root);
  // A set grows while it is gone through: libraries need libraries.
  for (const name of libraries) {
    const found = await firstFile(
      root,
      places.map((place) => `${place}/${name}`),
    );
    if (found === undefined) throw broken([`the library ${name} is missing`]);
    for (const more of elfNeeds(await write(found, `${folder}/lib/${name}`)).libraries) libraries.add(more);
  }
  await write(loader, `${folder}/ld.so`);
  for (const name of [...bootAssetNames(host.system.arch), ...partitionAssetNames(host.system.arch)])
    await write(`${bootAssetFolder}/${name}`, `${folder}/boot/${name}`);
  // Without it mke2fs has no features for ext4, and with the machine's it may have some that GRUB cannot read.
  const mke2fs = `${folder}/mke2fs.conf`;
  await files.write(mke2fs, await root.readFile('etc/mke2fs.conf', largestProgram));
  // The machine's modules are for its own C library.
  const env = { MKE2FS_CONFIG: mke2fs, GCONV_PATH: `${folder}/lib`, LOCPATH: `${folder}/lib` };
  return { loader: `${folder}/ld.so`, libraries: `${folder}/lib`, programs, env };
}

/** Where Debian has libraries: of the architecture first. */
async function libraryFolders(root: Squashfs): Promise<string[]> {
  const names = (await root.list('usr/lib')).filter((name) => /^[a-z0-9_]+-linux-gnu/.test(name));
  return [...names.map((name) => `usr/lib/${name}`), 'usr/lib', 'usr/lib64'];
}

/** The path, with no link in it, of the first of these that is a file. */
async function firstFile(root: Squashfs, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const entry = await root.stat(path);
    if (entry?.type === 'file') return entry.path;
  }
  return undefined;
}

const broken = (details: readonly string[]) =>
  refused('tools-missing', 'The root file system of the medium lacks tools needed to install', {
    details,
    hint: 'Give the URL or path of an unchanged Bhojpur OS ISO.',
  });

/** Nothing of it may be started where the file system is mounted so, or the kernel is of another architecture. */
async function requireStartable(host: Host, bundled: BundledPrograms, folder: string): Promise<void> {
  try {
    await withBundledPrograms(host, bundled).processes.run('lsblk', ['--version'], { timeoutMs: 60_000 });
  } catch (cause) {
    const free = formatBytes(await host.files.freeSpace(folder));
    throw refused('tools-noexec', `The tools of the medium cannot run from ${folder}`, {
      cause,
      details: [messageOf(cause), `free there: ${free}`],
      hint: 'Set TMPDIR to a folder whose file system is not mounted noexec, such as /var/tmp or /root.',
    });
  }
}
