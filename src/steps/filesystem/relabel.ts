/** Gives an ext4 file system another label: a few bytes of its super block, written by e2label. */
import { z } from 'zod';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import type { Handler } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';

export const relabelSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('relabel'),
  partition: z.string(),
  /** The label that it has; empty for none. */
  from: z.string().max(16),
  to: z.string().max(16),
});
export type Relabel = z.infer<typeof relabelSchema>;

export const relabel: Handler<Relabel> = {
  describe: (step) =>
    `Change the label of the file system ${step.from === '' ? '(none)' : `"${step.from}"`} to ${step.to}`,
  destructive: false,
  run: async (step, { host, resolve }) => {
    await host.processes.run('e2label', [resolve(step.partition), step.to]);
  },
  async verify(step, context) {
    const device = context.resolve(step.partition);
    const found = await withDevice(context, device, 'r', probeExt4);
    if (found?.label !== step.to) throw readBackError(`the label of the file system on ${device}`);
  },
  undo: {
    kind: 'restore',
    run: async (step, { host, resolve }) => {
      await host.processes.run('e2label', [resolve(step.partition), step.from]);
    },
  },
};
