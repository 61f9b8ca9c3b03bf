/** What a PXE kit is made of: the artifacts of a build, or an ISO. */
import { join } from 'node:path';
import { type ArchitectureName, architectureNames } from '../../architectures.ts';
import { refused, usage } from '../../errors.ts';
import { type Iso, openIso } from '../../formats/iso9660/image.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import { type Manifest, manifestPath, parseManifest, requireWhole } from '../../media/manifest.ts';
import { listedFileFault } from '../inspect/file-lists.ts';
import { appendExtra, appender, appendMedium } from './initrd.ts';
import { leftOut } from './left-out.ts';

/** As `opsctl build` names them. */
export const namesFor = (arch: ArchitectureName) => ({
  kernel: `bos-vmlinuz-${arch}`,
  initrd: `bos-initrd-${arch}`,
  sums: `sha256sum-${arch}.txt`,
});
const textLimit = 1024 * 1024;

export interface Parts {
  readonly arch: ArchitectureName;
  readonly title: string;
  /** What the menus of the ISO say beside these words. */
  leftOut(words: readonly string[]): Promise<string[]>;
  writeKernel(file: OpenFile): Promise<void>;
  writeInitrd(file: OpenFile): Promise<void>;
  close(): Promise<void>;
}

type Extra = Parameters<typeof appendExtra>[1];

/** Throws OpsError: (usage) `arch-differs`; (refused) `boot-missing`, `pxe-source`, `medium-incomplete`, and what reading an ISO does. */
export async function openParts(
  host: Host,
  { from, arch }: { readonly from: string; readonly arch?: ArchitectureName },
  extra: Extra,
  signal: AbortSignal,
): Promise<Parts> {
  const real = await host.files.realPath(from).catch((cause) => {
    throw cannotRead(
      'boot-missing',
      from,
      cause,
      'Give an ISO or a folder of artifacts, or run `opsctl build pxe`.',
    );
  });
  const stat = await host.files.stat(real);
  return stat?.type === 'directory'
    ? partsOfArtifacts(host, real, await archIn(host, real, arch), extra, signal)
    : partsOfIso(host, real, arch, extra, signal);
}

/** That asked for, else that of this machine, else the only one of the folder. */
async function archIn(
  host: Host,
  folder: string,
  wanted: ArchitectureName | undefined,
): Promise<ArchitectureName> {
  if (wanted !== undefined) return wanted;
  const found: ArchitectureName[] = [];
  for (const name of architectureNames)
    if (await host.files.exists(join(folder, namesFor(name).kernel))) found.push(name);
  const own = host.system.arch;
  return found.includes(own) ? own : (found[0] ?? own);
}

/** The initrd of the artifacts has everything in it. What the build's checksums speak of is compared with them. */
async function partsOfArtifacts(
  host: Host,
  folder: string,
  arch: ArchitectureName,
  extra: Extra,
  signal: AbortSignal,
): Promise<Parts> {
  const { files } = host;
  const names = namesFor(arch);
  const sums = (await files.exists(join(folder, names.sums)))
    ? await files.readText(join(folder, names.sums))
    : '';
  for (const name of [names.kernel, names.initrd]) {
    const path = join(folder, name);
    if (!(await files.exists(path)))
      throw refused('pxe-source', `${path} does not exist`, {
        hint: `Run "opsctl build pxe --arch ${arch}" to make it.`,
      });
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
    arch,
    title: 'Bhojpur OS',
    leftOut: async () => [],
    writeKernel: (file) => copy(names.kernel, file, []),
    writeInitrd: (file) => copy(names.initrd, file, extra),
    close: async () => {},
  };
}

async function partsOfIso(
  host: Host,
  path: string,
  wanted: ArchitectureName | undefined,
  extra: Extra,
  signal: AbortSignal,
): Promise<Parts> {
  const source = await host.files.open(path, 'r');
  try {
    const iso = await openIso(source, path);
    const manifest = await checkedManifest(iso, path, signal);
    const { arch } = manifest;
    if (wanted !== undefined && wanted !== arch)
      throw usage('arch-differs', `${path} is for ${arch}, but --arch is ${wanted}`);
    const folder = kernelFolder(manifest);
    return {
      arch,
      title: titleOf(manifest),
      leftOut: (words) => leftOut(iso, words),
      writeKernel: async (file) => appender(file, () => {}, signal).file(iso, `${folder}/vmlinuz`),
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

/** Where the kernel and the small initrd of an ISO lie. */
export const kernelFolder = ({ kernel }: Manifest): string => `bos/system/kernel/${kernel}`;
export const titleOf = ({ os }: Manifest): string => `Bhojpur OS ${os}`;

/** The manifest of an ISO of ours. Throws OpsError (refused) `pxe-source`, and what a manifest with faults does. */
export async function manifestOf(iso: Iso, path: string): Promise<Manifest> {
  if ((await iso.stat(manifestPath))?.type !== 'file')
    throw refused('pxe-source', `${path} is not a Bhojpur OS ISO`, {
      hint: 'A kit is made of an Bhojpur OS ISO, or from the artifacts of "opsctl build pxe".',
    });
  const text = Buffer.from(await iso.readFile(manifestPath, textLimit)).toString('utf8');
  const manifest = parseManifest(text, `${manifestPath} in ${path}`);
  requireWhole(manifest, `${manifestPath} in ${path}`);
  return manifest;
}

/** The same of one all of whose files are whole. */
async function checkedManifest(iso: Iso, path: string, signal: AbortSignal): Promise<Manifest> {
  const manifest = await manifestOf(iso, path);
  const faults: string[] = [];
  for (const { path: file, size, sha256 } of manifest.files) {
    const fault = await listedFileFault(
      iso,
      'sha256',
      { path: file, size, digest: sha256 },
      () => {},
      signal,
    );
    if (fault !== undefined) faults.push(fault.text);
  }
  if (faults.length === 0) return manifest;
  throw refused('medium-incomplete', `${path} is damaged or incomplete`, {
    details: faults,
    hint: 'Check the ISO against its published checksum.',
  });
}
