/** The stage that somebody's own system comes in by: its layers, compared with their digests, as one archive. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { packingOf } from '../../media/packed/kind.ts';
import { unpacked } from '../../media/packed/unpack.ts';
import { otherDigest } from '../../oci/documents.ts';
import { writeBytes } from '../archive.ts';
import type { Stage } from '../stage.ts';
import { layered, type NamedArchive } from './layers.ts';
import { rootBytes } from './root-bytes.ts';
import type { OwnImage, OwnLayer } from './source.ts';

/** Bytes of the layers, unpacked: more than any system has, and less than what fills a disk for a joke. */
const mostBytes = 64e9;

/** Of an image. Makes `root.tar`. */
export function imageRootStage(host: Host, image: OwnImage): Stage<never> {
  return {
    name: 'root',
    title: `Unpack ${image.shown}`,
    inputs: { image: image.digest, format: 1 },
    tools: ['zstd'],
    needs: {},
    make: async ({ folder, percent, signal }) => {
      const archives: { name: string; path: string }[] = [];
      const total = image.layers.reduce((sum, { size }) => sum + size, 0);
      let before = 0;
      for (const layer of image.layers) {
        const path = `${folder}/layer-${archives.length}.tar`;
        await unpackLayer(host, layer, path, signal, (done) => percent(((before + done) / total) * 60));
        before += layer.size;
        archives.push({ name: layer.name, path });
      }
      await writeRoot(host, archives, folder);
    },
  };
}

/** Of a folder, whose content `digest` names. Makes `root.tar`. */
export function folderRootStage(host: Host, path: string, digest: string): Stage<never> {
  return {
    name: 'root',
    title: `Read ${path}`,
    inputs: { folder: digest, format: 1 },
    needs: {},
    make: async ({ folder, percent }) => {
      const archive = `${folder}/layer-0.tar`;
      await host.processes.run('tar', [
        ...['--create', '--format=posix', '--sort=name', '--numeric-owner', '--xattrs', '--acls'],
        ...notRead.map((name) => `--exclude=./${name}/*`),
        ...['--one-file-system', `--directory=${path}`, `--file=${archive}`, '.'],
      ]);
      percent(60);
      await writeRoot(host, [{ name: path, path: archive }], folder);
    },
  };
}

/** Folders that are filled by a kernel when a system runs. */
export const notRead = ['dev', 'proc', 'run', 'sys', 'tmp'] as const;

async function writeRoot(
  { files }: Host,
  archives: readonly { readonly name: string; readonly path: string }[],
  folder: string,
): Promise<void> {
  const opened: (NamedArchive & { readonly source: OpenFile })[] = [];
  try {
    for (const { name, path } of archives) opened.push({ name, source: await files.open(path, 'r') });
    const root = await layered(opened);
    const sources = opened.map(({ source }) => source);
    await writeBytes(files, `${folder}/root.tar`, rootBytes(root, sources));
  } finally {
    for (const { source } of opened) await source.close();
  }
  for (const { path } of archives) await files.remove(path);
}

/** Throws OpsError (refused): `oci-digest` for other bytes than the image names, `image-damaged`, `layer-too-large`. */
async function unpackLayer(
  host: Host,
  layer: OwnLayer,
  path: string,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<void> {
  const stored = createHash('sha256');
  const plain = createHash('sha256');
  const { packing, bytes } = await withPacking(layer, signal);
  let [done, written] = [0, 0];
  async function* read() {
    for await (const piece of bytes) {
      signal.throwIfAborted();
      stored.update(piece);
      done += piece.length;
      onProgress(done);
      yield piece;
    }
    // Before the end of an archive is missed, which would say less.
    compare(layer, `sha256:${stored.digest('hex')}`, layer.digest);
  }
  async function* counted() {
    for await (const piece of unpacked(host, { packing, name: layer.name, bytes: read() })) {
      plain.update(piece);
      written += piece.length;
      if (written > mostBytes)
        throw refused('layer-too-large', `${layer.name} has more than ${mostBytes / 1e9} GB, unpacked`, {
          hint: 'Make the image smaller.',
        });
      yield piece;
    }
  }
  await writeBytes(host.files, path, counted());
  compare(layer, `sha256:${plain.digest('hex')}`, layer.diffId);
}

function compare({ name }: OwnLayer, found: string, expected: string | undefined): void {
  if (expected !== undefined && found !== expected) throw otherDigest(found, expected, name);
}

/** Where no media type says how a layer is packed, its first bytes do. */
async function withPacking(layer: OwnLayer, signal: AbortSignal) {
  const bytes = layer.bytes(signal);
  if (layer.packing !== undefined) return { packing: layer.packing, bytes };
  const first = await bytes.next();
  const head = first.done === true ? new Uint8Array() : first.value.slice();
  async function* rest() {
    yield head;
    yield* bytes;
  }
  return { packing: packingOf(head), bytes: rest() };
}
