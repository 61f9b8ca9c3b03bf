/**
 * The API server of the tests: enough of the Kubernetes API for kubectl to drain a node and for what this project asks of a
 * cluster. No controllers and no kubelets run behind it: a test says what they would do. It behaves as badly as it is told.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { Authority } from './certificates.ts';
import { PodClock } from './pods.ts';
import { discovery, groupVersionOf, resourceTypes, targetOf } from './resources.ts';
import { authorize, type User } from './rights.ts';
import { ApiFault, badRequest } from './status.ts';
import { Store, type Stored } from './store.ts';
import { perform, verbOf } from './verbs.ts';
import { watch } from './watch.ts';

export interface Misbehaviour {
  /** Connections end before anything is answered. */
  down?: boolean;
  /** Milliseconds before each answer. */
  slowMs?: number;
  /** Answers such requests (`GET /api/v1/nodes`) with this status; as often as `times` says. */
  refuse?: { readonly request: RegExp; readonly status: number; readonly retryAfter?: number; times: number };
  /** Every watch ends with 410 at once. */
  watchGone?: boolean;
}

export interface Logged {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly user: string;
  readonly status: number;
}

export interface ApiServerOptions {
  readonly listen?: string;
  readonly port?: number;
  /** Further addresses and names that its certificate is for. */
  readonly names?: readonly string[];
  /** How many seconds pass for ending pods in one second; 1 when left out. */
  readonly podSpeed?: number;
}

export class ApiServer {
  readonly store = new Store();
  readonly authority = new Authority();
  readonly log: Logged[] = [];
  readonly #clock: PodClock;
  readonly #tokens = new Map<string, User>();
  readonly #options: ApiServerOptions;
  readonly #server;
  #how: Misbehaviour = {};

  constructor(options: ApiServerOptions = {}) {
    this.#options = options;
    this.#clock = new PodClock(options.podSpeed ?? 1);
    const names = ['127.0.0.1', '::1', 'localhost', ...(options.names ?? [])];
    const pair = this.authority.server(names);
    this.#server = createServer(
      { ...pair, ca: this.authority.cert, requestCert: true, rejectUnauthorized: false },
      (request, response) => void this.#answer(request, response),
    );
  }

  async start(): Promise<this> {
    const { listen = '127.0.0.1', port = 0 } = this.#options;
    await new Promise<void>((resolve) => this.#server.listen(port, listen, resolve));
    return this;
  }

  stop(): void {
    this.#clock.stop();
    this.#server.closeAllConnections();
    this.#server.close();
    this.authority.close();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  behave(how: Misbehaviour): void {
    this.#how = how;
    if (how.down) this.#server.closeAllConnections();
  }

  /** Requests that change something, as `PATCH /api/v1/nodes/n1`. */
  get writes(): string[] {
    return this.log.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  /** The object as it is now, `nodes` and `n1`; undefined when it is not there. */
  find(resource: string, name: string, namespace?: string): Stored | undefined {
    return this.store.find(typeNamed(resource), namespace, name);
  }

  /** As an administrator would: by the kind and the namespace that the object has. */
  add(...objects: readonly Partial<Stored>[]): void {
    for (const object of objects) {
      const type = resourceTypes.find(
        (one) => one.kind === object.kind && groupVersionOf(one) === object.apiVersion,
      );
      if (type === undefined) throw new Error(`no such kind: ${object.apiVersion} ${object.kind}`);
      const namespace = type.namespaced ? (object.metadata?.namespace ?? 'default') : undefined;
      this.store.create(type, namespace, object);
    }
  }

  /** Changes an object by a merge of its fields, as a controller or a person would. */
  change(resource: string, name: string, edit: (object: Stored) => void, namespace?: string): void {
    const object = structuredClone(this.store.get(typeNamed(resource), namespace, name));
    edit(object);
    this.store.replace(typeNamed(resource), object);
  }

  /** A bearer token of this user. */
  token(user: string, groups: readonly string[] = []): string {
    const token = `token-of-${user}`;
    this.#tokens.set(token, { name: user, groups });
    return token;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    if (this.#how.down) return void request.socket.destroy();
    const user = this.#userOf(request);
    const note = (status: number) => this.log.push({ method, path: url, user: user?.name ?? '', status });
    try {
      const body = await read(request);
      if (this.#how.slowMs !== undefined) await setTimeout(this.#how.slowMs);
      this.#refuse(`${method} ${url}`, response);
      const { status, value } = this.#handle(request, response, user, body) ?? {};
      note(status ?? 200);
      if (status !== undefined) send(response, status, value);
    } catch (error) {
      if (!(error instanceof ApiFault)) throw error;
      note(error.code);
      send(response, error.code, error.status);
    }
  }

  #refuse(line: string, response: ServerResponse): void {
    const { refuse } = this.#how;
    if (refuse === undefined || refuse.times <= 0 || !refuse.request.test(line)) return;
    refuse.times -= 1;
    if (refuse.retryAfter !== undefined) response.setHeader('retry-after', `${refuse.retryAfter}`);
    throw new ApiFault(refuse.status, 'Refused', `the test refuses ${line}`);
  }

  /** Undefined: the answer is a watch, which has begun. */
  #handle(request: IncomingMessage, response: ServerResponse, user: User | undefined, body: Buffer) {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'https://server');
    if (user === undefined) throw new ApiFault(401, 'Unauthorized', 'Unauthorized');
    const found = discovery(pathname);
    if (found !== undefined) return { status: 200, value: found };
    if (pathname === '/tests/log' && user.groups.includes('system:masters'))
      return { status: 200, value: this.log };
    if (pathname === '/openapi/v2') return { status: 200, value: openApi };
    const target = targetOf(pathname);
    if (target === undefined)
      throw new ApiFault(404, 'NotFound', 'the server could not find the requested resource');
    const method = request.method ?? 'GET';
    const verb = verbOf(method, target, query);
    authorize(this.store, user, { verb, target, query });
    if (verb === 'watch') {
      watch(this.store, target, response, { query, gone: this.#how.watchGone === true });
      return undefined;
    }
    const contentType = request.headers['content-type'] ?? '';
    return perform(this.store, this.#clock, {
      ...{ method, target, query, contentType, user, body: body.length === 0 ? undefined : parsed(body) },
    });
  }

  /** By the client's certificate, else by its token. */
  #userOf(request: IncomingMessage): User | undefined {
    const socket = request.socket as TLSSocket;
    const { CN, O } = socket.authorized ? (socket.getPeerCertificate().subject ?? {}) : {};
    if (typeof CN === 'string') return { name: CN, groups: O === undefined ? [] : [O].flat() };
    return this.#tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
  }
}

/**
 * An OpenAPI document with nothing in it but its version, in the encoding that old releases of kubectl ask for (field 1 of
 * the message Document is `swagger`): kinds that it does not describe are sent as they are, and judged here.
 */
const openApi = Buffer.from([0x0a, 0x03, 0x32, 0x2e, 0x30]);

function typeNamed(resource: string) {
  const found = resourceTypes.find((one) => one.resource === resource);
  if (found === undefined) throw new Error(`no such resource: ${resource}`);
  return found;
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const isBytes = Buffer.isBuffer(value);
  const type = isBytes ? 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' : 'application/json';
  response.writeHead(status, { 'content-type': type }).end(isBytes ? value : JSON.stringify(value));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('the body is not JSON; the API server of the tests knows no other encoding');
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
