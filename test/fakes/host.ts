/**
 * A machine in memory: files, links, block devices, recorded processes, a clock that moves when it sleeps. What a
 * test does not set up does not exist; a program that is not given fails as missing.
 */
import { basename, dirname } from 'node:path/posix';
import { refused } from '../../src/errors.ts';
import { sha256Of } from '../../src/host/digest.ts';
import type { FileStat, Files, Host, Http, OpenFile, RunOptions, RunResult } from '../../src/host/ports.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { type Effect, notedFiles, notedProcesses } from './effects.ts';
import { SparseBytes } from './sparse.ts';

export type Tool = (
  args: readonly string[],
  options: RunOptions,
) => Partial<RunResult> | string | undefined | Promise<Partial<RunResult> | string | undefined>;

export interface FakeSetup {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Empty ones: those of files are there with them. */
  readonly folders?: readonly string[];
  readonly devices?: Readonly<Record<string, SparseBytes>>;
  readonly tools?: Readonly<Record<string, Tool>>;
  readonly http?: Http['get'];
  readonly open?: Http['open'];
  readonly freeSpace?: number;
  /** Devices that the kernel gives to nobody else. */
  readonly held?: readonly string[];
  /** No disk can be taken from udev. */
  readonly unlockable?: boolean;
  /** Called before each write to an open file; throw to make it fail, return bytes to write others. */
  readonly onWrite?: (path: string, offset: number, data: Uint8Array) => Uint8Array | undefined;
}

interface Entry {
  readonly type: 'file' | 'directory' | 'symlink';
  mode: number;
  bytes: Buffer;
  readonly target: string;
}

export interface FakeHost extends Host {
  /** Every program run, as one line. */
  readonly ran: string[];
  /** Everything that was done to files, devices and by programs, in order; tools may add what they do. */
  readonly effects: Effect[];
  readonly devices: Map<string, SparseBytes>;
  readonly tools: Map<string, Tool>;
  readonly deviceLocks: NonNullable<Host['deviceLocks']>;
  /** What the folder tree holds now, by path: text for files, `-> target` for links. */
  tree(under: string): Record<string, string>;
}

/** As the real one says that nobody listens there. */
const unreachable = (url: string) =>
  refused('url-unreachable', `${url} cannot be reached`, {
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  });

