/**
 * An OCI image as a medium: `oci:REGISTRY/REPOSITORY:TAG`, or `oci-archive:FILE`, an image layout in a tar archive, at a path
 * or a URL. It is known by its content alone, as an ISO is, and nothing of it is copied.
 */
import type { ArchitectureName } from '../../architectures.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { type ImageManifest, requireDigest } from '../../oci/documents.ts';
import { archivePlace, isOciPlace, parseReference } from '../../oci/reference.ts';
import { openSources } from '../../oci/registry.ts';
import { resolveImage } from '../../oci/resolve.ts';
import { openImage } from '../image.ts';
import type { ImageMedium, PlacedFile } from '../image-medium.ts';
import type { Image } from '../image-ref.ts';
import { type Manifest, manifestPath, parseManifest, requireWhole } from '../manifest.ts';
import type { OpenOptions } from '../open-url.ts';
import { signaturePath } from '../signature.ts';
import { type OciRef, openOciImage } from './image.ts';
import { openLayout, resolveLayout } from './layout.ts';
import { filesOfLayers, joinedLayers, type LayerFile, type PlacedLayer } from './placed.ts';

export interface OciOptions extends OpenOptions {
  /** Whose image is taken from an index: Debian's name, this machine's when left out. */
  readonly arch?: ArchitectureName;
  /** Registries (HOST or HOST:PORT) that are asked first. */
  readonly mirrors?: readonly string[];
  /** Unencrypted, also to registries that are not of this machine. */
  readonly plainHttp?: boolean;
}

/** What the manifest and its signature lie in is fetched whole, so that its digest vouches for them. */
const manifestLayerLimit = 16 * 1024 * 1024;
const manifestLimit = 1024 * 1024;
const signatureLimit = 8 * 1024;

/** True for what `readOciMedium` reads. */
export const isOciMedium = (place: string): boolean => isOciPlace(place) || archivePlace(place) !== undefined;

/**
 * Resolves the reference to a digest, once, and finds the manifest and every file of it in the layers. `name` is what a
 * plan calls the URL of an archive. Throws OpsError: `oci-reference` (usage); (refused) `oci-missing`, `oci-arch`,
 * `oci-invalid`, `oci-digest`, `oci-layers-compressed`, `registry-denied`, `registry-auth`, `registry-credentials`, what
 * the network does, and of the manifest what the reader of an ISO throws.
 */
export async function readOciMedium(
  host: Host,
  place: string,
  name: string,
  options: OciOptions = {},
): Promise<ImageMedium> {
  const arch = options.arch ?? host.system.arch;
  const archive = archivePlace(place);
  if (archive !== undefined) return readArchive(host, archive, name, arch, options);
  const reference = parseReference(place);
  const { mirrors = [], plainHttp = false, say } = options;
  const sources = openSources(host, reference, options);
  const { manifest, manifestDocument, shown } = await resolveImage(sources, reference, arch, say);
  const layers = joinedLayers(manifest.layers);
  requirePlain(layers, manifest, shown);
  const ref: OciRef = {
    ...{ from: 'oci', shown: `oci:${shown}`, registry: reference.registry, repository: reference.repository },
    ...{ digest: manifestDocument.digest, mirrors: [...mirrors], plainHttp },
    blobs: layers.map(({ descriptor: { digest, size } }) => ({ digest, size })),
  };
  return mediumIn(openOciImage(host, ref, options, sources), layers, arch);
}

/** The archive is the image: its blobs, and the files in them, lie in it as they are. */
async function readArchive(
  host: Host,
  place: string,
  name: string,
  arch: ArchitectureName,
  options: OpenOptions,
): Promise<ImageMedium> {
  const image = await openImage(host, place, name, options);
  try {
    const layout = await openLayout(image, image.name);
    const { manifest } = await resolveLayout(layout, arch);
    const layers = joinedLayers(manifest.layers).map(({ descriptor }) => ({
      descriptor,
      offset: layout.blob(descriptor).offset,
    }));
    requirePlain(layers, manifest, image.name);
    return await mediumIn(image, layers, arch);
  } finally {
    await image.close();
  }
}

