/** A file of the target while it is filled from beginning to end: written, flushed and, where asked for, hashed side by side. */
import { createHash } from 'node:crypto';
import type { Files, OpenFile } from '../../../host/ports.ts';

/** Flushing begins while there is still something to come, every so many bytes. */
const flushEvery = 16 * 1024 * 1024;

export interface FileWriter {
  /** Writes after what was written before. Writing runs in the thread pool while the digest is computed here. */
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes; the SHA-256 of all that was written, in lower-case hex, where it was computed. */
  end(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface FileSink extends FileWriter {
  end(): Promise<string>;
}

/** Makes the file at `path`, empty whatever was there. */
export async function openSink(files: Files, path: string): Promise<FileSink> {
  const writer = await openWriter(files, path);
  const hash = createHash('sha256');
  return {
    async write(bytes) {
      const written = writer.write(bytes);
      // Awaited below; a failure before that must not count as unhandled.
      written.catch(() => {});
      hash.update(bytes);
      await written;
    },
    async end() {
      await writer.end();
      return hash.digest('hex');
    },
    close: () => writer.close(),
  };
}

/** The same for what is compared when it is read back: SHA-256 takes longer than all the rest. */
export async function openWriter(files: Files, path: string): Promise<FileWriter> {
  const file = await files.open(path, 'w');
  const flusher = flushBehind(file);
  let offset = 0;
  return {
    async write(bytes) {
      await file.write(offset, bytes);
      offset += bytes.length;
      flusher.wrote(bytes.length);
    },
    async end() {
      await flusher.end();
      return undefined;
    },
    close: () => file.close(),
  };
}

/** Keeps one flush running behind the writes, and ends with one after all of them. */
function flushBehind(sink: OpenFile) {
  let unflushed = 0;
  let running: Promise<void> | undefined;
  let failed: unknown;
  return {
    wrote(bytes: number) {
      unflushed += bytes;
      if (running !== undefined || unflushed < flushEvery) return;
      unflushed = 0;
      running = sink
        .sync()
        .catch((error: unknown) => {
          failed = error;
        })
        .finally(() => {
          running = undefined;
        });
    },
    async end() {
      await running;
      // Linux reports a failed writeback once: the error of an earlier flush is the error of the file.
      if (failed !== undefined) throw failed;
      await sink.sync();
    },
  };
}
