/**
 * The image of a board is changed in a copy, which gets the name when all of it is right. An image that was packed has
 * been unpacked for looking into it: that file becomes the copy.
 */
import { dirname } from 'node:path';
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Handler } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';

export const copyImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('copy-image'),
  from: z.string(),
  /** `from` is the unpacked one, and goes. */
  unpacked: z.boolean(),
  to: z.string(),
  /** Bytes. */
  size: byteCount,
});
export type CopyImage = z.infer<typeof copyImageSchema>;

export const copyImage: Handler<CopyImage> = {
  describe: ({ from, unpacked, size }) =>
    unpacked ? `Use the unpacked image (${formatBytes(size)})` : `Copy ${from} (${formatBytes(size)})`,
  destructive: false,
  async preflight({ from, unpacked, to, size }, { host }) {
    if (unpacked) return;
    const free = await host.files.freeSpace(dirname(to));
    // Holes stay holes; how many there are, nobody knows cheaply.
    const used = (await host.files.stat(from))?.size === size ? size : size + 1;
    if (free >= used) return;
    throw refused(
      'no-room',
      `The copy needs ${formatBytes(size)}, but ${dirname(to)} has ${formatBytes(free)} free`,
      { hint: 'Free some space, or write it to another folder with --output.' },
    );
  },
  async run({ from, unpacked, to }, { host }) {
    await host.files.remove(to);
    if (unpacked) await host.files.rename(from, to);
    else await host.processes.run('cp', ['--sparse=always', '--reflink=auto', '--', from, to]);
    await host.files.chmod(to, 0o600);
  },
  undo: { kind: 'restore', run: ({ to }, { host }) => host.files.remove(to) },
};
