/**
 * The OCI image as an image layout in a tar archive: the system of the medium, and what opsctl runs in, for a job that
 * upgrades a node. Layers with the system are plain tar archives, so a file lies at one place of a blob and is read by
 * ranges. All that depends on a machine or the time is left out: the same medium gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { versions as nodeVersions } from 'node:process';
import { createGzip } from 'node:zlib';
import { tarRanges } from '../../formats/archives/tar.ts';
import type { Files, Host } from '../../host/ports.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';
import { signaturePath } from '../../media/signature.ts';
import { mediaTypes } from '../../oci/documents.ts';
import { indexJson, type LayerRow, layoutMarker, renderImage } from '../../oci/layout.ts';
import { type ArchiveEntry, rangeBytes, tarBytes, writeBytes } from '../archive.ts';
import type { Stage } from '../stage.ts';
import { walkTree } from '../tree.ts';

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
const level = 6;

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
      const layers: (LayerRow & { readonly file: string })[] = [];
      const add = async (holds: string, pieces: AsyncIterable<Uint8Array>, pack: boolean) => {
        signal.throwIfAborted();
        layers.push(await writeLayer(files, `${folder}/layer-${holds}`, holds, pieces, pack));
        percent(Math.min(80, layers.length * 16));
      };
      for (const [holds, entries] of await systemLayers(files, tree))
        if (entries.length > 0) await add(holds, tarBytes(files, entries, date), false);
      await add('opsctl', runtimeLayer(files, from, date), true);
      const {
        config,
        manifest: document,
        index,
      } = renderImage({
        ...{ arch, time: date, layers },
        versions: { kernel: manifest.kernel, os: manifest.os, dcp: manifest.dcp },
      });
      const entries: ArchiveEntry[] = [
        text('oci-layout', layoutMarker),
        text('index.json', indexJson(index, manifest.os)),
        ...[index, document, config].map(({ digest, bytes }) =>
          text(blobPath(digest), Buffer.from(bytes).toString('utf8')),
        ),
        ...layers.map(({ digest, file }) => ({ path: blobPath(digest), mode: 0o644, file })),
      ];
      await writeBytes(files, `${folder}/bos-oci.tar`, tarBytes(files, entries, date));
      for (const { file } of layers) await files.remove(file);
    },
  };
}

const text = (path: string, content: string): ArchiveEntry => ({ path, mode: 0o644, text: content });
const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`;

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

/** Writes a layer beside the archive to come, for its digest, which stands before it. */
async function writeLayer(
  files: Files,
  file: string,
  holds: string,
  pieces: AsyncIterable<Uint8Array>,
  pack: boolean,
): Promise<LayerRow & { readonly file: string }> {
  const plain = createHash('sha256');
  const stored = createHash('sha256');
  let size = 0;
  const raw = hashed(pieces, (piece) => void plain.update(piece));
  const written = hashed(pack ? packed(raw) : raw, (piece) => {
    stored.update(piece);
    size += piece.length;
  });
  await writeBytes(files, file, written);
  return {
    ...{ holds, file, size },
    mediaType: pack ? mediaTypes.packedLayer : mediaTypes.layer,
    digest: `sha256:${stored.digest('hex')}`,
    diffId: `sha256:${plain.digest('hex')}`,
  };
}

async function* hashed(
  pieces: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    take(piece);
    yield piece;
  }
}

/** gzip without a time or a name in it (RFC 1952, section 2.3.1), as zlib writes it. */
async function* packed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Readable } = await import('node:stream');
  yield* Readable.from(pieces).compose(createGzip({ level }));
}
