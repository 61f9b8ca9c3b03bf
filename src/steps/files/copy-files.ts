/**
 * Copies the system from the medium, hashing what passes: a medium that is damaged is found out here, long before
 * the target is marked valid. Reading, writing and flushing run while the digest of another piece is computed. Where
 * a later step compares the digests of what it reads back, that finds a damaged medium, and nothing is hashed twice.
 */
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { formatBytes } from '../../formats/size.ts';
import type { Files, OpenFile } from '../../host/ports.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount, sha256Hex } from '../support/content/content-schema.ts';
import { damaged } from '../support/content/damaged-medium.ts';
import { type FileWriter, openSink, openWriter } from '../support/content/file-sink.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { withNewTargetFile, withTargetFolder } from '../support/target-folder.ts';

const fileFields = z.strictObject({ path: z.string(), size: byteCount, sha256: sha256Hex });
export const fileList = z.array(fileFields);

export const copyFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('copy-files'),
  /** The folder that the paths are relative to: the root of the medium. A `source` is the path there, if another. */
  from: z.string(),
  /** The folder they go to, a name such as `mount:state`. */
  to: z.string(),
  files: z.array(fileFields.extend({ source: z.string().exactOptional() })),
  /** A step that reads back compares the digests, with `medium`: here they are not computed. */
  comparedLater: z.literal(true).exactOptional(),
});
export type CopyFiles = z.infer<typeof copyFilesSchema>;

const chunk = 2 * 1024 * 1024;

export const copyFiles: Handler<CopyFiles> = {
  describe: (step) => `Copy the system (${step.files.length} files, ${formatBytes(totalSize(step.files))})`,
  destructive: false,
  async preflight(step, { host }) {
    for (const { path, source = path, size } of step.files) {
      const stat = await host.files.stat(`${step.from}/${source}`);
      if (stat?.type !== 'file' || stat.size !== size) throw damaged(`${path} is missing or cut short`);
    }
  },
  async run(step, context) {
    const total = totalSize(step.files);
    await makeFoldersOf(step.files, context.resolve(step.to), context.host.files);
    // Two pieces of memory in turn, the same for all files: what is let go of is freed much later.
    const piece = Math.min(chunk, Math.max(...step.files.map(({ size }) => size)));
    const memory = [new Uint8Array(piece), new Uint8Array(piece)] as const;
    let before = 0;
    for (const file of step.files) {
      const start = before;
      await copyOne(step, file, { ...context, memory }, (done) =>
        context.progress(start + done, total, 'bytes'),
      );
      before += file.size;
    }
    context.progress(total, total, 'bytes');
  },
  undo: { kind: 'none' },
};

export const totalSize = (files: readonly { readonly size: number }[]) =>
  files.reduce((sum, file) => sum + file.size, 0);

/** Makes every folder that the files lie in, below `root`. */
export async function makeFoldersOf(
  listed: readonly { readonly path: string }[],
  root: string,
  files: Files,
): Promise<void> {
  const folders = new Set<string>();
  for (const { path } of listed)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  // Parents first.
  for (const folder of [...folders].toSorted()) {
    // One that is there is open to all, too.
    await withTargetFolder(files, root, folder, (path) => files.chmod(path, 0o755));
  }
}

/** Programs that are started from where they lie: DCP, and what starts the system on a board. */
export const fileMode = (path: string): number =>
  /^bos\/system\/(dcp\/[^/]+\/dcp|overlay\/(busybox|init|e2fsck))$/.test(path) ? 0o755 : 0o644;

interface Copying extends StepContext {
  readonly memory: readonly [Uint8Array, Uint8Array];
}

async function copyOne(
  step: CopyFiles,
  file: CopyFiles['files'][number],
  context: Copying,
  tell: (done: number) => void,
): Promise<void> {
  const { files } = context.host;
  const source = await files.open(`${step.from}/${file.source ?? file.path}`, 'r');
  try {
    if (source.size !== file.size)
      throw damaged(`${file.path} has ${source.size} bytes instead of ${file.size}`);
    await withNewTargetFile(files, context.resolve(step.to), file.path, async (target) => {
      const sink = await (step.comparedLater === true ? openWriter : openSink)(files, target);
      try {
        const digest = await pump(source, sink, context, tell);
        if (digest !== undefined && digest !== file.sha256)
          throw damaged(`${file.path} does not match its digest in the manifest`);
      } finally {
        await sink.close();
      }
      await files.chmod(target, fileMode(file.path));
    });
  } finally {
    await source.close();
  }
}

/** Copies all of `source`, flushes it, and returns its digest where that is computed. */
async function pump(
  source: OpenFile,
  sink: FileWriter,
  { memory, signal }: Copying,
  tell: (done: number) => void,
): Promise<string | undefined> {
  // The next one is filled while the last one is hashed and written.
  const read = async (offset: number, into: Uint8Array) => {
    const wanted = into.subarray(0, Math.max(0, source.size - offset));
    return wanted.subarray(0, await source.readInto(offset, wanted));
  };
  let next = read(0, memory[0]);
  for (let offset = 0, turn = 1; offset < source.size; turn += 1) {
    stopIfInterrupted(signal);
    const bytes = await next;
    if (bytes.length === 0) throw damaged('a file is shorter than its size');
    const after = offset + bytes.length;
    // Started before the digest blocks this thread: it runs in the thread pool meanwhile.
    next = read(after, memory[turn % 2 === 0 ? 0 : 1]);
    // Awaited below; a failure before that must not count as unhandled.
    next.catch(() => {});
    await sink.write(bytes);
    offset = after;
    tell(offset);
  }
  return sink.end();
}
