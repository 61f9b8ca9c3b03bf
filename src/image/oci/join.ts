/** `opsctl oci join`: archives with images for different machines become one, whose index names each. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { openImage } from '../../media/image.ts';
import type { Image } from '../../media/image-ref.ts';
import { type Layout, openLayout } from '../../media/oci/layout.ts';
import { closureOf } from '../../oci/closure.ts';
import {
  type Descriptor,
  type Document,
  documentOf,
  isIndex,
  mediaTypes,
  otherDigest,
  parseConfig,
  parseIndex,
  parseManifestDocument,
} from '../../oci/documents.ts';
import { annotationNames } from '../../oci/layout.ts';
import type { TransferOptions, Transferred } from './push.ts';
import { requireNew, requireRoom, writeLayout } from './write-layout.ts';

export interface JoinRequest {
  /** Paths or URLs, at least one. */
  readonly archives: readonly string[];
  /** The archive to write, absolute. */
  readonly output: string;
  /** Replace a file that is there. */
  readonly force: boolean;
}

interface Source {
  readonly layout: Layout;
  readonly file: Image;
}

/** An image of one of the archives, and where it is for. */
interface Part {
  readonly descriptor: Descriptor;
  readonly version: string | undefined;
  readonly source: Source;
}

/**
 * Writes all that the archives hold into one, every blob once and compared with its digest. Throws OpsError (refused):
 * `output-exists`, `output-full`, `oci-join` when two are for the same machine or of different versions, `oci-digest`,
 * and what opening an archive throws.
 */
export async function joinImages(
  host: Host,
  { archives, output, force }: JoinRequest,
  options: TransferOptions,
): Promise<Transferred> {
  await requireNew(host, output, force);
  const opened: Image[] = [];
  try {
    const parts: Part[] = [];
    for (const archive of archives) {
      const file = await openImage(host, archive, 'url:archive', options);
      opened.push(file);
      const layout = await openLayout(file, file.name);
      parts.push(...(await partsOf({ layout, file })));
    }
    requireDifferent(parts);
    return await writeJoined(host, parts, output, options);
  } finally {
    for (const file of opened) await file.close();
  }
}

async function writeJoined(
  host: Host,
  parts: readonly Part[],
  output: string,
  { onProgress, signal }: TransferOptions,
): Promise<Transferred> {
  const top = indexOf(parts);
  const documents = new Map<string, Document>();
  const blobs = new Map<string, Descriptor & { readonly source: Source }>();
  for (const { descriptor, source } of parts) {
    const { layout, file } = source;
    const closure = await closureOf(await layout.document(descriptor), file.name, layout.document);
    for (const document of closure.documents) documents.set(document.digest, document);
    for (const blob of closure.blobs) blobs.set(blob.digest, { ...blob, source });
  }
  const total = [...blobs.values()].reduce((sum, { size }) => sum + size, 0);
  await requireRoom(host, output, total);
  let done = 0;
  const content = {
    ...{ top, tag: parts[0]?.version },
    documents: [...documents.values(), top],
    blobs: [...blobs.values()],
  };
  await writeLayout(host, output, content, async function* (blob) {
    const from = blobs.get(blob.digest)?.source;
    if (from === undefined) throw new Error(`nothing has ${blob.digest}`);
    const { offset } = from.layout.blob(blob);
    const hash = createHash('sha256');
    for await (const piece of from.file.stream(offset, offset + blob.size, signal)) {
      hash.update(piece);
      done += piece.length;
      yield piece;
      onProgress?.(done, total);
    }
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== blob.digest) throw otherDigest(found, blob.digest, from.file.name);
  });
  return { v: 1, reference: output, digest: top.digest, bytes: total, moved: total };
}

/** The images of one archive. */
async function partsOf(source: Source): Promise<Part[]> {
  const { layout, file } = source;
  const { top } = layout;
  const descriptors: readonly Descriptor[] = isIndex(top)
    ? parseIndex(top.bytes, file.name).manifests
    : [{ mediaType: top.mediaType, digest: top.digest, size: top.bytes.length }];
  const parts: Part[] = [];
  for (const descriptor of descriptors) {
    const manifest = parseManifestDocument((await layout.document(descriptor)).bytes, file.name);
    const config = parseConfig((await layout.document(manifest.config)).bytes, file.name);
    const platform = descriptor.platform ?? { architecture: config.architecture, os: config.os };
    const version = manifest.annotations?.[annotationNames.os];
    parts.push({ descriptor: { ...descriptor, platform }, version, source });
  }
  return parts;
}

const platformOf = ({ descriptor: { platform } }: Part) =>
  [platform?.os, platform?.architecture, platform?.variant].filter((word) => word !== undefined).join('/');

function requireDifferent(parts: readonly Part[]): void {
  const details = parts.map(
    (part) => `${part.source.file.name}: ${platformOf(part)}, ${part.version ?? 'no version'}`,
  );
  const refuse = (why: string, hint: string) =>
    refused('oci-join', `These images cannot be joined: ${why}`, { details, hint });
  if (new Set(parts.map(platformOf)).size !== parts.length)
    throw refuse('two are for the same machine', 'Give one archive for each architecture.');
  if (new Set(parts.map(({ version }) => version)).size > 1)
    throw refuse('they are of different versions', 'Build all of them from the same version.');
}

function indexOf(parts: readonly Part[]): Document {
  const manifests = parts.map(({ descriptor: { mediaType, digest, size, platform } }) => ({
    ...{ mediaType, digest, size, platform },
  }));
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  return documentOf(mediaTypes.index, Buffer.from(JSON.stringify(index)));
}
