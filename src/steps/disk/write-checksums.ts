/**
 * Writes what goes beside a raw image: its digest as sha256sum writes it, and the block map that bmaptool reads. Holes are
 * hashed and not read.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { endOf } from '../../formats/byte-range.ts';
import { bmapBlock, type MappedRange, renderBmap } from '../../formats/disk-images/bmap.ts';
import { blocksOf, piecesOf, type VirtualDisk } from '../../formats/disk-images/virtual-disk.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { withDevice } from '../support/devices.ts';
import { diskIn, inUseSchema } from '../support/image-disk.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { hashZeros } from '../support/write-parts.ts';

export const writeChecksumsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-checksums'),
  image: z.string(),
  inUse: inUseSchema,
  /** What the image will be called. */
  name: z.string(),
  /** Where the digest goes; null for an image that is compressed, whose file has another one. */
  sha256: z.string().nullable(),
  bmap: z.string(),
});
export type WriteChecksums = z.infer<typeof writeChecksumsSchema>;

export const writeChecksums: Handler<WriteChecksums> = {
  describe: ({ sha256 }) =>
    `Write the block map of the image${sha256 === null ? '' : ' and its SHA-256'} beside it`,
  destructive: false,
  async run({ image, inUse, name, sha256, bmap }, context) {
    const { files } = context.host;
    await withDevice(context, image, 'r', async (raw) => {
      const disk = await diskIn(raw, inUse);
      const found = await digestsOf(disk, sha256 !== null, context);
      await files.write(bmap, renderBmap(disk.size, found.ranges), { mode: 0o600, sync: true });
      if (sha256 !== null)
        await files.write(sha256, `${found.whole}  ${name}\n`, { mode: 0o600, sync: true });
    });
  },
  undo: {
    kind: 'restore',
    run: async ({ sha256, bmap }, { host }) => {
      await host.files.remove(bmap);
      if (sha256 !== null) await host.files.remove(sha256);
    },
  },
};

/** Of each range, and, if wanted, of everything from the first byte to the last. */
async function digestsOf(
  disk: VirtualDisk,
  wanted: boolean,
  context: StepContext,
): Promise<{ readonly whole: string; readonly ranges: readonly MappedRange[] }> {
  const whole = createHash('sha256');
  const ranges: MappedRange[] = [];
  let done = 0;
  for (const range of blocksOf(disk, bmapBlock)) {
    const length = Math.min(range.length, disk.size - range.offset);
    if (wanted) await hashZeros(whole, range.offset - done, context);
    const hash = createHash('sha256');
    for await (const { offset, bytes } of piecesOf(disk, [{ ...range, length }])) {
      stopIfInterrupted(context.signal);
      hash.update(bytes);
      if (wanted) whole.update(bytes);
      context.progress(offset + bytes.length, disk.size, 'bytes');
    }
    ranges.push({ offset: range.offset, length, sha256: hash.digest('hex') });
    done = endOf({ offset: range.offset, length });
  }
  if (wanted) await hashZeros(whole, disk.size - done, context);
  return { whole: whole.digest('hex'), ranges };
}
