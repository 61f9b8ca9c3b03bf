/**
 * Makes the EFI system partition: FAT32, its folders, and GRUB's environment block, which says from the first moment
 * that this disk is being installed and is not valid. The block has its full size from the start, so that later
 * changes never move it. All of it is made in a file and then written with its first sector last: a power cut leaves a
 * partition without a file system, or one that says what it is.
 */
import { basename, dirname } from 'node:path/posix';
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { locateFatFile, readFatFile } from '../../formats/filesystems/fat-file.ts';
import { formatBytes } from '../../formats/size.ts';
import type { OpenFile } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from '../support/boot-environment.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { atTime } from '../support/fat-time.ts';

export const formatEspSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('format-esp'),
  partition: z.string(),
  label: z.string().max(11),
  /** FAT volume serial, 8 hex digits. */
  serial: z.string().regex(/^[0-9a-fA-F]{8}$/),
  /** Logical sector size of the disk, bytes. */
  sectorSize: z.union([z.literal(512), z.literal(4096)]),
  /** Parents before children. */
  folders: z.array(z.string()),
  environment: bootEnvironmentSchema,
  /** When its folders and files were made, in seconds since 1970; now when left out. */
  time: byteCount.optional(),
});
export type FormatEsp = z.infer<typeof formatEspSchema>;

const clusterSize = 4096;
/** What this step and the one that copies the boot loader keep in the folder for temporary files, and as much again. */
const temporaryRoom = 16 * 2 ** 20;

export const formatEsp: Handler<FormatEsp> = {
  describe: (step) =>
    `Format the EFI system partition (FAT32, label ${step.label}), marked as not installed yet`,
  destructive: true,
  async preflight(_, { host }) {
    const folder = await makeWorkFolder(host, 'esp');
    const room = await host.files.freeSpace(folder).finally(() => host.files.remove(folder));
    if (room >= temporaryRoom) return;
    throw refused(
      'no-temporary-room',
      `There is no room for temporary files: ${formatBytes(temporaryRoom)} are needed, but ${formatBytes(room)} are free`,
      { hint: 'Remove files from /tmp; in a live system they take memory. Nothing was touched.' },
    );
  },
  async run(step, context) {
    const { files } = context.host;
    await withDevice(context, context.block(step.partition), 'r+', async (device) => {
      const folder = await makeWorkFolder(context.host, 'esp');
      try {
        const content = await makeFileSystem(step, context, `${folder}/esp`, device.size);
        await writeFirstSectorLast(device, content, step.sectorSize);
      } finally {
        await files.remove(folder);
      }
    });
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (file) => {
      await file.dropCache();
      const found = await readFatFile(file, step.environment.path);
      if (found === undefined || Buffer.compare(found, block(step)) !== 0) {
        throw readBackError(`${step.environment.path} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};

/** Makes a file system for `size` bytes in the file at `path`; returns its bytes up to the end of the last file. */
async function makeFileSystem(
  step: FormatEsp,
  { host }: StepContext,
  path: string,
  size: number,
): Promise<Uint8Array> {
  const { files, processes } = host;
  await processes.run(
    'mkfs.fat',
    [
      // The label of a volume has a time of its own. Before -i, which it would undo.
      ...(step.time === undefined ? [] : ['--invariant']),
      ...['-C', '-F', '32', '-n', step.label, '-i', step.serial],
      ...['-S', `${step.sectorSize}`, '-s', `${clusterSize / step.sectorSize}`, '--mbr=n'],
      ...[path, `${Math.floor(size / 1024)}`],
    ],
    atTime(step),
  );
  await processes.run('mmd', ['-i', path, ...step.folders.map((folder) => `::/${folder}`)], atTime(step));
  // Last, so that everything lies before its end.
  // From a file: what mcopy reads from a pipe has the time of this moment.
  const { path: environment } = step.environment;
  const source = `${dirname(path)}/${basename(environment)}`;
  await files.write(source, block(step));
  await processes.run('mcopy', ['-i', path, source, `::/${dirname(environment)}`], atTime(step));
  const image = await files.open(path, 'r');
  try {
    const last = (await locateFatFile(image, step.environment.path))?.extents.at(-1);
    if (last === undefined) throw readBackError(`${step.environment.path} in ${path}`);
    return await image.read(0, last.offset + clusterSize);
  } finally {
    await image.close();
  }
}

async function writeFirstSectorLast(
  device: OpenFile,
  content: Uint8Array,
  sectorSize: number,
): Promise<void> {
  await device.write(sectorSize, content.subarray(sectorSize));
  await device.sync();
  await device.write(0, content.subarray(0, sectorSize));
  await device.sync();
}

const block = (step: FormatEsp) => environmentBlock(step.environment, 'installing');
