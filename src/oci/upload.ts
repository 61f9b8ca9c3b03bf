/**
 * A blob into a registry (OCI Distribution Specification 1.1, "Push"): in one piece, in smaller ones where the registry wants
 * that, and on from where the registry says it has got when the connection ends.
 */
import { type OpsError, refused } from '../errors.ts';
import type { Clock, HttpStream } from '../host/ports.ts';
import { Attempts, PassingFault, retrying } from '../host/retry.ts';
import { registryRefusal } from './answers.ts';
import type { Document } from './documents.ts';
import { digestPattern } from './reference.ts';
import type { Registry } from './registry.ts';

export interface BlobContent {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** The bytes from `from` up to `to`. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

export interface UploadOptions {
  readonly clock: Clock;
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the blob are sent. */
  readonly onProgress?: (done: number) => void;
}

const tries = 8;
/** What a registry, or a proxy before it, that takes no large request is sent at a time. */
const smallChunk = 8 * 1024 * 1024;
/** A registry reads what it was sent once more before it says yes. */
const closingMs = 300_000;
/** As much as counts as going on. */
const worthwhile = 64 * 1024;

interface Session {
  readonly url: string;
  /** Bytes that the registry has. */
  readonly offset: number;
}

type Common = Pick<RegistryRequest, 'registry' | 'options'>;
interface RegistryRequest {
  readonly registry: Pick<Registry, 'http' | 'name' | 'url' | 'blobUrl'>;
  readonly blob: BlobContent;
  readonly options: UploadOptions;
}

/**
 * Sends a blob unless the registry has it. Throws OpsError (refused): `registry-denied`, `oci-missing`,
 * `registry-upload`, and what the network does.
 */
export async function pushBlob(
  registry: RegistryRequest['registry'],
  blob: BlobContent,
  options: UploadOptions,
): Promise<'sent' | 'there'> {
  const { clock, say, signal } = options;
  const request = { registry, blob, options };
  if (await retrying({ tries, clock, say, signal }, () => hasBlob(request))) return 'there';
  const attempts = new Attempts({ tries, clock, say, signal });
  let session: Session | undefined;
  let chunk = Number.POSITIVE_INFINITY;
  for (let resumed = false; ; ) {
    try {
      if (resumed && session !== undefined) {
        const before = session.offset;
        session = await sessionAgain(request, session);
        if (session !== undefined && session.offset - before >= worthwhile) attempts.progressed();
      }
      session ??= await begin(request);
      while (session.offset < blob.size) {
        const next: Session | 'too-large' = await sendChunk(request, session, chunk);
        if (next !== 'too-large') session = next;
        else if (chunk > smallChunk) [chunk, session] = [smallChunk, await begin(request)];
        else throw tooLarge(request);
        attempts.alive();
      }
      if (await finish(request, session)) return 'sent';
      // What it put together is not what was sent: once more from the beginning, if it was more than one piece.
      session = undefined;
      throw notTaken(request, resumed);
    } catch (error) {
      await attempts.failed(error);
      resumed = true;
    }
  }
}

const signalOf = ({ options: { signal } }: Common) => (signal === undefined ? {} : { signal });

async function hasBlob({ registry, blob, options }: RegistryRequest): Promise<boolean> {
  const answer = await registry.http.open(registry.blobUrl(blob.digest), {
    method: 'HEAD',
    ...signalOf({ registry, options }),
  });
  answer.close();
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  throw await registryRefusal(registry.name, answer);
}

async function begin(request: RegistryRequest): Promise<Session> {
  const { registry } = request;
  const url = `${registry.url}/blobs/uploads/`;
  const answer = await registry.http.open(url, { method: 'POST', ...signalOf(request) });
  if (answer.status !== 202) throw await registryRefusal(registry.name, answer);
  answer.close();
  return { url: locationOf(answer, url, request), offset: 0 };
}

/** How far the registry has got; undefined when it knows nothing of the upload any more. */
async function sessionAgain(request: RegistryRequest, session: Session): Promise<Session | undefined> {
  const answer = await request.registry.http.open(session.url, { method: 'GET', ...signalOf(request) });
  answer.close();
  if (answer.status !== 204) return undefined;
  const offset = receivedBy(answer);
  if (offset === undefined || offset > request.blob.size) return undefined;
  return { url: locationOf(answer, session.url, request), offset };
}

/** `Range: 0-N`, the last byte included. Nothing at all is written `0-0` by some: then one byte is sent again. */
function receivedBy({ headers }: HttpStream): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(String(headers.range ?? ''))?.[1];
  if (last === undefined) return undefined;
  return last === '0' ? 0 : Number(last) + 1;
}

