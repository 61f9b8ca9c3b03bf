/**
 * Reads the copied system back from the disk, not from memory, and compares every digest with the manifest. Where the
 * copy was not hashed, this is also what finds a damaged medium.
 */
import { z } from 'zod';
import type { OpsError } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import { sha256File } from '../../host/digest.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { damaged } from '../support/content/damaged-medium.ts';
import { readBackError } from '../support/devices.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { fileList, totalSize } from './copy-files.ts';

export const verifyFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('verify-files'),
  at: z.string(),
  files: fileList,
  /** The folder that the files were copied from without looking at their digests. */
  medium: z.string().exactOptional(),
});
export type VerifyFiles = z.infer<typeof verifyFilesSchema>;

/**
 * This thread and another one: the largest file is as much as all others together, so more would not end sooner,
 * and each takes ten megabytes.
 */
const threads = 2;

export const verifyFiles: Handler<VerifyFiles> = {
  describe: (step) => `Read everything back and compare (${formatBytes(totalSize(step.files))})`,
  destructive: false,
  async run(step, context) {
    const { files, system } = context.host;
    const total = totalSize(step.files);
    const done = new Map<string, number>();
    const tell = (path: string, bytes: number) => {
      done.set(path, bytes);
      context.progress(
        [...done.values()].reduce((sum, read) => sum + read, 0),
        total,
        'bytes',
      );
    };
    // The largest first, so that the threads end at about the same time.
    const waiting = step.files.toSorted((a, b) => b.size - a.size);
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const work = async (thread: number) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { path, size, sha256 } = next;
        const target = `${context.resolve(step.at)}/${path}`;
        const options = { signal, onProgress: (bytes: number) => tell(path, bytes) };
        const digest =
          thread === 0
            ? await sha256File(files, target, { ...options, fromDisk: true })
            : await files.digest(target, options);
        if (digest !== sha256 || (await files.stat(target))?.size !== size)
          throw await faultOf(step, next, context);
        tell(path, size);
      }
    };
    let failed: { readonly error: unknown } | undefined;
    const works = Array.from({ length: Math.max(1, Math.min(system.cpus, threads)) }, (_, thread) =>
      work(thread).catch((error: unknown) => {
        failed ??= { error };
        stop.abort();
      }),
    );
    // Of all: what is still open would keep the file system from being unmounted.
    await Promise.all(works);
    if (failed === undefined) return;
    stopIfInterrupted(context.signal);
    throw failed.error;
  },
  undo: { kind: 'none' },
};

/**
 * Whose fault it is. The medium is read as it was when it was copied, through the cache: what it gave then may not be
 * what it gives now.
 */
async function faultOf(
  { at, medium }: VerifyFiles,
  { path, sha256 }: VerifyFiles['files'][number],
  { host, resolve }: StepContext,
): Promise<OpsError> {
  const copied = medium === undefined || (await sha256File(host.files, `${medium}/${path}`)) === sha256;
  return copied
    ? readBackError(`${resolve(at)}/${path}`)
    : damaged(`${path} does not match its digest in the manifest`);
}
