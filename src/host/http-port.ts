/** HTTP as an interface, asking and answering: one of the ports of `ports.ts`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface GetOptions {
  /** Bytes. */
  readonly limit: number;
  /** For the whole request; a server that was waited for so long is not asked again. */
  readonly timeoutMs?: number;
  /** To find the server and to connect to it; as `timeoutMs` when left out. */
  readonly connectTimeoutMs?: number;
  /** How often it is asked again, by the one policy in `retry.ts`; twice when left out. */
  readonly retries?: number;
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** Resolves for every status and follows no redirect: what the answer means is for the caller to say. */
  readonly anyStatus?: boolean;
  /** Connects from a free port between these two, for servers that trust only root's ports (below 1024). */
  readonly localPorts?: readonly [first: number, last: number];
}

/** What is sent with a request. */
export interface RequestBody {
  /** Bytes in all. */
  readonly size: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** How the network is reached. */
export interface NetworkSettings {
  /** `http_proxy`, `https_proxy`, `no_proxy`, in small or capital letters, as curl and others read them. */
  readonly proxyEnv: Readonly<Record<string, string | undefined>>;
  /** Certificates (PEM) of authorities to trust beside the usual ones. */
  readonly extraCa?: string;
  /** Certificates (PEM) of the only authorities to trust; the usual ones are not. */
  readonly onlyCa?: string;
  /**
   * SHA-256 of the certificate of the only server to trust, as openssl writes it; authorities, names and dates do not
   * count, and no proxy is used.
   */
  readonly pin?: string;
  /** What a server that asks for a certificate is shown: certificates and their key, PEM. */
  readonly client?: { readonly cert: string; readonly key: string };
}

/** An answer whose body has not been read yet. */
export interface HttpStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The bytes as they come over the wire, never decompressed; can be read once. Throws as `open` does. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the connection; for a body that is not read to its end. */
  close(): void;
}

export interface Http {
  /** The same with other settings. Without, proxies come from the environment of this process. */
  using(settings: NetworkSettings): Http;
  /**
   * A request, GET when nothing is said, that resolves with the head of the answer, whatever its status; the body is
   * read piece by piece, no faster than it is taken. Follows redirects (at most 5, none from https to http; another
   * server is not told `authorization`), but only of GET and HEAD; tries nothing again. An answer that comes before
   * all of `body` is sent ends the sending.
   * Throws OpsError (refused): `url-unreachable`, `url-timeout` (silent for `timeoutMs` while something was waited
   * for), `url-redirects`; or the reason of `signal`.
   */
  open(
    url: string,
    options?: Pick<GetOptions, 'headers' | 'timeoutMs'> & {
      readonly signal?: AbortSignal;
      readonly method?: HttpMethod;
      readonly body?: RequestBody;
    },
  ): Promise<HttpStream>;
  /**
   * The whole body, up to `limit` bytes. Follows redirects as `open`. Asks link-local addresses (RFC 3927) without
   * any proxy.
   * Throws OpsError (refused): `url-status` (not 2xx), `url-too-large`, and what `open` throws.
   */
  get(url: string, options: GetOptions): Promise<HttpResponse>;
  /**
   * Writes the body to the file at `path` as it comes; nothing is there when it fails. Redirects, retries and
   * errors as `get`; `timeoutMs` is how long the server may be silent. Resolves with the bytes written.
   */
  download(
    url: string,
    path: string,
    options: {
      readonly limit: number;
      readonly timeoutMs?: number;
      readonly retries?: number;
      readonly signal?: AbortSignal;
      /** `total` is undefined when the server does not say. */
      readonly onProgress?: (done: number, total: number | undefined) => void;
    },
  ): Promise<number>;
}

export interface ListenOptions {
  /** A name or an address of this machine; `::` for all of them. */
  readonly address: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** Certificates and their key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long the head of a request may take, in ms. */
  readonly headMs: number;
  /** How long a connection may wait for another request, in ms. */
  readonly idleMs: number;
  /** Connections beyond these are closed without an answer. */
  readonly mostConnections: number;
  /** Of every connection, before its first request; also of those with TLS that is not agreed on yet. */
  readonly connected: (socket: Socket) => void;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface Listening {
  readonly port: number;
  /** Takes no more connections, and ends those that wait for a request; resolves when the last one has ended. */
  stop(): Promise<void>;
  /** Ends every connection at once. */
  destroy(): void;
}
