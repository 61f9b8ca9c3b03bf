/** A host on which something goes wrong at a chosen call, and on which every call is told. */
import { refused } from '../../src/errors.ts';
import type { Files, Host, OpenFile } from '../../src/host/ports.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';

export type Operation = 'read' | 'write' | 'sync' | 'make' | 'run' | 'get';

export interface Call {
  readonly operation: Operation;
  /** The path, the program with its arguments, or the URL. */
  readonly what: string;
}

/** Told before each call; what it throws is what the call ends with. */
export type BeforeCall = (call: Call) => void;

/** `host` with `before` called first. Looking at files (stat, list) is no call: nothing is read or changed by it. */
export function watchedHost(host: Host, before: BeforeCall): Host {
  const { files, processes, http } = host;
  const call = (operation: Operation, what: string) => before({ operation, what });
  const watched = (path: string, file: OpenFile): OpenFile => ({
    get size() {
      return file.size;
    },
    read: async (...args) => {
      call('read', path);
      return file.read(...args);
    },
    readInto: async (...args) => {
      call('read', path);
      return file.readInto(...args);
    },
    write: async (...args) => {
      call('write', path);
      return file.write(...args);
    },
    sync: async () => {
      call('sync', path);
      return file.sync();
    },
    dropCache: () => file.dropCache(),
    close: () => file.close(),
  });
  const changed: Partial<Files> = {
    read: async (path) => {
      call('read', path);
      return files.read(path);
    },
    readText: async (path) => {
      call('read', path);
      return files.readText(path);
    },
    digest: async (path, options) => {
      call('read', path);
      return files.digest(path, options);
    },
    write: async (path, ...more) => {
      call('write', path);
      return files.write(path, ...more);
    },
    writeAtomic: async (path, ...more) => {
      call('write', path);
      return files.writeAtomic(path, ...more);
    },
    append: async (path, data) => {
      call('write', path);
      return files.append(path, data);
    },
    chmod: async (path, mode) => {
      call('make', path);
      return files.chmod(path, mode);
    },
    makeDir: async (path, ...more) => {
      call('make', path);
      return files.makeDir(path, ...more);
    },
    makeTempDir: async (prefix) => {
      call('make', `/tmp/${prefix}`);
      return files.makeTempDir(prefix);
    },
    resize: async (path, size) => {
      call('write', path);
      return files.resize(path, size);
    },
    symlink: async (target, path) => {
      call('make', path);
      return files.symlink(target, path);
    },
    open: async (path, flags) => {
      call(flags === 'r' ? 'read' : 'write', path);
      return watched(path, await files.open(path, flags));
    },
  };
  return {
    ...host,
    files: { ...files, ...changed },
    processes: {
      ...processes,
      run: async (command, args, options) => {
        call('run', [command, ...args].join(' '));
        return processes.run(command, args, options);
      },
    },
    http: {
      ...http,
      get: async (url, options) => {
        call('get', url);
        return http.get(url, options);
      },
    },
  };
}

const errno = (code: string, words: string, what: string) =>
  Object.assign(new Error(`${code}: ${words}, ${what}`), { code });

export interface Fault {
  readonly applies: (call: Call) => boolean;
  readonly error: (call: Call) => Error;
  /** After it happened once, every call to which this applies fails with it too. */
  readonly stays?: (call: Call) => boolean;
}

const device = /^\/dev\//;
const onTarget = /\/dev\/vda|\/run\/bos\/target/;
const name = (what: string) => what.split(' ', 1)[0] ?? '';

/** The kinds of what can go wrong below a program. */
export const faults = {
  'no space': {
    applies: ({ operation, what }) =>
      operation === 'make' || (['write', 'sync'].includes(operation) && !device.test(what)),
    error: ({ what }) => errno('ENOSPC', 'no space left on device', what),
  },
  'I/O error': {
    applies: ({ operation }) => ['read', 'write', 'sync'].includes(operation),
    error: ({ what }) => errno('EIO', 'i/o error', what),
  },
  'tool missing': {
    applies: ({ operation }) => operation === 'run',
    error: ({ what }) => refused('tool-missing', `${name(what)} is not installed`),
  },
  'tool killed': {
    applies: ({ operation }) => operation === 'run',
    error: ({ what }) =>
      new ToolFailed({ command: name(what), args: [], signal: 'SIGKILL', stdout: '', stderr: '' }),
  },
  'network gone': {
    applies: ({ operation }) => operation === 'get',
    error: ({ what }) => refused('url-unreachable', `${what} cannot be reached`),
    stays: ({ operation }) => operation === 'get',
  },
  'disk gone': {
    applies: ({ what }) => onTarget.test(what),
    error: ({ operation, what }) =>
      operation === 'run'
        ? new ToolFailed({ command: name(what), args: [], exitCode: 1, stdout: '', stderr: 'No such device' })
        : errno('ENODEV', 'no such device', what),
    // What is mounted of a disk that is gone can be let go of.
    stays: ({ what }) => onTarget.test(what) && name(what) !== 'umount',
  },
} satisfies Record<string, Fault>;
export type FaultName = keyof typeof faults;
