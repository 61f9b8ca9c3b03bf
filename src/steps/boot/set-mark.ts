/**
 * Writes the first sector of a boot environment that exists already, in place: on an EFI system partition, found
 * through the FAT itself, or on an unmounted state file system, found by debugfs. Nothing else is touched, so a power
 * cut leaves either the old sector or the new one. Setting `valid` is the last step of an installation.
 */
import { z } from 'zod';
import type { Mark } from '../../boot/environment.ts';
import { environmentSize, parseEnvironmentBlock, sectorBudget } from '../../formats/boot-config/grubenv.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { locateFatFile } from '../../formats/filesystems/fat/file.ts';
import type { OpenFile } from '../../host/ports.ts';
import { type BlockTarget, e2fsDevice, nameOf } from '../../plan/block-target.ts';
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
export const markValidSchema = z.strictObject({
  ...fields,
  kind: z.literal('mark-valid'),
  /** The mark that an earlier step of the plan has set. */
  from: z.enum(['installing', 'filling']),
});
export type MarkFilling = z.infer<typeof markFillingSchema>;
export type MarkValid = z.infer<typeof markValidSchema>;

/** What is there may be of an installation or torn, as long as it is a block of its size. */
export const markFilling: Handler<MarkFilling> = {
  describe: () =>
    'Mark the installation as being filled: the system that is there no longer starts, and its data stay',
  destructive: true,
  caution: 'no way back from here',
  run: (step, context) => write(step, context, 'filling', isBlock),
  verify: (step, context) => expectMark(step, context, 'filling'),
  undo: { kind: 'none' },
};

export const markValid: Handler<MarkValid> = {
  describe: () => 'Mark the installation as valid (one sector, written last)',
  destructive: false,
  completes: true,
  // Anything but our own mark there means that the sector is not ours to write.
  run: (step, context) =>
    write(
      step,
      context,
      'valid',
      (found) => Buffer.compare(found, environmentBlock(step.environment, step.from)) === 0,
    ),
  verify: (step, context) => expectMark(step, context, 'valid'),
  undo: { kind: 'none' },
};

/** Throws `environment-invalid` (refused) for anything else. */
function isBlock(found: Uint8Array): boolean {
  parseEnvironmentBlock(found);
  return true;
}

type SetMark = MarkFilling | MarkValid;

/** All that ever changes of the block. */
const firstSector = ({ environment }: SetMark, mark: Mark): Uint8Array =>
  environmentBlock(environment, mark).subarray(0, sectorBudget);

async function write(
  step: SetMark,
  context: StepContext,
  mark: Mark,
  mayReplace: (block: Uint8Array) => boolean,
): Promise<void> {
  const target = context.block(step.partition);
  await withDevice(context, target, 'r+', async (file) => {
    const offset = await locate(step, context, file, target);
    const found = await file.read(offset, environmentSize);
    if (!mayReplace(found)) throw misplaced(step, target);
    await file.write(offset, firstSector(step, mark));
    await file.sync();
  });
}

async function expectMark(step: SetMark, context: StepContext, mark: Mark): Promise<void> {
  const target = context.block(step.partition);
  await withDevice(context, target, 'r', async (file) => {
    await file.dropCache();
    const found = await file.read(await locate(step, context, file, target), environmentSize);
    if (Buffer.compare(found, environmentBlock(step.environment, mark)) !== 0) throw misplaced(step, target);
  });
}

const misplaced = (step: SetMark, target: BlockTarget) =>
  readBackError(`${step.environment.path} on ${nameOf(target)}`);

/** The byte offset of the block in the target. */
async function locate(
  step: SetMark,
  context: StepContext,
  file: OpenFile,
  target: BlockTarget,
): Promise<number> {
  if (step.fileSystem === 'ext4') return locateOnExt4(step, context, file, target);
  const found = await locateFatFile(file, step.environment.path);
  const extent = found?.extents[0];
  if (found?.size !== environmentSize || extent?.length !== environmentSize) throw misplaced(step, target);
  return extent.offset;
}

/** Blocks have 1024 bytes or more, so the file has one. */
async function locateOnExt4(
  step: SetMark,
  { host }: StepContext,
  file: OpenFile,
  target: BlockTarget,
): Promise<number> {
  const { stdout } = await host.processes.run('debugfs', [
    ...['-R', `blocks /${step.environment.path}`, e2fsDevice(target)],
  ]);
  const [block, ...more] = stdout.trim().split(/\s+/);
  const { blockSize } = (await probeExt4(file)) ?? {};
  if (blockSize === undefined || more.length > 0 || !/^[1-9]\d*$/.test(block ?? ''))
    throw misplaced(step, target);
  return Number(block) * blockSize;
}
