/**
 * A repository of a registry, read: documents by tag or digest, and where its blobs are (OCI Distribution Specification
 * 1.1, "Pull"). No library was taken for it: those that npm has hold blobs in memory and begin them anew when the
 * connection ends (@snyk/docker-registry-v2-client 4.0.5, on needle), or have not kept up with Node.js
 * (docker-registry-client 3.4.0, on restify); none lets its requests go through a port.
 */
import { OpsError, refused } from '../errors.ts';
import type { Host, Http } from '../host/ports.ts';
import { retrying } from '../host/retry.ts';
import { registryRefusal, wholeBody } from './answers.ts';
import { authorizedHttp } from './authorized-http.ts';
import { credentialsFor } from './credentials.ts';
import {
  acceptedDocuments,
  type Document,
  documentLimit,
  documentOf,
  invalid,
  otherDigest,
} from './documents.ts';
import { baseUrl, digestPattern, type Reference } from './reference.ts';

export interface RegistryOptions {
  /** Unencrypted, also to registries that are not of this machine. */
  readonly plainHttp?: boolean;
  readonly action?: 'pull' | 'push';
  /** How often it is asked in all; 8 when left out. */
  readonly tries?: number;
  /** Told before each new attempt. */
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Registry {
  /** `REGISTRY/REPOSITORY`, for messages. */
  readonly name: string;
  /** `https://HOST/v2/REPOSITORY`. */
  readonly url: string;
  /** With what the registry wants to know of us. */
  readonly http: Pick<Http, 'open'>;
  readonly blobUrl: (digest: string) => string;
  /**
   * The document of a tag or digest; its digest is compared. Throws OpsError (refused): `oci-missing`,
   * `registry-denied`, `registry-auth`, `oci-digest`, `oci-invalid`, and what the network does.
   */
  document(tagOrDigest: string): Promise<Document>;
}

const usualTries = 8;

export function openRegistry(
  host: Host,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  options: RegistryOptions,
): Registry {
  const { plainHttp = false, action = 'pull', tries = usualTries, say, signal } = options;
  const base = baseUrl(registry, { plainHttp });
  const name = `${registry}/${repository}`;
  const url = `${base}/v2/${repository}`;
  const http = authorizedHttp(host.http, host.clock, {
    ...{ base, registry },
    scope: `repository:${repository}:${action === 'push' ? 'pull,push' : 'pull'}`,
    credentials: () => credentialsFor(host, registry),
  });
  return {
    ...{ name, url, http },
    blobUrl: (digest) => `${url}/blobs/${digest}`,
    document: (wanted) =>
      retrying({ tries, clock: host.clock, say, signal }, () =>
        readDocument(http, `${url}/manifests/${wanted}`, shownDocument(name, wanted), wanted, signal),
      ),
  };
}

export const shownDocument = (name: string, wanted: string): string =>
  `${name}${digestPattern.test(wanted) ? '@' : ':'}${wanted}`;

async function readDocument(
  http: Pick<Http, 'open'>,
  url: string,
  shown: string,
  wanted: string,
  signal: AbortSignal | undefined,
): Promise<Document> {
  const answer = await http.open(url, {
    headers: { accept: acceptedDocuments.join(', ') },
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.status !== 200) throw await registryRefusal(shown, answer);
  const bytes = await wholeBody(answer, documentLimit, () =>
    invalid(shown, [`its manifest has more than ${documentLimit} bytes`]),
  );
  const { 'content-type': type, 'docker-content-digest': said } = answer.headers;
  const mediaType = typeof type === 'string' ? (type.split(';')[0]?.trim() ?? '') : '';
  const document = documentOf(mediaType, bytes);
  const expected = [wanted, said].filter((text) => typeof text === 'string' && digestPattern.test(text));
  for (const digest of expected)
    if (document.digest !== digest) throw otherDigest(document.digest, String(digest), shown);
  return document;
}

/** Fewer than of the registry itself: there is another place to ask. */
const mirrorTries = 2;

export interface SourceOptions extends RegistryOptions {
  /** Registries (HOST or HOST:PORT) that are asked first for the same repository. */
  readonly mirrors?: readonly string[];
}

/** The places to ask for an image, in order: its mirrors, then its own registry. */
export function openSources(
  host: Host,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  options: SourceOptions,
): Registry[] {
  const { mirrors = [], ...common } = options;
  return [
    ...mirrors.map((mirror) =>
      openRegistry(host, { registry: mirror, repository }, { ...common, tries: mirrorTries }),
    ),
    openRegistry(host, { registry, repository }, common),
  ];
}

/**
 * What the first of `sources` gives that does not refuse. What a mirror refuses is told; what the last one throws is
 * thrown.
 */
export async function fromFirst<S extends Pick<Registry, 'name'>, T>(
  sources: readonly S[],
  say: ((line: string) => void) | undefined,
  work: (source: S) => Promise<T>,
): Promise<T> {
  for (const [index, source] of sources.entries()) {
    const next = sources[index + 1];
    try {
      return await work(source);
    } catch (error) {
      if (next === undefined || !(error instanceof OpsError) || error.kind !== 'refused') throw error;
      say?.(`${error.message}; asking ${next.name} instead of ${source.name}`);
    }
  }
  throw refused('oci-missing', 'No registry was named');
}
