/** A pack into a registry, where Palette looks for it. The tag comes last: whoever asks for it gets the old pack or the new one. */
import { errorCode, refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { type Document, isManifest, parseManifestDocument } from '../../oci/documents.ts';
import { renderReference } from '../../oci/reference.ts';
import { openRegistry, type Registry } from '../../oci/registry.ts';
import { type BlobContent, pushBlob, pushDocument } from '../../oci/upload.ts';
import type { BuiltArchive, PackName } from './build-archive.ts';
import { fileBytes } from './file-bytes.ts';
import { archiveOf, emptyConfig, type PackRegistry, packManifest, packReference } from './pack-reference.ts';

export interface PushPackRequest {
  readonly where: PackRegistry;
  readonly pack: PackName;
  readonly archive: BuiltArchive;
  readonly force: boolean;
  readonly plainHttp: boolean;
}

export interface PushedPack {
  /** With the digest. */
  readonly reference: string;
  readonly digest: string;
  /** Bytes of the archive. */
  readonly bytes: number;
  readonly how: 'there' | 'pushed' | 'replaced';
}

export interface PackTransferOptions {
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Throws OpsError (refused): `pack-exists` for a version that is there with other bytes, unless `force`; `pack-foreign` for a
 * tag that is not a pack's, whatever `force` says; and what the registry and the network do.
 */
export async function pushPack(
  host: Host,
  { where, pack, archive, force, plainHttp }: PushPackRequest,
  { say, signal, onProgress }: PackTransferOptions,
): Promise<PushedPack> {
  const reference = packReference(where, pack.name, pack.version);
  const place = renderReference(reference);
  const registry = openRegistry(host, reference, { plainHttp, action: 'push', say, signal });
  const manifest = packManifest(archive);
  const made = (how: PushedPack['how'], digest = manifest.digest): PushedPack => ({
    ...{ reference: renderReference({ ...reference, digest }), digest, bytes: archive.size, how },
  });
  const before = await existing(registry, pack.version);
  // Other programs write the manifest in their own way.
  if (before !== undefined && archiveIn(before, place)?.digest === archive.digest)
    return made('there', before.digest);
  if (before !== undefined) requireReplaceable(before, place, force);
  const options = { clock: host.clock, say, signal };
  const file = await host.files.open(archive.path, 'r');
  try {
    const blob = {
      ...{ digest: archive.digest, size: archive.size },
      read: (from: number, to: number) => fileBytes(file, from, to),
    };
    await pushBlob(registry, blob, { ...options, onProgress: (done) => onProgress?.(done, archive.size) });
  } finally {
    await file.close();
  }
  await pushBlob(registry, inMemory(emptyConfig), options);
  // It may have taken long: what somebody else has pushed meanwhile is not overwritten.
  const now = await existing(registry, pack.version);
  if (now !== undefined && now.digest !== before?.digest) requireReplaceable(now, place, false);
  await pushDocument(registry, manifest, pack.version, options);
  return made(before === undefined ? 'pushed' : 'replaced');
}

async function existing(registry: Registry, tag: string): Promise<Document | undefined> {
  try {
    return await registry.document(tag);
  } catch (error) {
    if (errorCode(error) === 'oci-missing') return undefined;
    throw error;
  }
}

/** undefined for what is not a pack. */
const archiveIn = (document: Document, place: string) =>
  isManifest(document) ? archiveOf(parseManifestDocument(document.bytes, place)) : undefined;

function requireReplaceable(document: Document, place: string, force: boolean): void {
  const found = archiveIn(document, place);
  if (found === undefined)
    throw refused('pack-foreign', `${place} is not a pack: somebody else uses that tag`, {
      hint: 'Give another base path or another version. Nothing was pushed.',
    });
  if (!force)
    throw refused('pack-exists', `${place} is there with other content`, {
      details: [`there: ${found.digest}, ${found.size} bytes`],
      hint: 'Give the pack another version, or replace that one with --force and a --message. Nothing was pushed.',
    });
}

const inMemory = ({ digest, bytes }: Document): BlobContent => ({
  ...{ digest, size: bytes.length },
  read: async function* (from, to) {
    yield bytes.subarray(from, to);
  },
});
