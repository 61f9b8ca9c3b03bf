/**
 * The rootfs tarball, unpacked into a work folder and compared with its own manifest: all of it has been read before
 * anything is touched.
 */
import { createHash } from 'node:crypto';
import { dirname, posix } from 'node:path';
import { boardKernel } from '../../boot/deployment.ts';
import { errorCode, OpsError, refused } from '../../errors.ts';
import { type TarRange, tarRanges } from '../../formats/archives/tar.ts';
import { ForwardSource } from '../../formats/forward-source.ts';
import { sha256File, sha256Of } from '../../host/digest.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import { type Manifest, type ManifestFile, manifestPath, parseManifest } from '../../media/manifest.ts';
import { overlayFiles, overlayFolder } from '../../media/overlay.ts';
import { unpacked } from '../../media/packed/unpack.ts';

export interface Tarball {
  readonly manifest: Manifest;
  readonly manifestText: string;
  /** What starts the system there, by their paths below the folder. */
  readonly programs: readonly ManifestFile[];
  /** Where all of it lies, with the paths it has in the target. */
  readonly folder: string;
}

const pieceSize = 2 * 1024 * 1024;

/**
 * Throws OpsError (refused) `tarball-unreadable`, `tarball-damaged`, `tarball-digest`, `manifest-invalid`.
 * @param folder an empty one
 */
export async function unpackTarball(
  host: Host,
  path: string,
  folder: string,
  sha256?: string,
): Promise<Tarball> {
  const { files } = host;
  const stat = await files.stat(await files.realPath(path).catch(() => path)).catch(() => undefined);
  if (stat?.type !== 'file')
    throw refused('tarball-unreadable', `${path} is not a file`, {
      hint: 'Name the rootfs tarball, such as bos-rootfs-arm64.tar.gz.',
    });
  if (sha256 !== undefined) await requireDigest(host, path, sha256);
  const tree = `${folder}/tree`;
  return checked(host, path, tree, await unpack(host, path, tree));
}

async function requireDigest({ files }: Host, path: string, expected: string): Promise<void> {
  const found = await sha256File(files, path);
  if (found === expected) return;
  throw refused('tarball-digest', `${path} does not match the given SHA-256`, {
    details: [`found: ${found}`, `expected: ${expected}`],
    hint: 'Fetch it again.',
  });
}

/** Digests and sizes of what was in it, by path: files below bos/system, as links and /sbin/init are made by the plan. */
async function unpack(host: Host, path: string, tree: string): Promise<Unpacked> {
  const source = await host.files.open(path, 'r').catch((cause: unknown) => {
    throw cannotRead('tarball-unreadable', path, cause);
  });
  const plain = new ForwardSource(unpacked(host, { packing: 'gz', name: path, bytes: piecesOf(source) }));
  const found: Unpacked = new Map();
  try {
    for await (const entry of tarRanges(plain)) {
      const name = posix.normalize(entry.path).split('/').slice(1).join('/');
      if (entry.type !== 'file' || !/^bos\/system\/(?!.*(^|\/)\.\.(\/|$))/.test(name)) continue;
      found.set(name, await extract(host, plain, entry, `${tree}/${name}`));
    }
    // Behind the end of the archive stands the checksum of what packs it.
    await plain.drain();
    return found;
  } catch (error) {
    if (error instanceof OpsError && error.code === 'image-damaged')
      throw damaged(path, error.message.replace(/^.* is damaged or incomplete: /, ''));
    if (errorCode(error) !== undefined) throw error;
    throw damaged(path, error instanceof Error ? error.message : String(error));
  } finally {
    await source.close();
  }
}

type Unpacked = Map<string, { readonly size: number; readonly sha256: string }>;

async function extract(
  { files }: Host,
  archive: ForwardSource,
  { content, size }: TarRange,
  to: string,
): Promise<{ readonly size: number; readonly sha256: string }> {
  await files.makeDir(dirname(to));
  const file = await files.open(to, 'w');
  const hash = createHash('sha256');
  try {
    for (let done = 0; done < size; ) {
      const piece = await archive.read(content + done, Math.min(pieceSize, size - done));
      if (piece.length === 0) throw new Error('it ends in the middle of a file');
      hash.update(piece);
      await file.write(done, piece);
      done += piece.length;
    }
  } finally {
    await file.close();
  }
  return { size, sha256: hash.digest('hex') };
}

async function* piecesOf(file: OpenFile): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < file.size; offset += pieceSize)
    yield await file.read(offset, Math.min(pieceSize, file.size - offset));
}

async function checked({ files }: Host, path: string, folder: string, found: Unpacked): Promise<Tarball> {
  const text = await files.readText(`${folder}/${manifestPath}`).catch(() => undefined);
  if (text === undefined) throw damaged(path, `${manifestPath} is not in it`);
  const manifest = parseManifest(text, `${manifestPath} in ${path}`);
  if (manifest.kernel !== boardKernel)
    throw damaged(path, `it is not for boards: its kernel is ${manifest.kernel}`);
  for (const file of manifest.files) {
    const own = found.get(file.path);
    if (own?.size !== file.size || own.sha256 !== file.sha256)
      throw damaged(path, `${file.path} is missing or differs from its manifest`);
  }
  const programs: ManifestFile[] = [];
  for (const name of Object.values(overlayFiles)) {
    const own = found.get(name);
    if (own === undefined) throw damaged(path, `${name} is not in it`);
    programs.push({ path: name, ...own });
  }
  const unpackedFile = await files.readText(`${folder}/${overlayFiles.unpacked}`);
  if (unpackedFile.trim() !== sha256Of(text))
    throw damaged(path, `${overlayFolder} belongs to another version`);
  return { manifest, manifestText: text, programs, folder };
}

const damaged = (path: string, why: string) =>
  refused('tarball-damaged', `${path} is not a whole rootfs tarball: ${why}`, {
    hint: 'Fetch it again, and compare it with sha256sum-*.txt.',
  });
