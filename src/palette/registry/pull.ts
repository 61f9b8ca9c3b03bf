/** A pack out of a registry, as an archive or unpacked. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { openBlob } from '../../media/oci/blob.ts';
import { rechunk } from '../../media/rechunk.ts';
import { isManifest, otherDigest, parseManifestDocument } from '../../oci/documents.ts';
import { renderReference } from '../../oci/reference.ts';
import { openRegistry } from '../../oci/registry.ts';
import { withTemporary } from '../../operation/outcome.ts';
import { archiveTitle, type PackName } from './build-archive.ts';
import { type ArchiveBlob, archiveOf, type PackRegistry, packReference } from './pack-reference.ts';
import type { PackTransferOptions } from './push.ts';
import { type ArchiveSink, readPackArchive } from './read-archive.ts';

export interface PullPackRequest {
  readonly where: PackRegistry;
  readonly pack: PackName;
  /** The folder to write to, absolute. */
  readonly folder: string;
  /** As a folder instead of an archive. */
  readonly unpack: boolean;
  readonly force: boolean;
  readonly plainHttp: boolean;
}

export interface PulledPack {
  readonly reference: string;
  readonly digest: string;
  /** What was written. */
  readonly path: string;
  /** Bytes of the archive. */
  readonly bytes: number;
}

const pieceSize = 1024 * 1024;

/**
 * Fetches the archive, compares its digest, and looks through it; then it gets its name. Throws OpsError (refused):
 * `output-exists`, `output-full`, `pack-foreign`, `pack-archive`, `oci-digest`, and what the registry and the network do.
 */
export async function pullPack(
  host: Host,
  { where, pack, folder, unpack, force, plainHttp }: PullPackRequest,
  options: PackTransferOptions,
): Promise<PulledPack> {
  const { files } = host;
  const { say, signal } = options;
  const title = archiveTitle(pack);
  const output = `${folder === '/' ? '' : folder}/${unpack ? title.replace(/\.tar\.gz$/, '') : title}`;
  if ((await files.stat(output)) !== undefined && (unpack || !force))
    throw refused('output-exists', `${output} exists`, {
      hint: unpack ? 'Move it away, or give another --output.' : 'Give another --output, or add --force.',
    });
  const reference = packReference(where, pack.name, pack.version);
  const registry = openRegistry(host, reference, { plainHttp, say, signal });
  const document = await registry.document(pack.version);
  const shown = renderReference({ ...reference, digest: document.digest });
  const blob = isManifest(document) ? archiveOf(parseManifestDocument(document.bytes, shown)) : undefined;
  if (blob === undefined)
    throw refused('pack-foreign', `${shown} is not a pack`, { hint: 'Check the base path and the name.' });
  const free = await files.freeSpace(folder);
  if (free < blob.size)
    throw refused('output-full', `The pack needs ${blob.size} bytes, but ${folder} has ${free} bytes free`, {
      hint: 'Free some space, or use --output to write to another file system.',
    });
  const partial = `${output}.partial`;
  const archive = unpack ? `${output}.tar.gz.partial` : partial;
  const temporary = {
    what: partial,
    remove: async () => {
      await files.remove(partial);
      await files.remove(archive);
    },
    cleanupFailed: 'The pack is complete; remove that file by hand.',
  };
  await withTemporary(temporary, async () => {
    await files.remove(partial);
    await fetchTo(host, registry, blob, archive, options);
    if (unpack) await files.makeDir(partial);
    await readPackArchive(host, archive, `${shown} (${title})`, unpack ? into(host, partial) : undefined);
    await files.rename(partial, output);
  });
  return { reference: shown, digest: document.digest, path: output, bytes: blob.size };
}

async function fetchTo(
  host: Host,
  registry: Parameters<typeof openBlob>[1][number],
  blob: ArchiveBlob,
  path: string,
  { say, signal, onProgress }: PackTransferOptions,
): Promise<void> {
  const hash = createHash('sha256');
  const remote = await openBlob(host, [registry], blob, {
    ...(say === undefined ? {} : { say }),
    ...(signal === undefined ? {} : { signal }),
  });
  const file = await host.files.open(path, 'w');
  let done = 0;
  try {
    for await (const piece of rechunk(remote.stream(0), pieceSize)) {
      hash.update(piece);
      await file.write(done, piece);
      done += piece.length;
      onProgress?.(done, blob.size);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== blob.digest) throw otherDigest(found, blob.digest, `${registry.name}@${blob.digest}`);
}

/** Writes what an archive holds; its paths were looked at before they come here. */
const into = ({ files }: Host, folder: string): ArchiveSink => ({
  folder: (path) => files.makeDir(`${folder}/${path}`),
  file: async (path, _size, pieces) => {
    const slash = path.lastIndexOf('/');
    if (slash > 0) await files.makeDir(`${folder}/${path.slice(0, slash)}`);
    const file = await files.open(`${folder}/${path}`, 'w');
    let done = 0;
    try {
      for await (const piece of pieces) {
        await file.write(done, piece);
        done += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  },
});
