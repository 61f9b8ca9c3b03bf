/**
 * A registry on loopback (OCI Distribution Specification 1.1) that holds what it is given in memory, and behaves as badly as
 * it is told.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Held {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface Misbehaviour {
  /** Answers in a way of its own: true ends it here. `line` is `GET /v2/…`, number counts from 1. */
  first?: (line: string, request: IncomingMessage, response: ServerResponse, number: number) => boolean;
  /** Blobs are sent whole, whatever is asked for. */
  noRanges?: boolean;
  /** The connection ends after so many bytes of a blob, as often as `cuts` says. */
  cutAfter?: number;
  cuts?: number;
  /** After so many bytes of a blob nothing more comes. */
  stallAfter?: number;
  /** Other bytes of the same length for every blob. */
  otherBytes?: boolean;
  /** The connection ends after so many bytes of a PATCH, which are kept, as often as `uploadCuts` says. */
  uploadCutAfter?: number;
  uploadCuts?: number;
  /** An upload that was cut is forgotten. */
  forgetsUploads?: boolean;
  /** As many bytes as a PATCH may have; more is 413. */
  largestChunk?: number;
  /** Who is let in, and how. */
  login?: { readonly user: string; readonly password: string; readonly by: 'basic' | 'token' };
}

export interface FakeRegistry {
  /**
   * `127.0.0.1:PORT`; with a certificate `127.1:PORT`, which is the same machine (inet_aton(3)) under a name that is not
   * one of those to which opsctl talks without encryption.
   */
  readonly name: string;
  readonly blobs: Map<string, Uint8Array>;
  /** By `REPOSITORY:TAG` and `REPOSITORY@DIGEST`. */
  readonly documents: Map<string, Held>;
  /** `GET /v2/… bytes=0-`, one a request. */
  readonly asked: string[];
  /** Values of Authorization, with the path. */
  readonly authorizations: string[];
  behave(how: Misbehaviour): void;
  close(): void;
}

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** With a key and a certificate (PEM) for 127.0.0.1 the connections are encrypted. */
export async function serveRegistry(
  how: Misbehaviour = {},
  tls?: { readonly key: string; readonly cert: string },
): Promise<FakeRegistry> {
  const state: State = {
    how,
    cuts: 0,
    uploadCuts: 0,
    tokens: 0,
    valid: new Set(),
    blobs: new Map(),
    documents: new Map(),
    uploads: new Map(),
    asked: [],
    authorizations: [],
    origin: '',
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url}`;
    state.asked.push([line, request.headers.range].filter(Boolean).join(' '));
    if (request.headers.authorization !== undefined)
      state.authorizations.push(`${request.url?.split('?')[0]} ${request.headers.authorization}`);
    if (state.how.first?.(line, request, response, state.asked.length)) return;
    void serve(state, request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  // On a busy machine a connection would be closed in the moment in which it is used again.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const name = tls === undefined ? `127.0.0.1:${port}` : `127.1:${port}`;
  state.origin = `${tls === undefined ? 'http' : 'https'}://${name}`;
  return {
    name,
    ...state,
    behave: (other) => {
      Object.assign(state, { how: other, cuts: 0, uploadCuts: 0 });
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface State {
  how: Misbehaviour;
  cuts: number;
  uploadCuts: number;
  tokens: number;
  readonly valid: Set<string>;
  readonly blobs: Map<string, Uint8Array>;
  readonly documents: Map<string, Held>;
  readonly uploads: Map<string, Buffer>;
  readonly asked: string[];
  readonly authorizations: string[];
  origin: string;
}

function fail(response: ServerResponse, status: number, code: string, headers = {}): undefined {
  const errors = [{ code, message: `${code.toLowerCase()} here` }];
  response.writeHead(status, headers).end(JSON.stringify({ errors }));
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', state.origin);
  if (url.pathname === '/token') return giveToken(state, request, response);
  if (!letIn(state, request, response)) return;
  if (url.pathname === '/v2/') return void response.end('{}');
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/(\w*)$/.exec(url.pathname);
  if (upload !== null) return serveUpload(state, request, response, url, upload[1] ?? '', upload[2] ?? '');
  const [, repository = '', kind = '', what = ''] =
    /^\/v2\/(.+)\/(blobs|manifests)\/([^/]+)$/.exec(url.pathname) ?? [];
  if (kind === 'manifests') return serveDocument(state, request, response, repository, what);
  const bytes = state.blobs.get(what);
  if (bytes === undefined) return fail(response, 404, 'BLOB_UNKNOWN');
  if (request.method === 'HEAD')
    return void response.writeHead(200, { 'content-length': bytes.length }).end();
  sendBlob(state, bytes, request, response);
}

function letIn({ how, valid, origin }: State, request: IncomingMessage, response: ServerResponse): boolean {
  const { login } = how;
  const given = request.headers.authorization ?? '';
  if (login === undefined) return true;
  const { user, password, by } = login;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (by === 'basic' ? given === basic : valid.has(given)) return true;
  const challenge =
    by === 'basic' ? 'Basic realm="here"' : `Bearer realm="${origin}/token",service="fake",scope="x:y:z"`;
  fail(response, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
  return false;
}

function giveToken(state: State, request: IncomingMessage, response: ServerResponse): undefined {
  const { login } = state.how;
  const basic = `Basic ${Buffer.from(`${login?.user}:${login?.password}`).toString('base64')}`;
  if (request.method === 'GET' && request.headers.authorization !== basic)
    return fail(response, 401, 'UNAUTHORIZED');
  state.tokens += 1;
  state.valid.add(`Bearer token-${state.tokens}`);
  response.end(JSON.stringify({ token: `token-${state.tokens}`, expires_in: 300 }));
}

async function serveDocument(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  repository: string,
  what: string,
): Promise<void> {
  const key = `${repository}${what.startsWith('sha256:') ? '@' : ':'}${what}`;
  if (request.method === 'PUT') {
    const bytes = await received(request);
    const held = { mediaType: request.headers['content-type'] ?? '', bytes };
    state.documents.set(key, held);
    state.documents.set(`${repository}@${sha256(bytes)}`, held);
    return void response.writeHead(201, { 'docker-content-digest': sha256(bytes) }).end();
  }
  const held = state.documents.get(key);
  if (held === undefined) return fail(response, 404, 'MANIFEST_UNKNOWN');
  response.writeHead(200, { 'content-type': held.mediaType, 'content-length': held.bytes.length });
  response.end(request.method === 'HEAD' ? undefined : held.bytes);
}

function sendBlob(state: State, held: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
  const { how } = state;
  const bytes = how.otherBytes ? Buffer.from(held).map((byte) => byte ^ 0xff) : held;
  const match = how.noRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = match === null ? 0 : Number(match[1]);
  const end = match?.[2] ? Math.min(bytes.length, Number(match[2]) + 1) : bytes.length;
  if (match !== null && start >= bytes.length) return void response.writeHead(416).end();
  const range = `bytes ${start}-${end - 1}/${bytes.length}`;
  response.writeHead(match === null ? 200 : 206, {
    'content-length': end - start,
    ...(match === null ? {} : { 'content-range': range }),
  });
  const cutting = how.cutAfter !== undefined && state.cuts < (how.cuts ?? Number.POSITIVE_INFINITY);
  const stops = cutting ? how.cutAfter : how.stallAfter;
  if (stops === undefined || start + stops >= end) return void response.end(bytes.subarray(start, end));
  if (cutting) state.cuts += 1;
  response.write(bytes.subarray(start, start + stops), () => {
    if (cutting) response.destroy();
  });
}

async function serveUpload(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  repository: string,
  id: string,
): Promise<void> {
  if (request.method === 'POST') {
    const made = `u${state.uploads.size + 1}`;
    state.uploads.set(made, Buffer.alloc(0));
    // Relative, and with a query of its own, as registries may.
    return void response
      .writeHead(202, { location: `/v2/${repository}/blobs/uploads/${made}?state=${made}` })
      .end();
  }
  const before = state.uploads.get(id);
  if (before === undefined || url.searchParams.get('state') !== id)
    return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  const answer = (status: number, length: number) =>
    void response
      .writeHead(status, { location: url.pathname + url.search, range: `0-${Math.max(0, length - 1)}` })
      .end();
  if (request.method === 'GET') return answer(204, before.length);
  if (
    state.how.largestChunk !== undefined &&
    Number(request.headers['content-length']) > state.how.largestChunk
  )
    return fail(response, 413, 'SIZE_INVALID');
  const { uploadCutAfter, uploadCuts = 0 } = state.how;
  const cutting = request.method === 'PATCH' && uploadCutAfter !== undefined && state.uploadCuts < uploadCuts;
  const sent = await received(request, cutting ? uploadCutAfter : undefined, (bytes) => {
    state.uploadCuts += 1;
    if (state.how.forgetsUploads) state.uploads.delete(id);
    else state.uploads.set(id, Buffer.concat([before, bytes]));
  });
  // What is shorter than that comes whole.
  if (request.destroyed && cutting && sent.length === uploadCutAfter) return void response.destroy();
  const now = Buffer.concat([before, sent]);
  state.uploads.set(id, now);
  if (request.method === 'PATCH') return answer(202, now.length);
  const digest = url.searchParams.get('digest') ?? '';
  if (sha256(now) !== digest) return fail(response, 400, 'DIGEST_INVALID');
  state.blobs.set(digest, now);
  state.uploads.delete(id);
  response.writeHead(201, { location: `/v2/${repository}/blobs/${digest}` }).end();
}

/** The body of a request; no more than `limit` of it is waited for. */
async function received(
  request: IncomingMessage,
  limit = Number.POSITIVE_INFINITY,
  reached: (bytes: Buffer) => void = () => {},
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    pieces.push(piece.subarray(0, limit - length));
    length += piece.length;
    // Before the connection ends with the loop: who sends may ask at once how much is there.
    if (length >= limit) {
      reached(Buffer.concat(pieces));
      break;
    }
  }
  return Buffer.concat(pieces);
}
