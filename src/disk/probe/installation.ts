/**
 * Looks at an installation without mounting it: the boot environment on the ESP with mtools, the manifest and the
 * sizes of its files on BOS_STATE with debugfs. Neither writes. debugfs `-c` keeps it from reading the bitmaps and
 * from opening a file system for writing.
 */
import { environmentPath, stateEnvironmentPath } from '../../boot/environment.ts';
import { messageOf } from '../../errors.ts';
import { folderPart } from '../../formats/trailing.ts';
import type { Host } from '../../host/ports.ts';
import { type Manifest, manifestPath, parseManifest } from '../../media/manifest.ts';

/** absent: surely not there. unreadable: something is, and it cannot be read. */
export type Look<T> = { readonly found: T } | { readonly absent: true } | { readonly unreadable: string };

const timeoutMs = 60_000;

/** The bytes of the boot environment on the EFI system partition at `device`. */
export async function readEnvironmentBlock(host: Host, device: string): Promise<Look<Uint8Array>> {
  const { exitCode, stdout, stderr } = await host.processes.run(
    'mtype',
    ['-i', device, `::/${environmentPath}`],
    { okCodes: [0, 1], timeoutMs, env: { MTOOLS_SKIP_CHECK: '1' } },
  );
  if (exitCode === 0) return { found: Buffer.from(stdout, 'utf8') };
  return /not found$/m.test(stderr) ? { absent: true } : { unreadable: lastLine(stderr) };
}

/** The bytes of the boot environment on the state file system (ext4) at `device` itself. */
export async function readStateEnvironmentBlock(host: Host, device: string): Promise<Look<Uint8Array>> {
  const { stdout, stderr } = await host.processes.run(
    'debugfs',
    ['-c', '-R', `cat /${stateEnvironmentPath}`, device],
    { okCodes: [0, 1], timeoutMs },
  );
  if (stdout !== '') return { found: Buffer.from(stdout, 'utf8') };
  return /File not found by ext2_lookup/.test(stderr) ? { absent: true } : { unreadable: lastLine(stderr) };
}

/** The manifest on the ext4 file system at `device`. */
export async function readInstalledManifest(host: Host, device: string): Promise<Look<Manifest>> {
  const { stdout, stderr } = await host.processes.run(
    'debugfs',
    ['-c', '-R', `cat /${manifestPath}`, device],
    {
      okCodes: [0, 1],
      timeoutMs,
    },
  );
  if (stdout === '')
    return /File not found by ext2_lookup/.test(stderr) ? { absent: true } : { unreadable: lastLine(stderr) };
  try {
    return { found: parseManifest(stdout, `the manifest on ${device}`) };
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}

/** The paths of a manifest that are missing on `device` or have another size. */
export async function missingFiles(host: Host, device: string, manifest: Manifest): Promise<string[]> {
  const folders = [...new Set(manifest.files.map((file) => folderPart(file.path).slice(0, -1)))];
  // The paths of a manifest have no space and no quote, so they need none here.
  const commands = folders.map((folder) => `ls -p /${folder}\n`).join('');
  const { stdout } = await host.processes.run('debugfs', ['-c', '-f', '-', device], {
    input: commands,
    okCodes: [0, 1],
    timeoutMs,
  });
  const sizes = parseListings(stdout);
  return manifest.files.filter((file) => sizes.get(file.path) !== file.size).map((file) => file.path);
}

/**
 * Sizes by path from the output of `ls -p` commands: an echo `debugfs: ls -p /FOLDER`, then lines
 * `/inode/mode/uid/gid/name/size/`. Only regular files count.
 */
export function parseListings(output: string): Map<string, number> {
  const sizes = new Map<string, number>();
  let folder = '';
  for (const line of output.split('\n')) {
    const echo = /^debugfs: +ls -p \/(.*)$/.exec(line);
    if (echo !== null) folder = echo[1] ?? '';
    const file = /^\/\d+\/10\d{4}\/\d+\/\d+\/([^/]+)\/(\d+)\/$/.exec(line);
    if (file !== null) sizes.set(folder === '' ? `${file[1]}` : `${folder}/${file[1]}`, Number(file[2]));
  }
  return sizes;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
