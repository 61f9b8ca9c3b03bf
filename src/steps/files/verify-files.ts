/** Reads the copied system back from the disk, not from memory, and compares every digest with the manifest. */
import { z } from 'zod';
import { formatBytes } from '../../formats/size.ts';
import { sha256File } from '../../host/digest.ts';
import type { Handler } from '../../plan/plan.ts';
import { readBackError } from '../support/devices.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { fileList, totalSize } from './copy-files.ts';

export const verifyFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('verify-files'),
  at: z.string(),
  files: fileList,
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
        if (digest !== sha256 || (await files.stat(target))?.size !== size) throw readBackError(target);
        tell(path, size);
      }
    };
    try {
      await Promise.all(
        Array.from({ length: Math.max(1, Math.min(system.cpus, threads)) }, (_, thread) => work(thread)),
      );
    } catch (error) {
      stopIfInterrupted(context.signal);
      throw error;
    } finally {
      stop.abort();
    }
  },
  undo: { kind: 'none' },
};