/** Throws `oci-layers-compressed` when nothing of the image can be read at offsets. */
function requirePlain(layers: readonly PlacedLayer[], { layers: all }: ImageManifest, shown: string): void {
  if (layers.length > 0) return;
  throw refused('oci-layers-compressed', `The layers of ${shown} are compressed`, {
    details: all.map(({ mediaType, digest }) => `${digest}: ${mediaType}`),
    hint: 'Files are read from where they lie in a layer. Push the image with `opsctl oci push`, or copy it with `skopeo copy --all --preserve-digests`.',
  });
}

async function mediumIn(
  image: Image,
  layers: readonly PlacedLayer[],
  arch: ArchitectureName,
): Promise<ImageMedium> {
  const { name } = image;
  const there = await filesOfLayers(image, layers, name);
  const found = there.get(manifestPath);
  if (found === undefined)
    throw refused('manifest-missing', `${name} is an OCI image, but not a Bhojpur OS one`, {
      details: [`its plain layers have no file ${manifestPath}`],
      hint: 'Name an image that `opsctl build oci` has made.',
    });
  const manifestText = await vouchedText(image, found, manifestLimit, manifestPath);
  const where = `${manifestPath} in ${name}`;
  const manifest = parseManifest(manifestText, where);
  requireWhole(manifest, where);
  if (manifest.arch !== arch) throw otherArch(name, manifest, arch);
  const signed = there.get(signaturePath);
  const signature =
    signed === undefined ? undefined : await vouchedText(image, signed, signatureLimit, signaturePath);
  const files = placedFiles(manifest, there, name);
  return { ref: image.ref, manifest, manifestText, signature, files, manifestExtents: [found.range] };
}

const otherArch = (name: string, manifest: Manifest, arch: ArchitectureName) =>
  refused('oci-arch', `${name} holds a system for ${manifest.arch} where one for ${arch} should be`, {
    hint: 'Its index is wrong: push the image again.',
  });

function placedFiles(manifest: Manifest, there: ReadonlyMap<string, LayerFile>, name: string): PlacedFile[] {
  const faults: string[] = [];
  const files = manifest.files.flatMap((file): PlacedFile[] => {
    const range = there.get(file.path)?.range;
    if (range === undefined) faults.push(`${file.path} is missing`);
    else if (range.length !== file.size)
      faults.push(`${file.path} has ${range.length} bytes instead of ${file.size}`);
    return range === undefined ? [] : [{ ...file, extents: [range] }];
  });
  if (faults.length === 0) return files;
  throw refused('medium-incomplete', `${name} is incomplete`, {
    details: faults,
    hint: 'Push the image again, with all of its layers.',
  });
}

/** A text out of a layer whose digest is compared: its whole layer is read. */
async function vouchedText(image: Image, file: LayerFile, limit: number, path: string): Promise<string> {
  const { descriptor, offset } = file.layer;
  const { range } = file;
  const tooLarge = (what: string, size: number, most: number) =>
    refused('manifest-invalid', `${what} of ${image.name} has ${size} bytes, more than ${most}`, {
      hint: 'Name an image that `opsctl build oci` has made.',
    });
  if (range.length > limit) throw tooLarge(path, range.length, limit);
  if (descriptor.size > manifestLayerLimit)
    throw tooLarge(`The layer with ${path}`, descriptor.size, manifestLayerLimit);
  const layer = await image.read(offset, descriptor.size);
  requireDigest(layer, descriptor.digest, `${image.name}, layer ${descriptor.digest}`);
  const start = range.offset - offset;
  return Buffer.from(layer.subarray(start, start + range.length)).toString('utf8');
}