export function fakeHost(setup: FakeSetup = {}): FakeHost {
  const entries = new Map<string, Entry>();
  const devices = new Map(Object.entries(setup.devices ?? {}));
  const tools = new Map(Object.entries(setup.tools ?? {}));
  const ran: string[] = [];
  const effects: Effect[] = [];
  const taken = new Set<string>();
  const note = (effect: Effect) => void effects.push(effect);
  let now = 1_700_000_000_000;
  let unique = 0;

  const failed = (code: string, path: string) => Object.assign(new Error(`${code}: ${path}`), { code });
  const put = (path: string, data: string | Uint8Array, mode = 0o644) => {
    makeDir(dirname(path));
    entries.set(path, { type: 'file', mode, bytes: Buffer.from(data), target: '' });
  };
  const makeDir = (path: string, mode = 0o755) => {
    for (let at = path; at !== '/' && at !== '.'; at = dirname(at))
      if (!entries.has(at)) entries.set(at, { type: 'directory', mode, bytes: Buffer.alloc(0), target: '' });
  };
  /** rename(2): in the place of nothing, or of an empty folder. */
  const renameFolder = (from: string, to: string, folder: Entry) => {
    if (!entries.has(dirname(to))) throw failed('ENOENT', to);
    if ([...entries.keys()].some((one) => one.startsWith(`${to}/`))) throw failed('ENOTEMPTY', to);
    entries.set(to, folder);
    entries.delete(from);
    for (const [path, entry] of [...entries]) {
      if (!path.startsWith(`${from}/`)) continue;
      entries.set(`${to}${path.slice(from.length)}`, entry);
      entries.delete(path);
    }
  };
  const regular = (path: string): Entry => {
    const entry = entries.get(path);
    if (entry === undefined) throw failed('ENOENT', path);
    if (entry.type === 'directory') throw failed('EISDIR', path);
    return entry.type === 'symlink' ? regular(resolveLink(path, entry.target)) : entry;
  };
  const resolveLink = (path: string, target: string) =>
    target.startsWith('/') ? target : `${dirname(path)}/${target}`;
  for (const [path, data] of Object.entries(setup.files ?? {})) put(path, data);
  for (const path of setup.folders ?? []) makeDir(path);

  const files: Files = {
    read: async (path) => Buffer.from(regular(path).bytes),
    readText: async (path) => regular(path).bytes.toString('utf8'),
    readNoFollow: async (path) => {
      if (entries.get(path)?.type === 'symlink') throw failed('ELOOP', path);
      return Buffer.from(regular(path).bytes);
    },
    write: async (path, data, options) => {
      if (!entries.has(dirname(path))) throw failed('ENOENT', path);
      put(path, setup.onWrite?.(path, 0, Buffer.from(data)) ?? data, options?.mode);
    },
    writeAtomic: async (path, data, options) => put(path, data, options?.mode),
    append: async (path, data) =>
      put(path, `${entries.get(path)?.bytes.toString() ?? ''}${data}`, entries.get(path)?.mode),
    exists: async (path) => entries.has(path) || devices.has(path),
    stat: async (path): Promise<FileStat | undefined> => {
      const device = devices.get(path);
      const base = { uid: 0, gid: 0, links: 1, mtimeMs: 0 };
      if (device !== undefined) return { ...base, type: 'block', size: device.size, mode: 0o660 };
      const entry = entries.get(path);
      return entry && { ...base, type: entry.type, size: entry.bytes.length, mode: entry.mode };
    },
    list: async (path) =>
      [...entries.keys()]
        .filter((one) => dirname(one) === path)
        .map((one) => basename(one))
        .toSorted(),
    makeDir: async (path, mode) => makeDir(path, mode),
    makeTempDir: async (prefix) => {
      unique += 1;
      makeDir(`/tmp/${prefix}${unique}`, 0o700);
      return `/tmp/${prefix}${unique}`;
    },
    remove: async (path) => {
      for (const one of entries.keys()) if (one === path || one.startsWith(`${path}/`)) entries.delete(one);
    },
    rename: async (from, to) => {
      // rename(2) works on a link itself.
      const entry = entries.get(from);
      if (entry?.type === 'directory') return renameFolder(from, to, entry);
      entries.set(to, entry?.type === 'symlink' ? entry : regular(from));
      entries.delete(from);
    },
    copy: async (from, to) => put(to, regular(from).bytes),
    resize: async (path, size) => {
      const entry = regular(path);
      entry.bytes = Buffer.concat([entry.bytes, Buffer.alloc(Math.max(0, size - entry.bytes.length))], size);
    },
    symlink: async (target, path) => {
      if (entries.has(path)) throw failed('EEXIST', path);
      makeDir(dirname(path));
      entries.set(path, { type: 'symlink', mode: 0o777, bytes: Buffer.alloc(0), target });
    },
    readLink: async (path) => {
      const entry = entries.get(path);
      if (entry?.type !== 'symlink') throw failed(entry === undefined ? 'ENOENT' : 'EINVAL', path);
      return entry.target;
    },
    realPath: async (path) => {
      const entry = entries.get(path);
      return entry?.type === 'symlink' ? files.realPath(resolveLink(path, entry.target)) : path;
    },
    chmod: async (path, mode) => {
      const entry = entries.get(path);
      if (entry === undefined) throw failed('ENOENT', path);
      entry.mode = mode;
    },
    chown: async () => {},
    open: async (path, flags) => {
      if (!['r', 'r+', 'w'].includes(flags)) throw failed('ERR_INVALID_ARG_VALUE', `${path}, flags ${flags}`);
      const device = devices.get(path);
      if (device === undefined && flags === 'w') put(path, '');
      const file = device === undefined ? openRegular(path, regular(path)) : openDevice(path, device);
      // Object.assign would take the size as it is now.
      if (flags === 'r') file.write = () => Promise.reject(failed('EBADF', path));
      return file;
    },
    openPinned: async (path) => {
      const { bytes } = regular(path);
      const version = sha256Of(bytes);
      return {
        size: bytes.length,
        version,
        readInto: async (offset, target) => filled(target, bytes.subarray(offset, offset + target.length)),
        readNow: (offset, target) => filled(target, bytes.subarray(offset, offset + target.length)),
        isSame: () => entries.get(path)?.bytes === bytes,
        close: async () => {},
      };
    },
    versionOf: async (path) =>
      entries.get(path)?.type === 'file' ? sha256Of(regular(path).bytes) : undefined,
    versionsOf: async (paths) =>
      paths.map((path) => (entries.get(path)?.type === 'file' ? sha256Of(regular(path).bytes) : undefined)),
    openFolder: async (path, createMode) => {
      if (createMode !== undefined) makeDir(path, createMode);
      const found = entries.get(path)?.type;
      if (found !== 'directory') throw failed(found === undefined ? 'ENOENT' : 'ENOTDIR', path);
      return { path, close: async () => {} };
    },
    digest: async (path) => sha256Of(regular(path).bytes),
    isHeld: async (path) => setup.held?.includes(path) ?? false,
    freeSpace: async () => setup.freeSpace ?? 1e12,
  };

  function openDevice(path: string, device: SparseBytes): OpenFile {
    return {
      size: device.size,
      read: async (offset, length) => device.read(offset, length),
      readInto: async (offset, bytes) => device.readInto(offset, bytes),
      write: async (offset, data) => device.write(offset, setup.onWrite?.(path, offset, data) ?? data),
      sync: async () => {},
      dropCache: async () => {},
      close: async () => {},
    };
  }

  function openRegular(path: string, entry: Entry): OpenFile {
    return {
      get size() {
        return entry.bytes.length;
      },
      read: async (offset, length) => entry.bytes.subarray(offset, offset + length),
      readInto: async (offset, bytes) => filled(bytes, entry.bytes.subarray(offset, offset + bytes.length)),
      write: async (offset, given) => {
        const data = setup.onWrite?.(path, offset, given) ?? given;
        const grown = Buffer.alloc(Math.max(entry.bytes.length, offset + data.length));
        entry.bytes.copy(grown);
        grown.set(data, offset);
        entry.bytes = grown;
      },
      sync: async () => {},
      dropCache: async () => {},
      close: async () => {},
    };
  }

  const host: FakeHost = {
    ran,
    effects,
    devices,
    tools,
    tree: (under) =>
      Object.fromEntries(
        [...entries]
          .filter(([path, entry]) => path.startsWith(`${under}/`) && entry.type !== 'directory')
          .map(([path, entry]): [string, string] => [
            path.slice(under.length + 1),
            entry.type === 'symlink' ? `-> ${entry.target}` : entry.bytes.toString('utf8'),
          ])
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    files: notedFiles(files, note),
    processes: notedProcesses(
      {
        run: async (command, args, options = {}) => {
          ran.push([command, ...args].join(' '));
          const tool = tools.get(command);
          if (tool === undefined) throw refused('tool-missing', `${command} is not installed`);
          const given = (await tool(args, options)) ?? {};
          const result = {
            exitCode: 0,
            stdout: '',
            stderr: '',
            ...(typeof given === 'string' ? { stdout: given } : given),
          };
          if (!(options.okCodes ?? [0]).includes(result.exitCode))
            throw new ToolFailed({ command, args, ...result, program: options.program ?? command });
          return result;
        },
        start: () => {
          throw new Error('the fake starts nothing');
        },
        which: async (command) => (tools.has(command) ? `/usr/bin/${command}` : undefined),
        identify: async (pid) => (pid === host.system.pid ? `${pid}@0` : undefined),
      },
      note,
    ),
    http: {
      using: () => host.http,
      open:
        setup.open ??
        (async (url) => {
          throw unreachable(url);
        }),
      get:
        setup.http ??
        (async (url) => {
          throw unreachable(url);
        }),
      download: async (url, path, { limit }) => {
        const { body } = await host.http.get(url, { limit });
        put(path, body);
        return body.length;
      },
    },
    deviceLocks: {
      taken,
      take: async (path) => {
        if (setup.unlockable === true) return false;
        if (!taken.has(path)) note({ kind: 'lock', path });
        taken.add(path);
        return true;
      },
      release: async (path) => {
        if (taken.delete(path)) note({ kind: 'unlock', path });
      },
    },
    sockets: {
      connectUnix: () => Promise.reject(new Error('the fake has no sockets')),
      freePort: () => Promise.reject(new Error('the fake has no sockets')),
      listenHttp: () => Promise.reject(new Error('the fake has no sockets')),
    },
    clock: {
      now: () => now,
      monotonic: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    random: {
      bytes: (length) => new Uint8Array(length).fill(7),
      uuid: () => '00000000-0000-4000-8000-000000000000',
    },
    system: { env: {}, pid: 2, uid: 0, arch: 'amd64', cpus: 1, cwd: () => '/', addresses: () => [] },
  };
  return host;
}

function filled(target: Uint8Array, bytes: Uint8Array): number {
  target.set(bytes);
  return bytes.length;
}

export { SparseBytes };
