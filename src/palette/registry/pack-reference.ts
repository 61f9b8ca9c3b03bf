/** Where a pack is in a registry, and the documents that say so: what ORAS 1.0.0 pushes and Palette reads. Pure. */
import { usage } from '../../errors.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import { type Document, documentOf, type ImageManifest, mediaTypes } from '../../oci/documents.ts';
import { isRegistry, parseReference, type Reference } from '../../oci/reference.ts';

/** Below the base path of a registry. */
const archivePath = 'spectro-packs/archive';
const unknownConfig = 'application/vnd.unknown.config.v1+json';
const titleName = 'org.opencontainers.image.title';

export const emptyConfig = documentOf(unknownConfig, Buffer.from('{}'));

/** A registry as it is given to Palette: `REGISTRY` or `REGISTRY/BASE`. */
export interface PackRegistry {
  readonly registry: string;
  /** Empty, or ends without `/`. */
  readonly base: string;
}

/** Throws OpsError `pack-registry` (usage). */
export function parsePackRegistry(text: string): PackRegistry {
  const wrong = (why: string) =>
    usage('pack-registry', `"${text}" is not the place of packs: ${why}`, {
      hint: 'Write REGISTRY or REGISTRY/BASE, as in registry.example.com/team.',
    });
  if (/^[a-z]+:\/\//i.test(text)) throw wrong('it is a URL; leave https:// out');
  const [registry = '', ...parts] = withoutTrailing(text.replace(/^oci:/, ''), '/').split('/');
  if (!isRegistry(registry)) throw wrong('it must begin with the name of a registry');
  const path = parts.join('/');
  const base = path === archivePath ? '' : path.replace(new RegExp(`/${archivePath}$`), '');
  if (base !== '' && !/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(base))
    throw wrong('the base is lower-case letters, digits and single separators');
  return { registry: registry.toLowerCase(), base };
}

/** Throws OpsError `oci-reference` (usage) for a name or version that no registry takes. */
export const packReference = (where: PackRegistry, name: string, version: string): Reference =>
  parseReference(`${where.registry}/${repositoryPrefix(where)}${name}:${version}`);

/** `team/spectro-packs/archive/` */
export const repositoryPrefix = ({ base }: PackRegistry): string =>
  `${base === '' ? '' : `${base}/`}${archivePath}/`;

export interface ArchiveBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** `NAME-VERSION.tar.gz` */
  readonly title: string;
}

/** The manifest of a pack: the type of its layer is that of a plain archive, although it is packed. */
export const packManifest = ({ digest, size, title }: ArchiveBlob): Document =>
  documentOf(
    mediaTypes.manifest,
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { mediaType: unknownConfig, digest: emptyConfig.digest, size: emptyConfig.bytes.length },
        layers: [{ mediaType: mediaTypes.layer, digest, size, annotations: { [titleName]: title } }],
      }),
    ),
  );

/**
 * The archive of a manifest that is a pack's, whoever pushed it: later versions of ORAS give other types. undefined for
 * any other image.
 */
export function archiveOf({ config, layers }: ImageManifest): ArchiveBlob | undefined {
  const [layer, another] = layers;
  const title = layer?.annotations?.[titleName];
  if (layer === undefined || another !== undefined || config.mediaType === mediaTypes.config)
    return undefined;
  if (title === undefined || !/^[^/\\]+\.(?:tar\.gz|tgz)$/.test(title)) return undefined;
  return { digest: layer.digest, size: layer.size, title };
}
