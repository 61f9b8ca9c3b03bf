/** Writes the parts of a new file in one pass and hashes them on the way; holes stay holes. */
import { createHash, type Hash } from 'node:crypto';
import { type Part, pieceSize } from '../../formats/disk-images/virtual-disk.ts';
import type { StepContext } from '../../plan/plan.ts';
import { withDevice } from './devices.ts';
import { stopIfInterrupted } from './interrupt.ts';

const zeros = new Uint8Array(pieceSize);
/** Hashed before anything else has its turn: some hundredths of a second. */
const zerosAtOnce = 64;

/**
 * Makes the file at `path`, which only its owner reads, with nothing of an earlier attempt, and has it on the disk.
 * Resolves with the SHA-256 of its bytes, holes included.
 */
export async function writeParts(
  path: string,
  parts: AsyncIterable<Part>,
  context: StepContext,
): Promise<string> {
  const { files } = context.host;
  await files.remove(path);
  await files.write(path, '', { mode: 0o600, sync: true });
  const hash = createHash('sha256');
  await withDevice(context, path, 'r+', async (file) => {
    let offset = 0;
    let ends = 0;
    for await (const part of parts) {
      stopIfInterrupted(context.signal);
      if (part instanceof Uint8Array) {
        const written = file.write(offset, part);
        // Awaited below; a failure before that must not count as unhandled.
        written.catch(() => {});
        hash.update(part);
        await written;
        offset += part.length;
        ends = offset;
      } else {
        await hashZeros(hash, part.hole, context);
        offset += part.hole;
      }
    }
    if (offset > ends) await files.resize(path, offset);
    await file.sync();
  });
  return hash.digest('hex');
}

export async function hashZeros(
  hash: Hash,
  count: number,
  { host, signal }: Pick<StepContext, 'host' | 'signal'>,
): Promise<void> {
  for (let left = count, turns = 1; left > 0; left -= zeros.length, turns += 1) {
    hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
    if (turns % zerosAtOnce !== 0) continue;
    await host.clock.sleep(0);
    stopIfInterrupted(signal);
  }
}