async function sendChunk(
  request: RegistryRequest,
  { url, offset }: Session,
  most: number,
): Promise<Session | 'too-large'> {
  const { registry, blob, options } = request;
  const end = Math.min(blob.size, offset + most);
  const whole = offset === 0 && end === blob.size;
  const answer = await registry.http.open(url, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/octet-stream',
      ...(whole ? {} : { 'content-range': `${offset}-${end - 1}` }),
    },
    body: { size: end - offset, pieces: told(blob.read(offset, end), offset, options.onProgress) },
    ...signalOf(request),
  });
  if (answer.status === 413) {
    answer.close();
    return 'too-large';
  }
  if (answer.status === 404 || answer.status === 416) {
    answer.close();
    throw new PassingFault('registry-upload', `${registry.name} lost track of an upload`);
  }
  if (answer.status !== 202 && answer.status !== 201) throw await registryRefusal(registry.name, answer);
  answer.close();
  return { url: locationOf(answer, url, request), offset: receivedBy(answer) ?? end };
}

async function* told(
  pieces: AsyncIterable<Uint8Array>,
  offset: number,
  onProgress: ((done: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  let done = offset;
  const kept = keeper();
  for await (const piece of pieces) {
    done += piece.length;
    // A piece may be good only until the next one is asked for, and a socket keeps it until it is sent.
    yield kept(piece);
    onProgress?.(done);
  }
}

/** What a stream takes in before it says that it is full is far less. */
const keptBytes = 8 * 1024 * 1024;

/**
 * Copies in memory that is used again when all of it was used: what is being sent, a piece and the little that a stream
 * takes in beyond it, is always among the last half. New memory for each piece would pile up to a hundred megabytes.
 */
function keeper(): (piece: Uint8Array) => Uint8Array {
  let memory: Uint8Array | undefined;
  let next = 0;
  return (piece) => {
    if (piece.length > keptBytes / 4) return Uint8Array.from(piece);
    memory ??= new Uint8Array(keptBytes);
    if (next + piece.length > keptBytes) next = 0;
    const copy = memory.subarray(next, next + piece.length);
    copy.set(piece);
    next += piece.length;
    return copy;
  };
}

/** False when the registry says that the bytes are not those of the digest. */
async function finish(request: RegistryRequest, session: Session): Promise<boolean> {
  const { registry, blob } = request;
  const url = new URL(session.url);
  url.searchParams.set('digest', blob.digest);
  const answer = await registry.http.open(url.href, {
    ...{ method: 'PUT', timeoutMs: closingMs },
    headers: { 'content-type': 'application/octet-stream', 'content-length': '0' },
    ...signalOf(request),
  });
  if (answer.status === 400) {
    answer.close();
    return false;
  }
  if (answer.status !== 201) throw await registryRefusal(registry.name, answer);
  answer.close();
  return true;
}

/** Where to go on: a relative URL, or one of another server. Never unencrypted where the registry is not. */
function locationOf(answer: HttpStream, asked: string, { registry }: Common): string {
  const { location } = answer.headers;
  const url =
    typeof location === 'string' && URL.canParse(location, asked) ? new URL(location, asked) : undefined;
  const before = new URL(asked);
  // A registry behind a proxy often does not know that it is encrypted.
  if (url?.protocol === 'http:' && before.protocol === 'https:' && url.hostname === before.hostname) {
    url.protocol = 'https:';
    url.port = before.port;
  }
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === before.protocol)) return url.href;
  throw refused('registry-upload', `${registry.name} does not say where to send the data`, {
    details: [`Location: ${String(location).slice(0, 200)}`],
    hint: 'Check the address that the registry is configured with.',
  });
}

const tooLarge = ({ registry }: Common) =>
  refused('registry-upload', `${registry.name} takes no requests of ${smallChunk} bytes`, {
    hint: 'Raise the limit of the registry, or of the proxy before it (`client_max_body_size` of nginx).',
  });

function notTaken({ registry, blob }: RegistryRequest, again: boolean): OpsError {
  const what = `${registry.name} did not take ${blob.digest}: what arrived has another digest`;
  return again
    ? new PassingFault('registry-upload', what)
    : refused('registry-upload', what, {
        hint: 'The file changed while it was read, or is damaged: compare its checksum.',
      });
}

/** Puts a document under a tag or its digest. Throws OpsError (refused) `registry-denied`, `registry-upload`, and others. */
export function pushDocument(
  registry: Pick<Registry, 'http' | 'name' | 'url'>,
  document: Document,
  tagOrDigest: string,
  { clock, say, signal }: UploadOptions,
): Promise<void> {
  const { bytes, mediaType, digest } = document;
  return retrying({ tries, clock, say, signal }, async () => {
    const answer = await registry.http.open(`${registry.url}/manifests/${tagOrDigest}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: {
        size: bytes.length,
        pieces: (async function* () {
          yield bytes;
        })(),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.status !== 201) throw await registryRefusal(registry.name, answer);
    answer.close();
    const said = answer.headers['docker-content-digest'];
    if (typeof said !== 'string' || !digestPattern.test(said) || said === digest) return;
    throw refused('registry-upload', `${registry.name} keeps another document than was sent`, {
      details: [`sent:  ${digest}`, `keeps: ${said}`],
      hint: 'A registry that converts images breaks their signatures: use another one.',
    });
  });
}
