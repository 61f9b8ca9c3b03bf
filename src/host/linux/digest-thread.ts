/**
 * The digest of a file on a thread of its own: SHA-256 is what takes longest when a system is read back, and one
 * thread can compute only one.
 */
import type { Files } from '../ports.ts';
import { dropCacheOf } from './open-file.ts';

/** Runs in the thread. A text, since the bundle is a single file, with nothing in it that a thread could load. */
const source = `
const { createHash } = require('node:crypto');
const { openSync, readSync, closeSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const hash = createHash('sha256');
const piece = Buffer.allocUnsafe(1 << 20);
const file = openSync(workerData, 'r');
for (let done = 0, told = 0; ; ) {
  let count;
  try {
    count = readSync(file, piece, 0, piece.length, done);
  } catch (error) {
    throw Object.assign(error, { offset: done });
  }
  if (count === 0) break;
  hash.update(piece.subarray(0, count));
  done += count;
  if (done - told >= 4 << 20) parentPort.postMessage({ done: (told = done) });
}
closeSync(file);
parentPort.postMessage({ digest: hash.digest('hex') });
`;

export const digest: Files['digest'] = async (path, { onProgress, signal } = {}) => {
  signal?.throwIfAborted();
  await dropCacheOf(path);
  // Loaded here: few commands need it.
  const { Worker } = await import('node:worker_threads');
  // It makes next to no objects.
  const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32, stackSizeMb: 1 };
  const worker = new Worker(source, { eval: true, workerData: path, resourceLimits });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise<string>((resolve, reject) => {
      worker.on('message', (message: { done?: number; digest?: string }) => {
        if (message.done !== undefined) onProgress?.(message.done);
        if (message.digest !== undefined) resolve(message.digest);
      });
      // It was made in another realm, where Error is another class.
      worker.on('error', ({ message, code, offset }: NodeJS.ErrnoException & { offset?: number }) =>
        reject(
          Object.assign(new Error(message), { code, path, ...(offset === undefined ? {} : { offset }) }),
        ),
      );
      // After a digest this changes nothing.
      worker.on('exit', () => reject(signal?.reason ?? new Error(`the digest of ${path} was not finished`)));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
};
