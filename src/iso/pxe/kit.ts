/** `opsctl pxe kit`: a folder that a TFTP or HTTP server serves as it is, made of the PXE artifacts or of an ISO. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { kernelWords } from '../../boot/command-line.ts';
import { OpsError, refused, usage } from '../../errors.ts';
import { type Iso, openIso } from '../../formats/iso9660/image.ts';
import { sha256File } from '../../host/digest.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { type Manifest, manifestPath, parseManifest, requireWhole } from '../../media/manifest.ts';
import { checkedConfig, configPath } from '../edit/edits.ts';
import { installWords } from '../edit/menu-edits.ts';
import { listedFileFault } from '../inspect/file-lists.ts';
import type { MenuRequest } from '../request.ts';
import { appendExtra, appender, appendMedium } from './initrd.ts';
import { leftOut } from './left-out.ts';
import { grubScriptPath, ipxeScriptPath, renderIpxeScript, renderNetworkMenu } from './scripts.ts';

export interface PxeKitRequest {
  /** A folder of artifacts, or an ISO. */
  readonly from: string;
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

/** As `opsctl build` names them. */
const names = {
  kernel: 'bos-vmlinuz-amd64',
  initrd: 'bos-initrd-amd64',
  sums: 'sha256sum-amd64.txt',
} as const;
/** Without `rootfstype=ramfs` half of the memory has to be enough for what is unpacked. */
const commonWords = ['rootfstype=ramfs', 'console=tty0', 'console=ttyS0,115200', 'quiet'];
const textLimit = 1024 * 1024;

interface Parts {
  readonly title: string;
  /** What the menus of the ISO say beside these words. */
  leftOut(words: readonly string[]): Promise<string[]>;
  writeKernel(file: OpenFile): Promise<void>;
  writeInitrd(file: OpenFile): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes the kit; everything is checked before, and read back after. Throws OpsError: (usage) what is wrong with
 * arguments, configuration and files; (refused) `pxe-source`, `medium-incomplete`, `folder-in-use`, what the ISO's
 * reader throws; (undone) `pxe-read-back`.
 */
export async function writePxeKit(host: Host, request: PxeKitRequest, signal: AbortSignal): Promise<PxeKit> {
  const { files } = host;
  const { folder } = request;
  const words = kitWords(request);
  const config =
    request.config === undefined ? undefined : await checkedConfig(host, request.config, 'the folder');
  const extra = config === undefined ? [] : [{ path: configPath, bytes: config.bytes }];
  await requireLoaders(host, request.loaders);
  const parts = await openParts(host, request.from, extra, signal);
  try {
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

function kitWords({ append, install }: PxeKitRequest): string[] {
  const mode = install === undefined ? 'live' : 'install';
  const added = append.flatMap(kernelWords);
  const own = added.some((word) => /^bos\.(fallback_)?mode=/.test(word)) ? [] : [`bos.mode=${mode}`];
  return [...commonWords, ...own, ...(install === undefined ? [] : installWords(install)), ...added];
}

const baseName = (path: string): string => path.replace(/^.*[/\\]/, '');

/** `FILE`, or `FILE:NAME` for what it is called in the kit. */
export function kitLoader(text: string): KitLoader {
  const [, source = text, name = baseName(text)] = /^(.+):([^:/\\]+)$/.exec(text) ?? [];
  return { source, name };
}

async function requireLoaders(host: Host, loaders: readonly KitLoader[]): Promise<void> {
  const taken = new Set<string>([names.kernel, names.initrd, ipxeScriptPath, 'grub']);
  for (const { source, name } of loaders) {
    if ((await host.files.stat(source))?.type !== 'file')
      throw usage('file-missing', `${source} is not a file`, {
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

type Extra = Parameters<typeof appendExtra>[1];

async function openParts(host: Host, from: string, extra: Extra, signal: AbortSignal): Promise<Parts> {
  const real = await host.files.realPath(from).catch((cause) => {
    throw usage('boot-missing', `${from} does not exist`, {
      cause,
      hint: 'Give an ISO or a folder of artifacts, or run "opsctl build pxe".',
    });
  });
  const stat = await host.files.stat(real);
  return stat?.type === 'directory'
    ? partsOfArtifacts(host, real, extra, signal)
    : partsOfIso(host, real, extra, signal);
}

/** The initrd of the artifacts has everything in it. What the build's checksums speak of is compared with them. */
async function partsOfArtifacts(
  host: Host,
  folder: string,
  extra: Extra,
  signal: AbortSignal,
): Promise<Parts> {
  const { files } = host;
  const sums = (await files.exists(join(folder, names.sums)))
    ? await files.readText(join(folder, names.sums))
    : '';
  for (const name of [names.kernel, names.initrd]) {
    const path = join(folder, name);
    if (!(await files.exists(path)))
      throw refused('pxe-source', `${path} does not exist`, { hint: 'Run "opsctl build pxe" to make it.' });
    const wanted = new RegExp(`^([0-9a-f]{64})  ${name}$`, 'm').exec(sums)?.[1];
    if (wanted !== undefined && (await files.digest(path, { signal })) !== wanted)
      throw refused('pxe-source', `${path} does not match ${names.sums}`, {
        hint: 'Build or copy it again.',
      });
  }
  const copy = async (name: string, file: OpenFile, more: Extra) => {
    const source = await files.open(join(folder, name), 'r');
    try {
      const out = appender(file, () => {}, signal);
      await out.source(source);
      await appendExtra(out, more);
    } finally {
      await source.close();
    }
  };
  return {
    title: 'Bhojpur OS',
    leftOut: async () => [],
    writeKernel: (file) => copy(names.kernel, file, []),
    writeInitrd: (file) => copy(names.initrd, file, extra),
    close: async () => {},
  };
}

async function partsOfIso(host: Host, path: string, extra: Extra, signal: AbortSignal): Promise<Parts> {
  const source = await host.files.open(path, 'r');
  try {
    const iso = await openIso(source, path);
    const manifest = await checkedManifest(iso, path, signal);
    const folder = `bos/system/kernel/${manifest.kernel}`;
    return {
      title: `Bhojpur OS ${manifest.os}`,
      leftOut: (words) => leftOut(iso, words),
      writeKernel: async (file) =>
        appender(file, () => {}, signal).source(await iso.open(`${folder}/vmlinuz`)),
      writeInitrd: async (file) => {
        const out = appender(file, () => {}, signal);
        await appendMedium(out, iso, `${folder}/initrd`);
        await appendExtra(out, extra);
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The manifest of an ISO of ours all of whose files are whole. */
async function checkedManifest(iso: Iso, path: string, signal: AbortSignal): Promise<Manifest> {
  if ((await iso.stat(manifestPath))?.type !== 'file')
    throw refused('pxe-source', `${path} is not a Bhojpur OS ISO`, {
      hint: 'A kit is made of an Bhojpur OS ISO, or from the artifacts of "opsctl build pxe".',
    });
  const text = Buffer.from(await iso.readFile(manifestPath, textLimit)).toString('utf8');
  const manifest = parseManifest(text, `${manifestPath} in ${path}`);
  requireWhole(manifest, `${manifestPath} in ${path}`);
  const faults: string[] = [];
  for (const { path: file, size, sha256 } of manifest.files) {
    const fault = await listedFileFault(
      iso,
      'sha256',
      { path: file, size, digest: sha256 },
      () => {},
      signal,
    );
    if (fault !== undefined) faults.push(fault);
  }
  if (faults.length === 0) return manifest;
  throw refused('medium-incomplete', `${path} is damaged or incomplete`, {
    details: faults,
    hint: 'Check the ISO against its published checksum.',
  });
}
