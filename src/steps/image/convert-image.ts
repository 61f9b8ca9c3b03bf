/**
 * Writes a finished raw image in another format, or compressed, or both: one pass, read back from the disk. The raw image
 * stays as it is.
 */
import { z } from 'zod';
import { compressions, formatNames, imageFormats } from '../../formats/disk-images/formats.ts';
import { gceParts } from '../../formats/disk-images/gce.ts';
import { ovaParts } from '../../formats/disk-images/ova.ts';
import { qcow2Parts } from '../../formats/disk-images/qcow2-writer.ts';
import { vhdParts } from '../../formats/disk-images/vhd.ts';
import { vhdxParts } from '../../formats/disk-images/vhdx.ts';
import {
  type Part,
  rawParts,
  type VirtualDisk,
  withoutZeros,
} from '../../formats/disk-images/virtual-disk.ts';
import { vmdkParts } from '../../formats/disk-images/vmdk.ts';
import { sha256File } from '../../host/digest.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { compressed } from './compressed.ts';
import { diskIn, inUseSchema } from './image-disk.ts';
import { writeParts } from './write-parts.ts';

export const convertImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('convert-image'),
  /** The raw image. */
  from: z.string(),
  inUse: inUseSchema,
  to: z.string(),
  format: z.enum(formatNames),
  /** What the file is compressed by as a whole. */
  compress: z.enum(compressions).nullable(),
  /** Where the digest of the file goes, as sha256sum writes it. */
  sha256: z.string(),
  /** What the file will be called. */
  name: z.string(),
  /** Of the operating system, for people. */
  version: z.string(),
  /** Ids of the disk and of the file, where the format has them. */
  disk: z.uuid(),
  file: z.uuid(),
  /** Seconds since 1970. */
  time: byteCount,
});
export type ConvertImage = z.infer<typeof convertImageSchema>;

/** A bit of the disk that is all zeros is left out: the smallest thing that most of the formats leave out. */
const zeroBlock = 64 * 1024;

export const convertImage: Handler<ConvertImage> = {
  describe: ({ format, compress }) =>
    `Write the image as ${format}${compress === null ? '' : `, compressed by ${compress}`}, and read it back`,
  destructive: false,
  async run(step, context) {
    await withDevice(context, step.from, 'r', async (raw) => {
      let done = 0;
      let total = Number.POSITIVE_INFINITY;
      const whole = await diskIn(raw, step.inUse, (bytes) => {
        done += bytes;
        if (total < Number.POSITIVE_INFINITY) context.progress(Math.min(done, total), total, 'bytes');
      });
      const disk = { ...whole, runs: await withoutZeros(whole, zeroBlock) };
      total = disk.runs.reduce((sum, { length }) => sum + length, 0);
      done = 0;
      const digest = await writeParts(step.to, await filePartsOf(step, disk, context), context);
      const line = `${digest}  ${step.name}\n`;
      await context.host.files.write(step.sha256, line, { mode: 0o600, sync: true });
    });
  },
  async verify({ to, sha256 }, { host, signal }) {
    const [written] = (await host.files.readText(sha256)).split(' ');
    const found = await sha256File(host.files, to, { fromDisk: true, signal });
    if (found !== written) throw readBackError(to);
  },
  undo: {
    kind: 'restore',
    run: async (step, { host }) => {
      for (const path of [step.to, step.sha256, packedDisk(step)]) await host.files.remove(path);
    },
  },
};

/** The disk of an OVA as a file of its own: its size and digest stand before it in the archive. */
const packedDisk = ({ to }: ConvertImage): string => `${to}.vmdk`;

async function filePartsOf(
  step: ConvertImage,
  disk: VirtualDisk,
  context: StepContext,
): Promise<AsyncIterable<Part>> {
  if (step.format === 'ova') return ovaOf(step, disk, context);
  const method = step.format === 'gce' ? 'gz' : step.compress;
  const parts = partsOf(step, step.format, disk);
  return method === null ? parts : compressed(parts, method, context.host);
}

function partsOf(
  { disk: diskId, file, time }: ConvertImage,
  format: Exclude<ConvertImage['format'], 'ova'>,
  disk: VirtualDisk,
): AsyncIterable<Part> {
  const uuid = Buffer.from(diskId.replaceAll('-', ''), 'hex');
  switch (format) {
    case 'raw':
      return rawParts(disk);
    case 'qcow2':
      return qcow2Parts(disk);
    case 'vmdk':
      return vmdkParts(disk, { uuid, contentId: uuid.readUInt32BE(12) });
    case 'vhd':
      return vhdParts(disk, { uuid, time });
    case 'vhdx':
      return vhdxParts(disk, { disk: diskId, file });
    case 'gce':
      return gceParts(disk, time);
  }
}

async function* ovaOf(step: ConvertImage, disk: VirtualDisk, context: StepContext): AsyncGenerator<Part> {
  const path = packedDisk(step);
  const sha256 = await writeParts(path, partsOf(step, 'vmdk', disk), context);
  const used = disk.runs.reduce((sum, { length }) => sum + length, 0);
  const { name: fileName, version, time } = step;
  const [ending] = imageFormats.ova.endings;
  const name = fileName.endsWith(ending) ? fileName.slice(0, -ending.length) : fileName;
  const vmdk = await context.host.files.open(path, 'r');
  try {
    yield* ovaParts({ name, version, size: disk.size, vmdk, sha256, used, time });
  } finally {
    await vmdk.close();
    await context.host.files.remove(path);
  }
}
