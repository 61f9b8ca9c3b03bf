/**
 * Writing to block devices and reading back. A device that was just partitioned may be away for a moment, because
 * udev re-reads the table whenever a writer closes the disk: opening waits for it, with a limit.
 */
import { errorCode, OpsError } from '../../errors.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import type { OpenFile } from '../../host/ports.ts';
import { type BlockTarget, nameOf, rangeOf, wholeOf } from '../../plan/block-target.ts';
import type { StepContext } from '../../plan/plan.ts';

const waitLimitMs = 15_000;
const pollMs = 50;

/** What is written to: a range, or all of what lies at a path. */
export type Target = BlockTarget | string;

const targetOf = (target: Target): BlockTarget => (typeof target === 'string' ? wholeOf(target) : target);

/** Opens the target for `use`, in which its first byte is byte 0, and closes it whatever happens. */
export async function withDevice<T>(
  context: StepContext,
  target: Target,
  flags: 'r' | 'r+',
  use: (device: OpenFile) => Promise<T>,
): Promise<T> {
  const block = targetOf(target);
  const device = await openWhenThere(context, block.path, flags);
  try {
    return await use(rangeOf(device, block));
  } finally {
    await device.close();
  }
}

/** In their order. Not flushed. */
export async function writePieces(device: OpenFile, pieces: readonly PlacedBytes[]): Promise<void> {
  for (const { offset, bytes } of pieces) await device.write(offset, bytes);
}

/** Writes at byte offsets of the target, then fsyncs. */
export async function writeThrough(
  context: StepContext,
  target: Target,
  pieces: readonly PlacedBytes[],
): Promise<void> {
  await withDevice(context, target, 'r+', async (device) => {
    await writePieces(device, pieces);
    await device.sync();
  });
}

/** Reads from the device itself, not from memory, and throws `read-back` when it holds anything else. */
export async function expectOnDevice(
  context: StepContext,
  target: Target,
  pieces: readonly PlacedBytes[],
): Promise<void> {
  await withDevice(context, target, 'r', async (device) => {
    await device.dropCache();
    const memory = new Uint8Array(Math.max(0, ...pieces.map(({ bytes }) => bytes.length)));
    for (const { offset, bytes } of pieces) {
      const found = memory.subarray(0, await device.readInto(offset, memory.subarray(0, bytes.length)));
      if (Buffer.compare(found, bytes) !== 0)
        throw readBackError(`${nameOf(targetOf(target))} at byte ${offset}`);
    }
  });
}

export const readBackError = (where: string) =>
  new OpsError('broken', 'read-back', `${where} does not hold what was written`, {
    hint: 'The disk or its cable is faulty: look at the kernel messages (dmesg).',
  });

/** Waits until a block device of `size` bytes is at `path`; throws `device-missing` after the limit. */
export async function waitForDevice(context: StepContext, path: string, size: number): Promise<void> {
  const { clock, files } = context.host;
  const end = clock.monotonic() + waitLimitMs;
  for (;;) {
    const stat = await files.stat(path);
    if (stat?.type === 'block' && stat.size === size) return;
    if (clock.monotonic() >= end) {
      const seen = stat === undefined ? 'is not there' : `has ${stat.size} bytes instead of ${size}`;
      throw new OpsError('broken', 'device-missing', `The new partition ${path} ${seen}`, {
        hint: 'Something may still hold an old partition of this disk: reboot and install again.',
      });
    }
    await clock.sleep(pollMs, context.signal);
  }
}

async function openWhenThere(context: StepContext, path: string, flags: 'r' | 'r+'): Promise<OpenFile> {
  const { clock, files } = context.host;
  const end = clock.monotonic() + waitLimitMs;
  for (;;) {
    try {
      return await files.open(path, flags);
    } catch (error) {
      const code = errorCode(error);
      if (!(code === 'ENOENT' || code === 'ENXIO') || clock.monotonic() >= end) throw error;
      await clock.sleep(pollMs, context.signal);
    }
  }
}
