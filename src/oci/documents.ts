/**
 * The documents of an OCI image: index, manifest, configuration (OCI Image Specification 1.1: image-index.md, manifest.md,
 * config.md); docker's older ones, which have the same fields, are read too. Nothing in them is believed.
 */
import { z } from 'zod';
import { type ArchitectureName, architectures } from '../architectures.ts';
import { refused } from '../errors.ts';
import { sha256Of } from '../host/digest.ts';
import { digestPattern } from './reference.ts';

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  packedLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

const docker = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
  packedLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** What a registry is asked for: any of these. */
export const acceptedDocuments = [mediaTypes.index, mediaTypes.manifest, docker.index, docker.manifest];

/** A layer whose bytes are those of a tar archive: a file in it lies at one place. */
export const isPlainLayer = ({ mediaType }: Descriptor): boolean =>
  mediaType === mediaTypes.layer || mediaType === docker.layer;

/** How a layer of each type is packed (layer.md, "Media Types"). */
const layerPackings: Readonly<Record<string, 'none' | 'gz' | 'zst'>> = {
  [mediaTypes.layer]: 'none',
  [docker.layer]: 'none',
  [mediaTypes.packedLayer]: 'gz',
  [docker.packedLayer]: 'gz',
  [`${mediaTypes.layer}+zstd`]: 'zst',
};

/** undefined for what is not known to be an archive of files. */
export const layerPacking = ({ mediaType }: Pick<Descriptor, 'mediaType'>) => layerPackings[mediaType];

/** Of one document: what every registry has to take (distribution specification, "Pushing Manifests"). */
export const documentLimit = 4 * 1024 * 1024;
/** More than any runtime mounts. */
const mostLayers = 128;
const mostManifests = 256;

export const digestSchema = z.string().regex(digestPattern);

/** What names a blob or a document. Fields that are not known stay. */
export const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: digestSchema,
  /** Bytes. */
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.looseObject({ architecture: z.string(), os: z.string() }).optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptorSchema).max(mostManifests),
});
export type Index = z.infer<typeof indexSchema>;

const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(mostLayers),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ImageManifest = z.infer<typeof manifestSchema>;

const configSchema = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  created: z.string().optional(),
  /** Digests of the layers, unpacked. */
  rootfs: z.looseObject({ diff_ids: z.array(digestSchema) }).optional(),
});
export type ImageConfig = z.infer<typeof configSchema>;

/** A document as it came. */
export interface Document {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export const documentOf = (mediaType: string, bytes: Uint8Array): Document => ({
  ...{ digest: digestOf(bytes), mediaType, bytes },
});

/** `sha256:…` of bytes. */
export const digestOf = (bytes: Uint8Array): string => `sha256:${sha256Of(bytes)}`;

export const isIndex = ({ mediaType }: Pick<Document, 'mediaType'>): boolean =>
  mediaType === mediaTypes.index || mediaType === docker.index;
export const isManifest = ({ mediaType }: Pick<Document, 'mediaType'>): boolean =>
  mediaType === mediaTypes.manifest || mediaType === docker.manifest;

/** Each throws OpsError `oci-invalid` (refused) that names `where`. */
export const parseIndex = (bytes: Uint8Array, where: string): Index => parsed(indexSchema, bytes, where);
export const parseManifestDocument = (bytes: Uint8Array, where: string): ImageManifest =>
  parsed(manifestSchema, bytes, where);
export const parseConfig = (bytes: Uint8Array, where: string): ImageConfig =>
  parsed(configSchema, bytes, where);

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw invalid(where, ['it is not JSON'], cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw invalid(where, faults.slice(0, listedFaults), undefined);
}

const listedFaults = 10;

export const invalid = (where: string, details: readonly string[], cause?: unknown) =>
  refused('oci-invalid', `${where} is not an OCI image that this opsctl understands`, {
    details,
    cause,
    hint: 'The image is damaged, or made by a program that does not keep to the OCI specification: push it again.',
  });

/** Throws `oci-digest` (refused) unless the bytes are those that `expected` (`sha256:…`) names. */
export function requireDigest(bytes: Uint8Array, expected: string, where: string): void {
  const found = digestOf(bytes);
  if (found !== expected) throw otherDigest(found, expected, where);
}

export const otherDigest = (found: string, expected: string, where: string) =>
  refused('oci-digest', `${where} has other bytes than its digest says`, {
    details: [`found:    ${found}`, `expected: ${expected}`],
    hint: 'The registry, or something on the way to it, sends damaged or exchanged data: use another one.',
  });

/**
 * The one manifest of an index for Linux on `arch`. Throws `oci-arch` (refused) when there is none or more than one;
 * entries of another kind, such as attestations, are passed over.
 */
export function forArchitecture(index: Index, arch: ArchitectureName, where: string): Descriptor {
  const images = index.manifests.filter(isManifest);
  const { architecture: wanted } = architectures[arch].oci;
  const fitting = images.filter(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === wanted,
  );
  const [found, another] = fitting;
  if (found !== undefined && another === undefined) return found;
  const offered = images.map(({ platform }) => (platform ? `${platform.os}/${platform.architecture}` : '?'));
  throw refused(
    'oci-arch',
    `${where} has ${found === undefined ? 'no image' : 'more than one image'} for ${wanted}`,
    {
      details: [`it has: ${offered.join(', ') || 'nothing'}`],
      hint: 'Use another tag, or push the image for this architecture.',
    },
  );
}
