/**
 * Everything outside the process, as interfaces: files, processes, network, sockets, time, chance.
 * `host/linux` implements them, and `host/workstation` the processes of a developer's machine; tests give others. No
 * other folder touches node:fs, child_process or the network.
 */

import type { Readable, Writable } from 'node:stream';
import type { ArchitectureName } from '../architectures.ts';
import type { ByteSource } from '../formats/bytes.ts';
import type { Http, Listening, ListenOptions } from './http-port.ts';

export type {
  GetOptions,
  Http,
  HttpMethod,
  HttpResponse,
  HttpStream,
  NetworkSettings,
  RequestBody,
} from './http-port.ts';

export interface FileStat {
  readonly type: 'file' | 'directory' | 'symlink' | 'block' | 'other';
  /** Bytes; for a block device the size of the device. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** How many names it has (hard links). */
  readonly links: number;
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
  /** fsync(2); from then on this file is read from the device, not from the page cache. Best effort. */
  dropCache(): Promise<void>;
  close(): Promise<void>;
}

/** A file held open for reading, of which can be told whether somebody has written to it since. Offsets in bytes. */
export interface PinnedFile {
  readonly size: number;
  /** Another one for every content that the path has had. */
  readonly version: string;
  /** As that of OpenFile. */
  readInto(offset: number, target: Uint8Array): Promise<number>;
  /** The same before anything else happens in this process: for what lies in the page cache. */
  readNow(offset: number, target: Uint8Array): number;
  /** False once it was written to, replaced or removed, even while it is being read. Another name for it is no matter. */
  isSame(): boolean;
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
  /** A regular file; waits out the moment in which a change would not show in its times. */
  openPinned(path: string): Promise<PinnedFile>;
  /** What `openPinned` would call it now; undefined when it is not there, or not a regular file. */
  versionOf(path: string): Promise<string | undefined>;
  /**
   * Of many at once. Undefined also for what cannot be looked at, and for a file that changed so lately that another change
   * might not show: what was read while it had a version is what it holds for as long as it has it.
   */
  versionsOf(paths: readonly string[]): Promise<readonly (string | undefined)[]>;
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

export interface Sockets {
  /** Connects to a unix socket. */
  connectUnix(path: string): Promise<import('node:net').Socket>;
  /** A TCP port on 127.0.0.1 that was free a moment ago. */
  freePort(): Promise<number>;
  /** Answers HTTP. Errors of listening are Node's, with `code`. */
  listenHttp(options: ListenOptions): Promise<Listening>;
}

/** Whole disks that this process has for itself: udev does not look at them meanwhile. */
export interface DeviceLocks {
  /**
   * Takes the disk at `path`, when udev has done what it is at; false where that cannot be done, or somebody else has
   * it. It ends with this process at the latest.
   */
  take(path: string): Promise<boolean>;
  /** Gives the disk back, and has udev look at it. Nothing happens when it was not taken. */
  release(path: string): Promise<void>;
  /** The paths of those that are taken. */
  readonly taken: ReadonlySet<string>;
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
  readonly arch: ArchitectureName;
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
  /** Left out where nobody works on disks. */
  readonly deviceLocks?: DeviceLocks;
  /** Given where somebody waits (`src/operation/first-contact.ts`): for what asks servers in another way than by `http`. */
  readonly contacts?: Contacts;
}

/** Which servers have answered. */
export interface Contacts {
  answered(url: string): void;
  has(url: string): boolean;
  /** The error as it counts: one that may pass, of a server that has never answered, is given up soon. */
  fault(url: string, error: unknown): unknown;
}
