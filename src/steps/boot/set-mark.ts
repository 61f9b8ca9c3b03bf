/**
 * Writes the first sector of a boot environment that is there already, in place: on an EFI system partition, found
 * through the FAT itself, or on an unmounted state file system, found by debugfs. Nothing else is touched, so a power
 * cut leaves either the old sector or the new one. That it becomes valid is the last step of an installation.
 */
import { z } from 'zod';
import { environmentSize, parseEnvironmentBlock, sectorBudget } from '../../formats/boot-config/grubenv.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { locateFatFile } from '../../formats/filesystems/fat-file.ts';
import type { OpenFile } from '../../host/ports.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from '../support/boot-environment.ts';
import { readBackError, withDevice } from '../support/devices.ts';

const fields = {
  id: z.string(),
  /** What the environment block lies on. */
  fileSystem: z.enum(['fat', 'ext4']),
  partition: z.string(),
  environment: bootEnvironmentSchema,
};

export const markFillingSchema = z.strictObject({ ...fields, kind: z.literal('mark-filling') });
export const setMarkSchema = z.strictObject({ ...fields, kind: z.literal('set-mark') });
export type MarkFilling = z.infer<typeof markFillingSchema>;
export type SetMark = z.infer<typeof setMarkSchema>;

/** What is there may be of an installation or torn, as long as it is a block of its size. */
export const markFilling: Handler<MarkFilling> = {
  describe: () =>
    'Mark the installation as being filled: the system that is there no longer starts, and its data stay',
  destructive: true,
  caution: 'no way back from here',
  run: (step, context) => write(step, context, 'filling', () => true),
  verify: (step, context) => expectMark(step, context, 'filling'),
  undo: { kind: 'none' },
};

export const setMark: Handler<SetMark> = {
  describe: () => 'Mark the installation as valid (one sector, written last)',
  destructive: false,
  completes: true,
  // Anything but our own mark there means that the sector is not ours to write.
  run: (step, context) =>
    write(step, context, 'valid', (found) => {
      const expected = environmentBlock(step.environment, 'filling').subarray(0, sectorBudget);
      return Buffer.compare(found, expected) === 0;
    }),
  verify: (step, context) => expectMark(step, context, 'valid'),
  undo: { kind: 'none' },
};

type MarkStep = MarkFilling | SetMark;

async function write(
  step: MarkStep,
  context: StepContext,
  mark: 'filling' | 'valid',
  mayReplace: (sector: Uint8Array) => boolean,
): Promise<void> {
  const device = context.resolve(step.partition);
  await withDevice(context, device, 'r+', async (file) => {
    const at = await locate(step, context, file, device);
    const found = await file.read(at, environmentSize);
    parseEnvironmentBlock(found);
    if (!mayReplace(found.subarray(0, sectorBudget))) throw misplaced(step, device);
    await file.write(at, environmentBlock(step.environment, mark).subarray(0, sectorBudget));
    await file.sync();
  });
}

async function expectMark(step: MarkStep, context: StepContext, mark: 'filling' | 'valid'): Promise<void> {
  const device = context.resolve(step.partition);
  await withDevice(context, device, 'r', async (file) => {
    await file.dropCache();
    const found = await file.read(await locate(step, context, file, device), sectorBudget);
    const wanted = environmentBlock(step.environment, mark).subarray(0, sectorBudget);
    if (Buffer.compare(found, wanted) !== 0) throw misplaced(step, device);
  });
}

const misplaced = (step: MarkStep, device: string) => readBackError(`${step.environment.path} on ${device}`);

/** The byte offset of the block's first sector on the device. */
async function locate(step: MarkStep, context: StepContext, file: OpenFile, device: string): Promise<number> {
  if (step.fileSystem === 'ext4') return locateOnExt4(step, context, file, device);
  const found = await locateFatFile(file, step.environment.path);
  const extent = found?.extents[0];
  if (found?.size !== environmentSize || extent?.length !== environmentSize) throw misplaced(step, device);
  return extent.offset;
}

/** Blocks have 1024 bytes or more, so the file has one. */
async function locateOnExt4(
  step: MarkStep,
  { host }: StepContext,
  file: OpenFile,
  device: string,
): Promise<number> {
  const { stdout } = await host.processes.run('debugfs', [
    ...['-R', `blocks /${step.environment.path}`, device],
  ]);
  const [block, ...more] = stdout.trim().split(/\s+/);
  const { blockSize } = (await probeExt4(file)) ?? {};
  if (blockSize === undefined || more.length > 0 || !/^[1-9]\d*$/.test(block ?? ''))
    throw misplaced(step, device);
  return Number(block) * blockSize;
}
