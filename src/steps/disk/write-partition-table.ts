/**
 * Writes a GPT (both copies) and waits until the kernel shows its partitions. The protective MBR, one sector, goes
 * last: without it neither firmware nor kernel looks for a GPT (UEFI 2.10 section 5.3.2), so the table is there as a
 * whole or not at all. Its boot code gives a BIOS control back until the boot loader is there.
 */
import { z } from 'zod';
import { returnToFirmwareCode } from '../../boot/boot-sector.ts';
import { settleDevices } from '../../disk/settle.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import { encodeGpt } from '../../formats/partition-tables/gpt.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { expectOnDevice, waitForDevice, withDevice } from '../support/devices.ts';

const lba = z.number().int().nonnegative();

export const writePartitionTableSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-partition-table'),
  disk: z.string(),
  diskGuid: z.string(),
  /** Bytes. */
  sectorSize: z.number().int().positive(),
  diskSectors: lba,
  partitions: z.array(
    z.strictObject({
      number: z.number().int().positive(),
      type: z.string(),
      guid: z.string(),
      firstLba: lba,
      lastLba: lba,
      name: z.string(),
      /** How later steps call it: `part:state`. */
      bind: z.string(),
      /** The device that appears: `/dev/vda3`. Null where the disk is a file: then it is a range of that. */
      path: z.string().nullable(),
    }),
  ),
});
export type WritePartitionTable = z.infer<typeof writePartitionTableSchema>;

function tableOf(step: WritePartitionTable): { primary: PlacedBytes; backup: PlacedBytes } {
  const partitions = step.partitions.map((partition) => ({ ...partition, attributes: 0n }));
  const { primary, backup } = encodeGpt({ ...step, partitions });
  primary.bytes.set(returnToFirmwareCode, 0);
  return { primary, backup };
}

export const writePartitionTable: Handler<WritePartitionTable> = {
  describe: (step) =>
    `Write a GPT to ${step.disk}: ${step.partitions
      .map(
        ({ name, firstLba, lastLba }) => `${name} ${formatBytes((lastLba - firstLba + 1) * step.sectorSize)}`,
      )
      .join(', ')}`,
  destructive: true,
  async run(step, context: StepContext) {
    const { primary, backup } = tableOf(step);
    await withDevice(context, step.disk, 'r+', async (disk) => {
      await disk.write(backup.offset, backup.bytes);
      await disk.write(step.sectorSize, primary.bytes.subarray(step.sectorSize));
      await disk.sync();
      await disk.write(0, primary.bytes.subarray(0, step.sectorSize));
      await disk.sync();
    });
    if (step.partitions.some(({ path }) => path !== null)) await showPartitions(step.disk, context);
    for (const { bind, path, firstLba, lastLba } of step.partitions) {
      const size = (lastLba - firstLba + 1) * step.sectorSize;
      if (path === null) {
        context.bind(bind, { path: step.disk, offset: firstLba * step.sectorSize, size });
        continue;
      }
      await waitForDevice(context, path, size);
      context.bind(bind, path);
    }
  },
  verify: (step, context) => expectOnDevice(context, step.disk, Object.values(tableOf(step))),
  undo: { kind: 'none' },
};

/** udev re-reads the table when the disk is closed, unless the disk was taken from it; partx adds what is missing. */
async function showPartitions(disk: string, { host }: StepContext): Promise<void> {
  await settleDevices(host);
  await host.processes.run('partx', ['--update', disk]);
  await settleDevices(host);
}
