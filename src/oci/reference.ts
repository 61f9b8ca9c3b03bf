/**
 * What an image in a registry is called: `REGISTRY/REPOSITORY:TAG` or `…@sha256:…` (OCI Distribution Specification 1.1,
 * "Pulling manifests"; the registry in front as docker writes it).
 */
import { usage } from '../errors.ts';

export interface Reference {
  /** `ghcr.io`, `127.0.0.1:5000`: host and port as a URL has them. */
  readonly registry: string;
  readonly repository: string;
  /** undefined only where there is a digest. */
  readonly tag: string | undefined;
  /** `sha256:` and 64 digits; it counts where there is a tag too. */
  readonly digest: string | undefined;
}

const scheme = /^oci:(?!\/\/)/;
const repositoryPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${repositoryPart}(?:/${repositoryPart})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Other algorithms are allowed there and used by nobody (OCI Image Specification 1.1, descriptor.md, "Digests"). */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;
const registryPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
/** More than any registry takes. */
const longestRepository = 255;
const defaultTag = 'latest';

/** True for `oci:REGISTRY/REPOSITORY…`. */
export const isOciPlace = (place: string): boolean => scheme.test(place);

const archiveScheme = /^oci-archive:/;

/** The path or URL of an image layout in a tar archive: what follows `oci-archive:`. undefined for anything else. */
export const archivePlace = (place: string): string | undefined =>
  archiveScheme.test(place) ? place.replace(archiveScheme, '') : undefined;

/**
 * Reads a reference, with or without `oci:` in front; the tag is `latest` where neither a tag nor a digest is named.
 * Throws OpsError `oci-reference` (usage).
 */
export function parseReference(text: string): Reference {
  const wrong = (why: string) =>
    usage('oci-reference', `"${text}" is not a reference to an OCI image: ${why}`, {
      hint: 'Write REGISTRY/REPOSITORY:TAG, as in oci:registry.example.com/bos:1.2.0.',
    });
  const [named = '', digest, more] = text.replace(scheme, '').split('@');
  if (/^[a-z]+:\/\//i.test(named)) throw wrong('it is a URL');
  if (more !== undefined || (digest !== undefined && !digestPattern.test(digest)))
    throw wrong('a digest is sha256: and 64 hexadecimal digits');
  const slash = named.indexOf('/');
  const registry = named.slice(0, Math.max(0, slash)).toLowerCase();
  if (!isRegistry(registry)) throw wrong('it must begin with the name of a registry');
  const path = named.slice(slash + 1);
  const colon = path.indexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  if (repository.length > longestRepository || !repositoryPattern.test(repository))
    throw wrong('the repository is lower-case letters, digits and single separators');
  if (tag !== undefined && !tagPattern.test(tag)) throw wrong('the tag is not valid');
  return {
    registry,
    repository: registry === hub && !repository.includes('/') ? `library/${repository}` : repository,
    tag: tag ?? (digest === undefined ? defaultTag : undefined),
    digest,
  };
}

/** docker's rule, which tells a registry from the first part of a repository of Docker Hub. */
export const isRegistry = (name: string): boolean =>
  registryPattern.test(name) && (/[.:]/.test(name) || name === 'localhost');

/** A mirror as it was typed. Throws OpsError `oci-mirror` (usage). */
export function registryNamed(text: string): string {
  if (isRegistry(text)) return text.toLowerCase();
  throw usage('oci-mirror', `"${text}" is not the name of a registry`, {
    hint: 'Write it as HOST or HOST:PORT, without https:// and without a path.',
  });
}

/** The reference as a person writes it, without `oci:`. */
export const renderReference = ({ registry, repository, tag, digest }: Reference): string =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;

const hub = 'docker.io';
/** Docker Hub answers under another name than its images have. */
const hubHost = 'registry-1.docker.io';

/** A registry of this machine, which nobody on the way can pretend to be. `registry` with its port. */
export const isLoopback = (registry: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(registry);

/**
 * The URL that the paths of the API follow, `https://HOST`: http for registries of this machine, and for others when
 * `plainHttp` says so.
 */
export function baseUrl(registry: string, { plainHttp }: { readonly plainHttp: boolean }): string {
  const host = registry === hub ? hubHost : registry;
  return `${plainHttp || isLoopback(registry) ? 'http' : 'https'}://${host}`;
}
