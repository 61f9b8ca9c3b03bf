/**
 * The rootfs tarball, unpacked into a work folder and compared with its own manifest: all of it has been read before
 * anything is touched.
 */
import { dirname, posix } from 'node:path';
import { boardKernel } from '../../boot/deployment.ts';
import { errorCode, OpsError, refused } from '../../errors.ts';
import { tarRanges } from '../../formats/archives/tar.ts';
import { sha256File, sha256Of } from '../../host/digest.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
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
  const tar = `${folder}/rootfs.tar`;
  const tree = `${folder}/tree`;
  await gunzip(host, path, tar);
  const archive = await files.open(tar, 'r');
  try {
    await extract(host, path, archive, tree);
  } finally {
    await archive.close();
  }
  await files.remove(tar);
  return checked(host, path, tree);
}

async function requireDigest({ files }: Host, path: string, expected: string): Promise<void> {
  const found = await sha256File(files, path);
  if (found === expected) return;
  throw refused('tarball-digest', `${path} does not match the given SHA-256`, {
    details: [`found: ${found}`, `expected: ${expected}`],
    hint: 'Fetch it again.',
  });
}

async function gunzip(host: Host, path: string, to: string): Promise<void> {
  const source = await host.files.open(path, 'r').catch((cause: unknown) => {
    throw refused('tarball-unreadable', `${path} cannot be read: ${whyNamed(cause)}`, { cause });
  });
  const target = await host.files.open(to, 'w');
  try {
    let offset = 0;
    const packed = { packing: 'gz', name: path, bytes: piecesOf(source) } as const;
    for await (const piece of unpacked(host, packed)) {
      await target.write(offset, piece);
      offset += piece.length;
    }
  } catch (error) {
    if (error instanceof OpsError && error.code === 'image-damaged')
      throw damaged(path, error.message.replace(/^.* is damaged or incomplete: /, ''));
    throw error;
  } finally {
    await target.close();
    await source.close();
  }
}

async function* piecesOf(file: OpenFile): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < file.size; offset += pieceSize)
    yield await file.read(offset, Math.min(pieceSize, file.size - offset));
}

/** Nothing but files below bos/: links and /sbin/init are made by the plan. */
async function extract({ files }: Host, path: string, archive: OpenFile, tree: string): Promise<void> {
  try {
    for await (const entry of tarRanges(archive)) {
      const name = posix.normalize(entry.path).split('/').slice(1).join('/');
      if (entry.type !== 'file' || !/^bos\/system\/(?!.*(^|\/)\.\.(\/|$))/.test(name)) continue;
      const to = `${tree}/${name}`;
      await files.makeDir(dirname(to));
      const file = await files.open(to, 'w');
      try {
        const end = entry.content + entry.size;
        for (let offset = entry.content; offset < end; offset += pieceSize)
          await file.write(
            offset - entry.content,
            await archive.read(offset, Math.min(pieceSize, end - offset)),
          );
      } finally {
        await file.close();
      }
    }
  } catch (error) {
    if (errorCode(error) !== undefined) throw error;
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
}

async function checked({ files }: Host, path: string, folder: string): Promise<Tarball> {
  const text = await files.readText(`${folder}/${manifestPath}`).catch(() => undefined);
  if (text === undefined) throw damaged(path, `${manifestPath} is not in it`);
  const manifest = parseManifest(text, `${manifestPath} in ${path}`);
  if (manifest.kernel !== boardKernel)
    throw damaged(path, `it is not for boards: its kernel is ${manifest.kernel}`);
  for (const file of manifest.files) {
    const size = (await files.stat(`${folder}/${file.path}`))?.size;
    if (size !== file.size || (await files.digest(`${folder}/${file.path}`)) !== file.sha256)
      throw damaged(path, `${file.path} is missing or differs from its manifest`);
  }
  const programs: ManifestFile[] = [];
  for (const name of Object.values(overlayFiles)) {
    const content = await files.read(`${folder}/${name}`).catch(() => undefined);
    if (content === undefined) throw damaged(path, `${name} is not in it`);
    programs.push({ path: name, size: content.length, sha256: sha256Of(content) });
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
