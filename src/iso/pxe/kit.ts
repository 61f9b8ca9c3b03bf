/** `opsctl pxe kit`: a folder that a TFTP or HTTP server serves as it is, made of the PXE artifacts or of an ISO. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { kernelWords } from '../../boot/command-line.ts';
import { OpsError, refused, usage } from '../../errors.ts';
import { sha256File } from '../../host/digest.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { checkedConfig, configPath } from '../edit/edits.ts';
import { installWords } from '../edit/menu-edits.ts';
import type { MenuRequest } from '../request.ts';
import { namesFor, openParts } from './parts.ts';
import { grubScriptPath, ipxeScriptPath, renderIpxeScript, renderNetworkMenu } from './scripts.ts';

export interface PxeKitRequest {
  /** A folder of artifacts, or an ISO. */
  readonly from: string;
  /** Of artifacts for several; an ISO is for one. */
  readonly arch?: ArchitectureName;
  readonly folder: string;
  readonly append: readonly string[];
  readonly install?: MenuRequest['install'];
  /** A local file. */
  readonly config?: string;
  /** EFI programs to lay beside the scripts, such as shim and GRUB's network image, and what they are called there. */
  readonly loaders: readonly KitLoader[];
}

export interface KitLoader {
  readonly source: string;
  readonly name: string;
}

export interface PxeKit {
  readonly v: 1;
  readonly folder: string;
  /** Relative to the folder, in the order written. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  /** The kernel arguments, without quotes; secrets as they are. */
  readonly arguments: readonly string[];
  /** Names of arguments in the menus of the ISO that are not among these. */
  readonly leftOut: readonly string[];
  /** What a person should know. */
  readonly notes: readonly string[];
}

/** Without `rootfstype=ramfs` half of the memory has to be enough for what is unpacked. */
const commonWords = (arch: ArchitectureName) => [
  ...['rootfstype=ramfs', 'console=tty0', `console=${architectures[arch].serial}`, 'quiet'],
];
/**
 * Writes the kit; everything is checked before, and read back after. Throws OpsError: (usage) what is wrong with
 * arguments, configuration and files; (refused) `pxe-source`, `medium-incomplete`, `folder-in-use`, what the ISO's
 * reader throws; (undone) `pxe-read-back`.
 */
export async function writePxeKit(host: Host, request: PxeKitRequest, signal: AbortSignal): Promise<PxeKit> {
  const { files } = host;
  const { folder } = request;
  const config =
    request.config === undefined ? undefined : await checkedConfig(host, request.config, 'the folder');
  const extra = config === undefined ? [] : [{ path: configPath, bytes: config.bytes }];
  const parts = await openParts(host, request, extra, signal);
  try {
    const names = namesFor(parts.arch);
    const words = kitWords(request, parts.arch);
    await requireLoaders(host, request.loaders, names);
    const boot = { title: parts.title, kernel: names.kernel, initrd: names.initrd, words };
    const scripts = [
      [ipxeScriptPath, renderIpxeScript(boot)],
      [grubScriptPath, renderNetworkMenu(boot)],
    ] as const;
    await requireOwnFolder(host, folder);
    await files.makeDir(join(folder, 'grub'));
    const written = new Map<string, string>();
    const put = async (path: string, write: (file: OpenFile) => Promise<void>) => {
      // Under another name until it is whole: a server may be reading the folder.
      const partial = join(folder, `${path}.partial`);
      const file = await files.open(partial, 'w');
      const hash = createHash('sha256');
      const hashed: OpenFile = {
        ...file,
        write: (offset, data) => {
          hash.update(data);
          return file.write(offset, data);
        },
      };
      try {
        await write(hashed);
        await file.sync();
      } catch (error) {
        await file.close();
        await files.remove(partial);
        throw error;
      }
      await file.close();
      await files.rename(partial, join(folder, path));
      written.set(path, hash.digest('hex'));
    };
    await put(names.kernel, parts.writeKernel);
    await put(names.initrd, parts.writeInitrd);
    for (const loader of request.loaders)
      await put(loader.name, async (file) => file.write(0, await files.read(loader.source)));
    // What starts the others comes last.
    for (const [path, text] of scripts) await put(path, (file) => file.write(0, Buffer.from(text)));
    const notes = config?.note === undefined ? [] : [config.note];
    const listed = await readBack(host, folder, written, signal);
    const leftOut = await parts.leftOut(words);
    return { v: 1, folder, files: listed, arguments: words, leftOut, notes };
  } finally {
    await parts.close();
  }
}

/** Each file from the disk itself, compared with what was written. */
async function readBack(
  { files }: Host,
  folder: string,
  written: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<PxeKit['files']> {
  const listed: PxeKit['files'][number][] = [];
  for (const [path, expected] of written) {
    const size = (await files.stat(join(folder, path)))?.size ?? 0;
    const sha256 = await sha256File(files, join(folder, path), { fromDisk: true, signal });
    if (sha256 !== expected)
      throw new OpsError('undone', 'pxe-read-back', `${join(folder, path)} did not read back as written`, {
        hint: 'Check the disk, and write the kit again.',
      });
    listed.push({ path, size, sha256 });
  }
  return listed;
}

/** The kernel arguments of a kit, without quotes. Throws OpsError (usage) for settings that no installer has. */
export function kitWords(
  { append, install }: Pick<PxeKitRequest, 'append' | 'install'>,
  arch: ArchitectureName,
): string[] {
  const mode = install === undefined ? 'live' : 'install';
  const added = append.flatMap(kernelWords);
  const own = added.some((word) => /^bos\.(fallback_)?mode=/.test(word)) ? [] : [`bos.mode=${mode}`];
  return [...commonWords(arch), ...own, ...(install === undefined ? [] : installWords(install)), ...added];
}

const baseName = (path: string): string => path.replace(/^.*[/\\]/, '');

/** `FILE`, or `FILE:NAME` for what it is called in the kit. */
export function kitLoader(text: string): KitLoader {
  const [, source = text, name = baseName(text)] = /^(.+):([^:/\\]+)$/.exec(text) ?? [];
  return { source, name };
}

async function requireLoaders(
  host: Host,
  loaders: readonly KitLoader[],
  names: ReturnType<typeof namesFor>,
): Promise<void> {
  const taken = new Set<string>([names.kernel, names.initrd, ipxeScriptPath, 'grub']);
  for (const { source, name } of loaders) {
    if ((await host.files.stat(source))?.type !== 'file')
      throw refused('file-missing', `${source} is not a file`, {
        hint: 'Give the EFI program that UEFI machines fetch, and another name after a colon: FILE:grubx64.efi.',
      });
    if (taken.has(name))
      throw usage('loader-name', `--loader: the kit already has another ${name}`, {
        hint: 'Give it another name after a colon: FILE:NAME.',
      });
    taken.add(name);
  }
}

/** Files that are not of a kit are somebody's own. */
async function requireOwnFolder(host: Host, folder: string): Promise<void> {
  const found = await host.files.list(folder);
  if (found.length === 0 || found.includes(ipxeScriptPath)) return;
  throw refused('folder-in-use', `${folder} has other files in it`, {
    hint: 'Give a new or empty folder, or one with a kit in it.',
  });
}
