/**
 * The initrd of a PXE kit: one that boots with nothing else, and behind it a cpio with what was added. The kernel
 * unpacks archives that follow one another; what comes later replaces what was there (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 */
import type { ByteSource } from '../../formats/bytes.ts';
import { cpioHeader, cpioTrailer, encodeCpio, padding } from '../../formats/compression/cpio.ts';
import type { IsoEntry, Tree } from '../../formats/iso9660/tree.ts';
import type { OpenFile } from '../../host/ports.ts';

const pieceSize = 1024 * 1024;
/** The kernel skips zeroes between archives; a compressed one must begin on a multiple of four. */
const alignment = 512;

/** Puts one thing behind the other: into a file, or into a list of what is to be sent. */
export interface Appender {
  /** Bytes so far. */
  readonly length: () => number;
  bytes(data: Uint8Array): Promise<void>;
  /** A file of an ISO. */
  file(iso: Tree, path: string): Promise<void>;
  /** Zeroes up to where an archive may begin. */
  align(): Promise<void>;
}

/** Of a file that is written from its beginning to its end. */
export interface FileAppender extends Appender {
  source(source: ByteSource): Promise<void>;
}

export function appender(file: OpenFile, told: (bytes: number) => void, signal: AbortSignal): FileAppender {
  let length = 0;
  const bytes = async (data: Uint8Array) => {
    signal.throwIfAborted();
    if (data.length > 0) await file.write(length, data);
    length += data.length;
    told(data.length);
  };
  const source: FileAppender['source'] = async (content) => {
    for (let from = 0; from < content.size; from += pieceSize)
      await bytes(await content.read(from, Math.min(pieceSize, content.size - from)));
  };
  return {
    length: () => length,
    ...{ bytes, source },
    file: async (iso, path) => source(await iso.open(path)),
    align: () => bytes(alignmentAfter(length)),
  };
}

/** Zeroes between what ends there and another archive. */
export const alignmentAfter = (length: number): Uint8Array =>
  new Uint8Array((alignment - (length % alignment)) % alignment);

/** A file of the kit that the initrd holds beside the system. */
export interface ExtraFile {
  /** `bos/system/config.yaml` */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** An archive with these files and the folders above them; configurations hold secrets, so only root reads them. */
export async function appendExtra(out: Appender, files: readonly ExtraFile[]): Promise<void> {
  if (files.length === 0) return;
  await out.align();
  const folders = [...new Set(files.flatMap(({ path }) => foldersOf(path)))];
  await out.bytes(
    encodeCpio(
      [
        ...folders.map((path) => ({ path, mode: 0o040755 })),
        ...files.map(({ path, bytes }) => ({ path, mode: 0o100600, data: bytes })),
      ],
      0,
    ),
  );
}

const foldersOf = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** The small initrd of an ISO, followed by all that lies below bos/ on it. */
export async function appendMedium(out: Appender, iso: Tree, initrd: string): Promise<void> {
  await out.file(iso, initrd);
  await out.align();
  let inode = 1;
  for await (const entry of iso.walk()) {
    if (entry.path !== 'bos' && !entry.path.startsWith('bos/')) continue;
    await appendEntry(out, iso, entry, inode);
    inode += 1;
  }
  await out.bytes(cpioTrailer());
}

async function appendEntry(out: Appender, iso: Tree, entry: IsoEntry, inode: number): Promise<void> {
  const { path, type, size } = entry;
  if (type === 'directory') return out.bytes(cpioHeader({ path, mode: 0o040755 }, inode, 0, 0));
  if (type === 'symlink') {
    const target = Buffer.from(entry.target ?? '');
    await out.bytes(cpioHeader({ path, mode: 0o120777 }, inode, target.length, 0));
    await out.bytes(target);
    return out.bytes(new Uint8Array(padding(target.length)));
  }
  await out.bytes(cpioHeader({ path, mode: 0o100000 | ((entry.mode ?? 0o644) & 0o755) }, inode, size, 0));
  await out.file(iso, path);
  await out.bytes(new Uint8Array(padding(size)));
}
