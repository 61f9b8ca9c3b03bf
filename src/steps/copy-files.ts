/**
 * Copies the system from the medium, hashing what passes: a medium that is damaged is found out here, long before
 * the target is marked valid. Reading, writing and flushing run while the digest of another piece is computed.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { OpsError } from '../errors.ts';
import { formatBytes } from '../formats/size.ts';
import type { OpenFile } from '../host/ports.ts';
import type { Handler, StepContext } from '../plan/plan.ts';
import { byteCount, sha256Hex } from './content.ts';
import { stopIfInterrupted } from './interrupt.ts';

export const fileList = z.array(z.strictObject({ path: z.string(), size: byteCount, sha256: sha256Hex }));

export const copyFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('copy-files'),
  /** The folder that the paths are relative to: the root of the medium. */
  from: z.string(),
  /** The folder they go to, a name such as `mount:state`. */
  to: z.string(),
  files: fileList,
});
export type CopyFiles = z.infer<typeof copyFilesSchema>;

const chunk = 2 * 1024 * 1024;
/** Flushing begins while there is still something to read, every so many bytes. */
const flushEvery = 16 * 1024 * 1024;

export const copyFiles: Handler<CopyFiles> = {
  describe: (step) => `Copy the system (${step.files.length} files, ${formatBytes(totalSize(step.files))})`,
  destructive: false,
  async preflight(step, { host }) {
    for (const { path, size } of step.files) {
      const stat = await host.files.stat(`${step.from}/${path}`);
      if (stat?.type !== 'file' || stat.size !== size) throw damaged(`${path} is missing or cut short`);
    }
  },
  async run(step, context) {
    const total = totalSize(step.files);
    const { files } = context.host;
    for (const folder of foldersOf(step.files)) {
      const path = `${context.resolve(step.to)}/${folder}`;
      await files.makeDir(path);
      // Whatever the umask of who installs is.
      await files.chmod(path, 0o755);
    }
    let before = 0;
    for (const file of step.files) {
      const start = before;
      await copyOne(step, file, context, (done) => context.progress(start + done, total, 'bytes'));
      before += file.size;
    }
    context.progress(total, total, 'bytes');
  },
  undo: { kind: 'none' },
};

export const totalSize = (files: readonly { readonly size: number }[]) =>
  files.reduce((sum, file) => sum + file.size, 0);

/** Every folder that the files lie in, parents first. */
function foldersOf(files: CopyFiles['files']): string[] {
  const folders = new Set<string>();
  for (const { path } of files) for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.add(at);
  return [...folders].toSorted();
}

async function copyOne(
  step: CopyFiles,
  file: CopyFiles['files'][number],
  context: StepContext,
  tell: (done: number) => void,
): Promise<void> {
  const { files } = context.host;
  const target = `${context.resolve(step.to)}/${file.path}`;
  const source = await files.open(`${step.from}/${file.path}`, 'r');
  try {
    if (source.size !== file.size)
      throw damaged(`${file.path} has ${source.size} bytes instead of ${file.size}`);
    const sink = await files.open(target, 'w');
    try {
      const digest = await pump(source, sink, context.signal, tell);
      if (digest !== file.sha256)
        throw damaged(`${file.path} does not have the digest that the manifest says`);
    } finally {
      await sink.close();
    }
    const mode = (await files.stat(`${step.from}/${file.path}`))?.mode ?? 0;
    await files.chmod(target, (mode & 0o111) === 0 ? 0o644 : 0o755);
  } finally {
    await source.close();
  }
}

/** Copies all of `source`, flushes it, and returns its digest. */
async function pump(
  source: OpenFile,
  sink: OpenFile,
  signal: AbortSignal,
  tell: (done: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  const flusher = flushBehind(sink);
  let next = source.read(0, Math.min(chunk, source.size));
  for (let offset = 0; offset < source.size; ) {
    stopIfInterrupted(signal);
    const bytes = await next;
    if (bytes.length === 0) throw damaged('a file ends before its size');
    const after = offset + bytes.length;
    // Started before the digest blocks this thread: both run in the thread pool meanwhile.
    next = source.read(after, Math.max(0, Math.min(chunk, source.size - after)));
    // Awaited below; a failure before that must not count as unhandled.
    next.catch(() => {});
    const written = sink.write(offset, bytes);
    written.catch(() => {});
    hash.update(bytes);
    await written;
    offset = after;
    flusher.wrote(bytes.length);
    tell(offset);
  }
  await flusher.end();
  return hash.digest('hex');
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

const damaged = (what: string) =>
  new OpsError('refused', 'medium-damaged', `The medium is damaged: ${what}`, {
    hint: 'Check the ISO against its published checksum, write the medium again and install again.',
  });
