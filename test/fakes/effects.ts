/**
 * What happened to a fake machine, in order: one log of everything that a disk, a mount table or a person with another
 * account could see. A step's order and durability are questions to this log.
 */
import type { Files, OpenFile, Processes, WriteOptions } from '../../src/host/ports.ts';

export type EffectKind =
  | 'open'
  | 'close'
  | 'create'
  | 'read'
  | 'write'
  | 'sync'
  | 'drop-cache'
  /** All of writeAtomic: the name leads to the old content or to the new one, and both are synced. */
  | 'replace'
  | 'resize'
  | 'rename'
  | 'remove'
  | 'mkdir'
  | 'chmod'
  | 'chown'
  | 'symlink'
  /** A disk is taken from udev, and given back. */
  | 'lock'
  | 'unlock'
  | 'run';

export interface Effect {
  readonly kind: EffectKind;
  /** Of the file or device; the whole command line of a program. */
  readonly path: string;
  /** What else there is to say: `512+1024` (offset and length), `0600`, `-> target`. */
  readonly detail?: string;
}

/** `write /dev/vda 512+1024` */
export const lineOf = ({ kind, path, detail }: Effect): string =>
  detail === undefined ? `${kind} ${path}` : `${kind} ${path} ${detail}`;

const octal = (mode: number) => `0${mode.toString(8)}`;
/** The mode of a file that is made with none: what the umask leaves of it. One that is given it has whatever the umask is. */
const unasked = '0644-umask';
export const range = (offset: number, length: number) => `${offset}+${length}`;

/** The same files; everything that changes them, and every read of an open one, is noted before it happens. */
export function notedFiles(files: Files, note: (effect: Effect) => void): Files {
  const noteWritten = (path: string, data: Uint8Array | string, options: WriteOptions = {}) => {
    note({ kind: 'create', path, detail: options.mode === undefined ? unasked : octal(options.mode) });
    note({ kind: 'write', path, detail: range(0, Buffer.byteLength(data)) });
    if (options.sync) note({ kind: 'sync', path });
  };
  return {
    ...files,
    write: (path, data, options) => {
      noteWritten(path, data, options);
      return files.write(path, data, options);
    },
    writeAtomic: (path, data, options = {}) => {
      const { mode = 0o644, owner } = options;
      const detail = owner === undefined ? octal(mode) : `${octal(mode)} ${owner.uid}:${owner.gid}`;
      note({ kind: 'replace', path, detail });
      return files.writeAtomic(path, data, options);
    },
    append: (path, data) => {
      note({ kind: 'write', path, detail: `end+${Buffer.byteLength(data)}` });
      return files.append(path, data);
    },
    makeDir: (path, mode) => {
      note({ kind: 'mkdir', path, ...(mode === undefined ? {} : { detail: octal(mode) }) });
      return files.makeDir(path, mode);
    },
    remove: (path) => {
      note({ kind: 'remove', path });
      return files.remove(path);
    },
    rename: (from, to) => {
      note({ kind: 'rename', path: from, detail: `-> ${to}` });
      return files.rename(from, to);
    },
    copy: (from, to) => {
      note({ kind: 'create', path: to });
      note({ kind: 'write', path: to, detail: `copy of ${from}` });
      return files.copy(from, to);
    },
    resize: (path, size) => {
      note({ kind: 'resize', path, detail: `${size}` });
      return files.resize(path, size);
    },
    symlink: (target, path) => {
      note({ kind: 'symlink', path, detail: `-> ${target}` });
      return files.symlink(target, path);
    },
    chmod: (path, mode) => {
      note({ kind: 'chmod', path, detail: octal(mode) });
      return files.chmod(path, mode);
    },
    chown: (path, uid, gid) => {
      note({ kind: 'chown', path, detail: `${uid}:${gid}` });
      return files.chown(path, uid, gid);
    },
    open: async (path, flags) => {
      const file = await files.open(path, flags);
      if (flags === 'w') note({ kind: 'create', path, detail: unasked });
      note({ kind: 'open', path, detail: flags });
      return notedFile(path, file, note);
    },
    openFolder: async (path, createMode) => {
      if (createMode !== undefined && !(await files.exists(path)))
        note({ kind: 'mkdir', path, detail: octal(createMode) });
      const folder = await files.openFolder(path, createMode);
      note({ kind: 'open', path, detail: 'folder' });
      return {
        path: folder.path,
        close: () => {
          note({ kind: 'close', path });
          return folder.close();
        },
      };
    },
  };
}

function notedFile(path: string, file: OpenFile, note: (effect: Effect) => void): OpenFile {
  return {
    get size() {
      return file.size;
    },
    read: (offset, length) => {
      note({ kind: 'read', path, detail: range(offset, length) });
      return file.read(offset, length);
    },
    readInto: (offset, target) => {
      note({ kind: 'read', path, detail: range(offset, target.length) });
      return file.readInto(offset, target);
    },
    write: (offset, data) => {
      note({ kind: 'write', path, detail: range(offset, data.length) });
      return file.write(offset, data);
    },
    sync: () => {
      note({ kind: 'sync', path });
      return file.sync();
    },
    dropCache: () => {
      note({ kind: 'drop-cache', path });
      return file.dropCache();
    },
    close: () => {
      note({ kind: 'close', path });
      return file.close();
    },
  };
}

/** The same programs, each noted when it starts: `run umount /run/bos/target`. */
export function notedProcesses(processes: Processes, note: (effect: Effect) => void): Processes {
  return {
    ...processes,
    run: (command, args, options) => {
      note({ kind: 'run', path: [command, ...args].join(' ') });
      return processes.run(command, args, options);
    },
  };
}
