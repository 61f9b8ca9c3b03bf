/**
 * The OCI image as an image layout in a tar archive: the system of the medium, and what opsctl runs in, for a job that
 * upgrades a node. Layers with the system are plain tar archives, so a file lies at one place of a blob and is read by
 * ranges. All that depends on a machine or the time is left out: the same medium gives the same bytes.
 */
import { versions as nodeVersions } from 'node:process';
import { tarRanges } from '../../formats/archives/tar.ts';
import type { Files, Host } from '../../host/ports.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';
import { signaturePath } from '../../media/signature.ts';
import { type ArchiveEntry, rangeBytes, tarBytes } from '../archive.ts';
import type { Stage } from '../stage.ts';
import { walkTree } from '../tree.ts';
import { level, type WrittenLayer, writeImage, writeLayer } from './write-image.ts';

export type OciNeed = 'medium' | 'executable' | 'base';

/**
 * What the executable loads: its interpreter, which finds the rest by Debian's paths, and the libraries that ldd names.
 * The links of a merged /usr lead there.
 */
const runtimeFiles = [
  /^(lib|lib64)$/,
  /^usr\/(lib|lib64)\/ld-linux-[^/]+$/,
  /^usr\/lib\/[^/]+-linux-gnu\/(ld-linux-[^/]+|lib(c|m|dl|pthread)\.so\.[^/]+|libgcc_s\.so\.[^/]+|libstdc\+\+\.so\.6[^/]*)$/,
];
/** A person with a home folder: some programs ask for both. */
const passwd = 'root:x:0:0:root:/root:/usr/sbin/nologin\n';

/** Makes `bos-oci.tar`. */
export function ociStage(
  { files }: Pick<Host, 'files'>,
  needs: Readonly<Record<OciNeed, Stage>>,
  arch: string,
  date: number,
): Stage<OciNeed> {
  return {
    name: 'oci',
    title: 'Write the OCI image',
    inputs: { arch, date, level, zlib: nodeVersions.zlib, passwd, runtime: runtimeFiles.map(String) },
    needs,
    make: async ({ folder, from, percent, signal }) => {
      const tree = `${from.medium}/tree`;
      const manifest = parseManifest(await files.readText(`${tree}/${manifestPath}`), manifestPath);
      const layers: WrittenLayer[] = [];
      const add = async (holds: string, pieces: AsyncIterable<Uint8Array>, pack: boolean) => {
        signal.throwIfAborted();
        layers.push(await writeLayer(files, `${folder}/layer-${holds}`, holds, pieces, pack));
        percent(Math.min(80, layers.length * 16));
      };
      for (const [holds, entries] of await systemLayers(files, tree))
        if (entries.length > 0) await add(holds, tarBytes(files, entries, date), false);
      await add('opsctl', runtimeLayer(files, from, date), true);
      await writeImage(files, `${folder}/bos-oci.tar`, layers, {
        ...{ arch, time: date, tag: manifest.os },
        versions: { kernel: manifest.kernel, os: manifest.os, dcp: manifest.dcp },
      });
    },
  };
}

/** Each part of the system in a layer of its own: what did not change is not fetched again. */
async function systemLayers(files: Files, tree: string): Promise<[string, ArchiveEntry[]][]> {
  const walked = await walkTree(files, tree, 'bos');
  const folders = (below: string): ArchiveEntry[] =>
    ['bos', 'bos/system', ...(below === '' ? [] : [below])].map((path) => ({
      path,
      mode: 0o755,
      folder: true,
    }));
  const part = async (name: string): Promise<[string, ArchiveEntry[]]> => {
    const root = `bos/system/${name}`;
    const entries: ArchiveEntry[] = [];
    for (const { path, stat } of walked) {
      if (!path.startsWith(`${root}/`)) continue;
      const file = `${tree}/${path}`;
      if (stat.type === 'directory') entries.push({ path, mode: 0o755, folder: true });
      else if (stat.type === 'symlink') entries.push({ path, link: await files.readLink(file) });
      else entries.push({ path, mode: stat.mode, file });
    }
    return [name, entries.length === 0 ? [] : [...folders(root), ...entries]];
  };
  const listed = walked.filter(({ path }) => path === manifestPath || path === signaturePath);
  const manifest = listed.map(({ path }) => ({ path, mode: 0o644, file: `${tree}/${path}` }));
  return [
    await part('kernel'),
    await part('os'),
    await part('dcp'),
    ['manifest', [...folders(''), ...manifest]],
  ];
}

/** opsctl, and the least that it runs in: it needs no shell and no package manager. */
async function* runtimeLayer(
  files: Files,
  from: Readonly<Record<OciNeed, string>>,
  date: number,
): AsyncGenerator<Uint8Array> {
  const base = await files.open(`${from.base}/base.tar`, 'r');
  try {
    for await (const { path, start, end } of tarRanges(base)) {
      const name = path.replace(/^\.\//, '').replace(/\/$/, '');
      if (runtimeFiles.some((pattern) => pattern.test(name))) yield* rangeBytes(base, start, end);
    }
  } finally {
    await base.close();
  }
  yield* tarBytes(
    files,
    [
      { path: 'etc/passwd', mode: 0o644, text: passwd },
      { path: 'root', mode: 0o700, folder: true },
      { path: 'tmp', mode: 0o1777, folder: true },
      { path: 'usr/bin/opsctl', mode: 0o755, file: `${from.executable}/opsctl` },
    ],
    date,
  );
}
