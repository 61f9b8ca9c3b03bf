/**
 * Images that lie on this machine: an image layout in a folder or an archive (OCI Image Specification 1.1, image-layout.md),
 * and what `docker save` writes (moby, image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format").
 */
import { z } from 'zod';
import { OpsError, refused } from '../../errors.ts';
import { tarRanges } from '../../formats/archives/tar.ts';
import type { ByteRange } from '../../formats/byte-range.ts';
import { cached } from '../../formats/cached-source.ts';
import { folderPart } from '../../formats/trailing.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import type { Image } from '../../media/image-ref.ts';
import { blobPath, openLayout } from '../../media/oci/layout.ts';
import {
  type Descriptor,
  type Document,
  documentLimit,
  documentOf,
  invalid,
  mediaTypes,
  parseIndex,
  requireDigest,
} from '../../oci/documents.ts';
import { rangeBytes } from '../archive.ts';

type Bytes = (signal: AbortSignal) => AsyncGenerator<Uint8Array>;

export type ArchivedImage = LayoutImage | DockerImage;

interface LayoutImage {
  readonly kind: 'layout';
  readonly name: string;
  readonly top: Document;
  document(descriptor: Descriptor): Promise<Document>;
  blob(descriptor: Descriptor): Bytes;
}

interface DockerImage {
  readonly kind: 'docker';
  readonly name: string;
  /** Of the documents, which name the layers by digests. */
  readonly digest: string;
  readonly config: Uint8Array;
  readonly layers: readonly { readonly path: string; readonly size: number; readonly bytes: Bytes }[];
}

/** Throws OpsError (refused) `oci-invalid` for what is not an image, and what reading one throws. */
export async function openArchivedImage(file: Image, name: string): Promise<ArchivedImage> {
  const entries = await entriesOf(file, name);
  if (entries.has('oci-layout')) {
    const { top, blob, document } = await openLayout(file, name);
    return {
      ...{ kind: 'layout', name, top, document },
      blob: (descriptor) => {
        const { offset, length } = blob(descriptor);
        return (signal) => file.stream(offset, offset + length, signal);
      },
    };
  }
  if (entries.has('manifest.json')) return dockerImage(file, name, entries);
  throw refused('oci-invalid', `${name} is a tar archive, but not of an image`, {
    details: ['it has neither oci-layout nor manifest.json'],
    hint: 'Name what `docker save`, `podman save` or `skopeo copy … oci-archive:FILE` writes; unpack a plain root file system into a folder and name that.',
  });
}

interface Entry extends ByteRange {
  /** Of a link: older versions of docker name a layer that they have already by one. */
  readonly link?: string;
}

const mostEntries = 4096;

async function entriesOf(file: Image, name: string): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  try {
    for await (const { path, content, size, type, details } of tarRanges(cached(file))) {
      if (found.size > mostEntries) throw new Error(`it has more than ${mostEntries} files`);
      if (type === 'file' && content + size > file.size) throw new Error(`${path} goes beyond its end`);
      const entry = { offset: content, length: size };
      if (type === 'file') found.set(plain(path), entry);
      else if (type === 'link') found.set(plain(path), { ...entry, link: besides(path, details.linkpath) });
    }
  } catch (error) {
    if (error instanceof OpsError) throw error;
    throw invalid(name, [error instanceof Error ? error.message : String(error)], error);
  }
  return found;
}

const plain = (path: string) => path.replace(/^(\.?\/)+/, '');
/** `../ID/layer.tar` beside `OTHER/layer.tar`. */
const besides = (path: string, link: string) =>
  link.startsWith('../') ? plain(link.slice(3)) : plain(`${folderPart(path)}${link}`);

const dockerManifest = z
  .array(z.object({ Config: z.string(), Layers: z.array(z.string()).min(1).max(128) }))
  .min(1);

async function dockerImage(
  file: Image,
  name: string,
  entries: ReadonlyMap<string, Entry>,
): Promise<DockerImage> {
  const placed = (path: string): ByteRange => {
    const entry = entries.get(plain(path));
    const found = entry?.link === undefined ? entry : entries.get(entry.link);
    if (found === undefined || found.link !== undefined) throw invalid(name, [`it has no ${path}`]);
    return found;
  };
  const read = async (path: string) => {
    const { offset, length } = placed(path);
    if (length > documentLimit) throw invalid(name, [`${path} has ${length} bytes`]);
    return file.read(offset, length);
  };
  const text = await read('manifest.json');
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text).toString('utf8'));
  } catch (cause) {
    throw invalid(name, ['manifest.json is not JSON'], cause);
  }
  const parsed = dockerManifest.safeParse(json);
  if (!parsed.success)
    throw invalid(
      name,
      parsed.error.issues.map(({ path, message }) => `manifest.json: ${path.join('.')}: ${message}`),
    );
  const [image, another] = parsed.data;
  if (image === undefined || another !== undefined)
    throw refused('oci-invalid', `${name} holds ${parsed.data.length} images, not one`, {
      hint: 'Save one image alone: `docker save -o FILE IMAGE`.',
    });
  const config = await read(image.Config);
  return {
    ...{ kind: 'docker', name, config },
    digest: `sha256:${sha256Of(Buffer.concat([text, config]))}`,
    layers: image.Layers.map((path) => {
      const { offset, length } = placed(path);
      return { path, size: length, bytes: (signal) => file.stream(offset, offset + length, signal) };
    }),
  };
}

/** An image layout in a folder, as `skopeo copy … oci:FOLDER` writes it. */
export async function openLayoutFolder({ files }: Pick<Host, 'files'>, path: string): Promise<LayoutImage> {
  const read = async (name: string): Promise<Uint8Array> => {
    const size = (await files.stat(`${path}/${name}`))?.size;
    if (size === undefined) throw invalid(path, [`it has no ${name}`]);
    if (size > documentLimit) throw invalid(path, [`${name} has ${size} bytes`]);
    return files.read(`${path}/${name}`);
  };
  const document = async (descriptor: Descriptor): Promise<Document> => {
    const bytes = await read(blobPath(descriptor.digest));
    requireDigest(bytes, descriptor.digest, `${blobPath(descriptor.digest)} in ${path}`);
    return documentOf(descriptor.mediaType, bytes);
  };
  const index = await read('index.json');
  const [only, another] = parseIndex(index, `${path}/index.json`).manifests;
  if (only === undefined) throw invalid(path, ['its index.json names no image']);
  const top = another === undefined ? await document(only) : documentOf(mediaTypes.index, index);
  return {
    ...{ kind: 'layout', name: path, top, document },
    blob: ({ digest, size }) =>
      async function* () {
        const found = (await files.stat(`${path}/${blobPath(digest)}`))?.size;
        if (found !== size)
          throw invalid(path, [`${blobPath(digest)} has ${found ?? 'no'} bytes instead of ${size}`]);
        const file = await files.open(`${path}/${blobPath(digest)}`, 'r');
        try {
          yield* rangeBytes(file, 0, size);
        } finally {
          await file.close();
        }
      },
  };
}
