/** Reads the copied system back from the disk, not from memory, and compares every digest with the manifest. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { formatBytes } from '../formats/size.ts';
import type { OpenFile } from '../host/ports.ts';
import type { Handler } from '../plan/plan.ts';
import { fileList, totalSize } from './copy-files.ts';
import { readBackError } from './devices.ts';
import { stopIfInterrupted } from './interrupt.ts';

export const verifyFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('verify-files'),
  at: z.string(),
  files: fileList,
});
export type VerifyFiles = z.infer<typeof verifyFilesSchema>;

const chunk = 2 * 1024 * 1024;

export const verifyFiles: Handler<VerifyFiles> = {
  describe: (step) => `Read everything back and compare (${formatBytes(totalSize(step.files))})`,
  destructive: false,
  async run(step, context) {
    const total = totalSize(step.files);
    let before = 0;
    for (const expected of step.files) {
      const path = `${context.resolve(step.at)}/${expected.path}`;
      const file = await context.host.files.open(path, 'r');
      try {
        await file.dropCache();
        const digest = await digestOf(file, context.signal, (done) =>
          context.progress(before + done, total, 'bytes'),
        );
        if (file.size !== expected.size || digest !== expected.sha256) throw readBackError(path);
      } finally {
        await file.close();
      }
      before += expected.size;
    }
  },
  undo: { kind: 'none' },
};

/** Reads the next piece while the digest of this one is computed. */
async function digestOf(file: OpenFile, signal: AbortSignal, tell: (done: number) => void): Promise<string> {
  const hash = createHash('sha256');
  let next = file.read(0, chunk);
  for (let offset = 0; ; ) {
    stopIfInterrupted(signal);
    const bytes = await next;
    if (bytes.length === 0) return hash.digest('hex');
    offset += bytes.length;
    next = file.read(offset, chunk);
    next.catch(() => {});
    hash.update(bytes);
    tell(offset);
  }
}
