/** Somebody's own operating system, opened: its layers, the lowest first, and a digest of all that is in it. */
import type { ArchitectureName } from '../../architectures.ts';
import { architectures } from '../../architectures.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { openImage } from '../../media/image.ts';
import { openBlob } from '../../media/oci/blob.ts';
import { resolveLayout } from '../../media/oci/layout.ts';
import {
  type Descriptor,
  documentLimit,
  type ImageConfig,
  type ImageManifest,
  invalid,
  layerPacking,
  parseConfig,
  requireDigest,
} from '../../oci/documents.ts';
import type { Reference } from '../../oci/reference.ts';
import { openSources } from '../../oci/registry.ts';
import { resolveImage } from '../../oci/resolve.ts';
import { type ArchivedImage, openArchivedImage, openLayoutFolder } from './archived.ts';

export interface OwnLayer {
  /** For messages. */
  readonly name: string;
  /** undefined where only its first bytes tell. */
  readonly packing: 'none' | 'gz' | 'zst' | undefined;
  /** Bytes, as stored. */
  readonly size: number;
  /** `sha256:…` of the bytes as stored, and of the archive, unpacked; undefined where nothing says so. */
  readonly digest: string | undefined;
  readonly diffId: string | undefined;
  bytes(signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

export interface OwnImage {
  /** For messages, with its digest where it has one. */
  readonly shown: string;
  /** What the result depends on. */
  readonly digest: string;
  readonly layers: readonly OwnLayer[];
  close(): Promise<void>;
}

export interface OwnImageOptions {
  readonly arch: ArchitectureName;
  readonly plainHttp?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly say?: ((line: string) => void) | undefined;
}

/**
 * Throws OpsError (refused): `layer-type` with every layer that is not an archive, `oci-arch` for another machine,
 * `oci-invalid`, `oci-digest`, and what a registry does.
 */
export async function openRegistryImage(
  host: Host,
  reference: Reference,
  { arch, plainHttp, signal, say }: OwnImageOptions,
): Promise<OwnImage> {
  const sources = openSources(host, reference, {
    ...{ signal, say },
    ...(plainHttp === true ? { plainHttp } : {}),
  });
  const { manifest, manifestDocument, shown } = await resolveImage(sources, reference, arch, say);
  requireLayers(manifest, shown);
  const { size, digest } = manifest.config;
  if (size > documentLimit) throw invalid(shown, [`its configuration has ${size} bytes`]);
  // A registry keeps configurations as blobs.
  const bytes = await (await openBlob(host, sources, manifest.config, { signal })).read(0, size);
  requireDigest(bytes, digest, shown);
  const config = parseConfig(bytes, shown);
  requireArchitecture(config, arch, shown);
  const diffIds = diffIdsOf(config, manifest, shown);
  return {
    ...{ shown, digest: manifestDocument.digest },
    layers: manifest.layers.map((layer, index) => ({
      ...layerOf(layer, diffIds[index]),
      async *bytes(stopped) {
        const remote = await openBlob(host, sources, layer, { signal: stopped });
        yield* remote.stream(0);
      },
    })),
    close: async () => {},
  };
}

/** Of an archive, or a folder with an image layout. Throws as `openRegistryImage`. */
export async function openStoredImage(
  host: Host,
  path: string,
  kind: 'archive' | 'layout',
  { arch }: OwnImageOptions,
): Promise<OwnImage> {
  if (kind === 'layout') return imageOf(await openLayoutFolder(host, path), arch, async () => {});
  const file = await openImage(host, path, 'url:archive');
  try {
    return await imageOf(await openArchivedImage(file, path), arch, () => file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function imageOf(
  image: ArchivedImage,
  arch: ArchitectureName,
  close: () => Promise<void>,
): Promise<OwnImage> {
  const { name } = image;
  if (image.kind === 'docker') {
    const config = parseConfig(image.config, name);
    requireArchitecture(config, arch, name);
    const diffIds = config.rootfs?.diff_ids ?? [];
    if (diffIds.length !== image.layers.length)
      throw invalid(name, [`it has ${image.layers.length} layers, but names ${diffIds.length}`]);
    return {
      ...{ shown: name, digest: image.digest, close },
      layers: image.layers.map(({ path, size, bytes }, index) => ({
        ...{ name: `${name}: ${path}`, packing: undefined, size, digest: undefined, bytes },
        diffId: diffIds[index],
      })),
    };
  }
  const { manifest, document } = await resolveLayout(image, arch);
  requireLayers(manifest, name);
  const config = parseConfig((await image.document(manifest.config)).bytes, name);
  requireArchitecture(config, arch, name);
  const diffIds = diffIdsOf(config, manifest, name);
  return {
    ...{ shown: `${name} (${document.digest})`, digest: document.digest, close },
    layers: manifest.layers.map((layer, index) => ({
      ...layerOf(layer, diffIds[index]),
      bytes: image.blob(layer),
    })),
  };
}

const layerOf = (layer: Descriptor, diffId: string | undefined) => ({
  name: `the layer ${layer.digest}`,
  packing: layerPacking(layer),
  ...{ size: layer.size, digest: layer.digest, diffId },
});

function requireLayers({ layers }: ImageManifest, shown: string): void {
  const unknown = layers.filter((layer) => layerPacking(layer) === undefined);
  if (unknown.length > 0)
    throw refused('layer-type', `${shown} has layers that are not archives of files`, {
      details: unknown.map(({ digest, mediaType }) => `${digest}: ${mediaType}`),
      hint: 'Expected are tar archives, as they are or packed by gzip or zstd. Is this an image that a container runs?',
    });
  if (layers.length === 0) throw invalid(shown, ['it has no layers']);
}

function diffIdsOf(config: ImageConfig, { layers }: ImageManifest, shown: string): readonly string[] {
  const { diff_ids: found = [] } = config.rootfs ?? {};
  if (found.length === layers.length) return found;
  throw invalid(shown, [`it has ${layers.length} layers, but its configuration names ${found.length}`]);
}

function requireArchitecture(config: ImageConfig, arch: ArchitectureName, shown: string): void {
  const { architecture: wanted } = architectures[arch].oci;
  if (config.architecture === wanted && config.os === 'linux') return;
  throw refused('oci-arch', `${shown} is for ${config.os}/${config.architecture}, not linux/${wanted}`, {
    hint: `Build for that architecture with --arch, or name an image for ${wanted}.`,
  });
}
