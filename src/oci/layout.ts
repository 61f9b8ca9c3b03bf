/** What is written of an OCI image: its documents as JSON, the same bytes for the same content. */
import { type Document, documentOf, mediaTypes } from './documents.ts';

/** `oci-layout` (OCI Image Specification 1.1, image-layout.md). */
export const layoutMarker = '{"imageLayoutVersion":"1.0.0"}';

/** Of our own, beside those that the specification names (annotations.md). */
export const annotationNames = {
  kernel: 'net.bhojpur.os.kernel',
  os: 'net.bhojpur.os.os',
  dcp: 'net.bhojpur.os.dcp',
  /** Of a layer: what is in it. */
  layer: 'net.bhojpur.os.layer',
} as const;
const refName = 'org.opencontainers.image.ref.name';

/** `index.json` of a layout that holds one image. */
export function indexJson({ mediaType, digest, bytes }: Document, tag: string | undefined): string {
  const annotations = tag === undefined ? {} : { annotations: { [refName]: tag } };
  return JSON.stringify({
    ...{ schemaVersion: 2, mediaType: mediaTypes.index },
    manifests: [{ mediaType, digest, size: bytes.length, ...annotations }],
  });
}

export interface LayerRow {
  /** What is in it. */
  readonly holds: string;
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** Of the archive, unpacked: what a runtime compares. */
  readonly diffId: string;
}

export interface ImageRow {
  /** Debian's name, which is also that of the OCI. */
  readonly arch: string;
  readonly versions: { readonly kernel: string; readonly os: string; readonly dcp: string | null };
  /** Seconds since 1970. */
  readonly time: number;
  readonly layers: readonly LayerRow[];
  /** What a container of it runs (config.md, "Properties"); opsctl when left out. */
  readonly run?: Readonly<Record<string, unknown>>;
  /** Annotations beside those of every image. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const runsOpsctl = { Env: ['PATH=/usr/bin', 'HOME=/root'], Entrypoint: ['/usr/bin/opsctl'], Cmd: ['--help'] };

/** Configuration, manifest and index of an image. */
export function renderImage({ arch, versions, time, layers, run = runsOpsctl, annotations = {} }: ImageRow) {
  const created = new Date(time * 1000).toISOString().replace('.000Z', 'Z');
  const config = document(mediaTypes.config, {
    ...{ created, architecture: arch, os: 'linux' },
    config: run,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const { kernel, os, dcp } = versions;
  const manifest = document(mediaTypes.manifest, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.manifest },
    config: descriptorOf(config),
    layers: layers.map(({ holds, mediaType, digest, size }) => ({
      ...{ mediaType, digest, size, annotations: { [annotationNames.layer]: holds } },
    })),
    annotations: {
      'org.opencontainers.image.title': 'Bhojpur OS',
      'org.opencontainers.image.version': os,
      'org.opencontainers.image.created': created,
      [annotationNames.kernel]: kernel,
      [annotationNames.os]: os,
      ...(dcp === null ? {} : { [annotationNames.dcp]: dcp }),
      ...annotations,
    },
  });
  const index = document(mediaTypes.index, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.index },
    manifests: [{ ...descriptorOf(manifest), platform: { architecture: arch, os: 'linux' } }],
  });
  return { config, manifest, index };
}

const document = (mediaType: string, value: unknown): Document =>
  documentOf(mediaType, Buffer.from(JSON.stringify(value)));

const descriptorOf = ({ mediaType, digest, bytes }: Document) => ({ mediaType, digest, size: bytes.length });
