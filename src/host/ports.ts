/**
 * Everything outside the process, as interfaces: files, processes, network, sockets, time, chance.
 * `host/linux` implements them, and `host/workstation` the processes of a developer's machine; tests give others. No
 * other folder touches node:fs, child_process or the network.
 */
import type { Readable, Writable } from 'node:stream';
import type { ByteSource } from '../formats/bytes.ts';

export interface FileStat {
  readonly type: 'file' | 'directory' | 'symlink' | 'block' | 'other';
  /** Bytes; for a block device the size of the device. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
}

/** An open file or block device. Offsets and lengths in bytes. */
export interface OpenFile extends ByteSource {
  /**
   * Fills `target` from `offset` on; resolves with the bytes read, fewer only at the end. For long copies: what
   * `read` allocates each time is garbage that piles up to tens of megabytes.
   */
  readInto(offset: number, target: Uint8Array): Promise<number>;
  /** Writes all of `data` at `offset`; throws when the device takes less. */
  write(offset: number, data: Uint8Array): Promise<void>;
  /** fsync(2). */
  sync(): Promise<void>;
  /** Drops what the page cache holds, so that the next read comes from the device. Best effort. */
  dropCache(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A folder held open. Paths below `path` lead into this very folder, even when somebody has put a link in its place
 * since.
 */
export interface OpenFolder {
  readonly path: string;
  close(): Promise<void>;
}

/** Numbers of a user and a group. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface AtomicOptions {
  /** Exact, whatever the umask; 0644 when left out. */
  readonly mode?: number;
  /** Whose the file is from the moment it has its name; this process's when left out. */
  readonly owner?: Owner;
}

export interface WriteOptions {
  readonly mode?: number;
  /** fsync the file and its folder before returning. */
  readonly sync?: boolean;
}

/** Paths are absolute or relative to the working directory. Errors are Node's, with `code`. */
export interface Files {
  read(path: string): Promise<Buffer>;
  readText(path: string): Promise<string>;
  /** As `read`, but a link in the last place is ELOOP, whoever puts it there at whatever moment. */
  readNoFollow(path: string): Promise<Buffer>;
  write(path: string, data: Uint8Array | string, options?: WriteOptions): Promise<void>;
  /** Writes beside the target, fsyncs, renames over it, fsyncs the folder. */
  writeAtomic(path: string, data: Uint8Array | string, options?: AtomicOptions): Promise<void>;
  append(path: string, data: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** undefined when nothing is there; does not follow a last symlink. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Names in a folder, sorted; empty when the folder does not exist. */
  list(path: string): Promise<string[]>;
  /** With parents; no error when it exists. */
  makeDir(path: string, mode?: number): Promise<void>;
  makeTempDir(prefix: string): Promise<string>;
  /** Recursive; no error when nothing is there. */
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Cuts a file off, or makes it longer with zeros; on the disk when it returns. */
  resize(path: string, size: number): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readLink(path: string): Promise<string>;
  realPath(path: string): Promise<string>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  /** `r` read, `r+` read and write what exists, `w` create empty (mode 0644 less umask). */
  open(path: string, flags: 'r' | 'r+' | 'w'): Promise<OpenFile>;
  /**
   * Holds a folder open; a link is not followed in the last place (ELOOP or ENOTDIR). With `createMode` the
   * folder is made, with exactly that mode, when nothing is there.
   */
  openFolder(path: string, createMode?: number): Promise<OpenFolder>;
  /**
   * SHA-256 of a file in lower-case hex, computed on another thread, from the disk itself where the cache can be
   * dropped. `onProgress` is told the bytes done so far.
   */
  digest(
    path: string,
    options?: { readonly onProgress?: (done: number) => void; readonly signal?: AbortSignal },
  ): Promise<string>;
  /** True when the kernel lets nobody else have this block device: it or a part is mounted anywhere, or in use. */
  isHeld(path: string): Promise<boolean>;
  /** Bytes free for this user on the file system that holds `path`. */
  freeSpace(path: string): Promise<number>;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to a small clean environment (PATH, HOME, LC_ALL=C.UTF-8). */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** A file that becomes the standard input. */
  readonly inputFile?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Bytes of stdout, and of stderr, that are kept; a program that writes more is stopped. 256 MiB when left out. */
  readonly outputLimit?: number;
  /** Exit codes that are not failures; [0] when left out. */
  readonly okCodes?: readonly number[];
  /** Called for each line (without its newline; `\r` ends a line too) as it comes. */
  readonly onStdout?: (line: string) => void;
  readonly onStderr?: (line: string) => void;
  /** Lets the process have the terminal of this one. */
  readonly inherit?: boolean;
  /** What a failure calls the program, where the command only starts another one (timeout, unshare). */
  readonly program?: string;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exited: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
  kill(signal?: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): void;
}

/** Processes: argument arrays only, never a shell string. */
export interface Processes {
  /**
   * Runs to its end. Throws OpsError `tool-missing` (refused) when the program does not exist, and
   * ToolFailed for an exit code outside okCodes, a signal or a timeout.
   */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Starts and returns; stdio are pipes unless `inherit`, and what the child writes waits for its reader. The child
   * dies with this process.
   */
  start(
    command: string,
    args: readonly string[],
    options?: Pick<RunOptions, 'cwd' | 'env' | 'inherit'>,
  ): Child;
  /** The path of a program, or undefined. */
  which(command: string): Promise<string | undefined>;
  /**
   * `PID@…`, what tells the process of this number from every other that ever has it; undefined when none runs, and
   * for one that has ended and was not waited for yet.
   */
  identify(pid: number): Promise<string | undefined>;
}

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
    options?: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly timeoutMs?: number;
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

export interface Sockets {
  /** Connects to a unix socket. */
  connectUnix(path: string): Promise<import('node:net').Socket>;
  /** A TCP port on 127.0.0.1 that was free a moment ago. */
  freePort(): Promise<number>;
}

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Milliseconds that never go back. */
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  bytes(length: number): Uint8Array;
  uuid(): string;
}

export interface System {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly uid: number;
  readonly arch: 'amd64' | 'arm64' | 'arm';
  readonly cpus: number;
  cwd(): string;
  /** At which others reach this machine now, IPv4 first; no loopback and link-local ones. */
  addresses(): readonly string[];
}

export interface Host {
  readonly files: Files;
  readonly processes: Processes;
  readonly http: Http;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly random: Random;
  readonly system: System;
}
