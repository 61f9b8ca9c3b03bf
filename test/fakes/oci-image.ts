/** A small image of Bhojpur OS: its layers as plain tar archives, its documents, and how it gets into a registry. */
import { tarEnd, tarHeader, tarPadding } from '../../src/formats/archives/tar.ts';
import { manifestPath, renderManifest } from '../../src/media/manifest.ts';
import { signaturePath } from '../../src/media/signature.ts';
import { mediaTypes } from '../../src/oci/documents.ts';
import { type FakeRegistry, sha256 } from './registry.ts';

export const contents: Readonly<Record<string, Uint8Array>> = {
  'bos/system/kernel/6.1/vmlinuz': Buffer.alloc(70_000, 'kernel '),
  'bos/system/kernel/6.1/initrd': Buffer.alloc(30_001, 'initrd '),
  'bos/system/kernel/6.1/kernel.squashfs': Buffer.alloc(200_000, 'modules '),
  'bos/system/os/1.0.0/rootfs.squashfs': Buffer.alloc(500_007, 'root '),
};

export const systemManifest = {
  ...({ v: 1, arch: 'amd64', kernel: '6.1', os: '1.0.0', dcp: null } as const),
  files: Object.entries(contents).map(([path, bytes]) => ({
    ...{ path, size: bytes.length, sha256: sha256(bytes).slice(7) },
  })),
};

export function tarOf(files: Readonly<Record<string, Uint8Array | string>>): Buffer {
  const pieces = Object.entries(files).flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    const header = tarHeader({ path, type: 'File', mode: 0o644, mtime: 0, size: bytes.length });
    return [header, bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...pieces, tarEnd]);
}

const below = (folder: string) =>
  Object.fromEntries(Object.entries(contents).filter(([path]) => path.startsWith(folder)));

export interface SmallImage {
  readonly layers: readonly Buffer[];
  readonly config: Buffer;
  readonly manifest: Buffer;
  readonly index: Buffer;
}

export interface Changes {
  /** Files of the last layer, in the place of the manifest and its signature. */
  readonly last?: Readonly<Record<string, Uint8Array | string>>;
  readonly layerType?: string;
  readonly arch?: string;
  /** In the place of what the architecture of the index would be. */
  readonly platform?: string;
}

export const manifestText = renderManifest(systemManifest);

export function smallImage(changes: Changes = {}): SmallImage {
  const { layerType = mediaTypes.layer, arch = 'amd64', platform = arch } = changes;
  const last = changes.last ?? { [manifestPath]: manifestText, [signaturePath]: 'a signature' };
  const layers = [tarOf(below('bos/system/kernel')), tarOf(below('bos/system/os')), tarOf(last)];
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: arch, os: 'linux' },
      rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.manifest },
      config: descriptor(mediaTypes.config, config),
      layers: layers.map((layer) => descriptor(layerType, layer)),
    }),
  );
  const index = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.index },
      manifests: [
        {
          ...descriptor(mediaTypes.manifest, manifest),
          platform: { architecture: platform, os: 'linux' },
        },
      ],
    }),
  );
  return { layers, config, manifest, index };
}

export const descriptor = (mediaType: string, bytes: Uint8Array) => ({
  ...{ mediaType, digest: sha256(bytes), size: bytes.length },
});

/** Puts the image into `registry` as `repository`:`tag`. */
export function holdImage(registry: FakeRegistry, image: SmallImage, repository = 'bos', tag = 'latest') {
  for (const blob of [...image.layers, image.config]) registry.blobs.set(sha256(blob), blob);
  for (const [mediaType, bytes, name] of [
    [mediaTypes.manifest, image.manifest, `@${sha256(image.manifest)}`],
    [mediaTypes.index, image.index, `@${sha256(image.index)}`],
    [mediaTypes.index, image.index, `:${tag}`],
  ] as const)
    registry.documents.set(`${repository}${name}`, { mediaType, bytes });
}

/** The image layout of the image, as an archive. */
export function archiveOf({ layers, config, manifest, index }: SmallImage): Buffer {
  const blobs = [index, manifest, config, ...layers];
  return tarOf({
    'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    'index.json': JSON.stringify({ schemaVersion: 2, manifests: [descriptor(mediaTypes.index, index)] }),
    ...Object.fromEntries(blobs.map((blob) => [`./blobs/${sha256(blob).replace(':', '/')}`, blob])),
  });
}
