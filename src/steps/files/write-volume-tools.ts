/**
 * Writes the archive that the kernel unpacks over the initrd of an installation on LVM: what activates that. A cpio
 * archive, packed with gzip, which every kernel of ours reads.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import {
  type CpioEntry,
  cpioHeader,
  cpioTrailer,
  encodeCpio,
  padding,
} from '../../formats/compression/cpio.ts';
import { formatBytes } from '../../formats/size.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { byteCount, sha256Hex } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { withNewTargetFile } from '../support/target-folder.ts';

export const writeVolumeToolsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-volume-tools'),
  at: z.string(),
  path: z.string(),
  /** `from` is a file of the running system; `name` what it is called in the folder /lvm of the initrd. */
  files: z.array(
    z.strictObject({
      from: z.string(),
      name: z.string().regex(/^[^/]+$/),
      size: byteCount,
      sha256: sha256Hex,
    }),
  ),
});
export type WriteVolumeTools = z.infer<typeof writeVolumeToolsSchema>;

type File = WriteVolumeTools['files'][number];

const contentOf = ({ from: path, size, sha256 }: File) => ({ from: 'file', path, size, sha256 }) as const;

export const writeVolumeTools: Handler<WriteVolumeTools> = {
  describe: ({ path, files }) => {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    return `Write ${path}, which activates LVM at boot (${files.length} files, ${formatBytes(size)})`;
  },
  destructive: false,
  async preflight({ files }, context) {
    for (const file of files) await checkContent(contentOf(file), context);
  },
  async run(step, context) {
    const { files } = context.host;
    const packed = await archive(step, context);
    await withNewTargetFile(files, context.resolve(step.at), step.path, (file) =>
      files.write(file, packed, { mode: 0o644, sync: true }),
    );
  },
  // By what the plan says of the files: packing them again would take as long as the first time.
  async verify(step, context) {
    const path = `${context.resolve(step.at)}/${step.path}`;
    if (!holds(unpacked(await onDevice(context, path)), step.files)) throw readBackError(path);
  },
  undo: { kind: 'none' },
};

const folder = { path: 'lvm', mode: 0o040755 };
const entryOf = ({ name }: File) => ({ path: `lvm/${name}`, mode: 0o100755 });

/** The same bytes from the same files. */
async function archive({ files }: WriteVolumeTools, context: StepContext): Promise<Uint8Array> {
  const entries: CpioEntry[] = [folder];
  for (const file of files)
    entries.push({ ...entryOf(file), data: await readContent(contentOf(file), context) });
  return gzipSync(encodeCpio(entries, 0), { level: 6 });
}

/** Nothing when it is no archive any more. */
function unpacked(packed: Uint8Array): Uint8Array {
  try {
    return gunzipSync(packed);
  } catch {
    return new Uint8Array();
  }
}

/** Whether a cpio archive holds these files, whole and in this order, and nothing else. */
function holds(bytes: Uint8Array, files: readonly File[]): boolean {
  let offset = 0;
  const next = (size: number) => {
    offset += size;
    return bytes.subarray(offset - size, offset);
  };
  const isNext = (expected: Uint8Array) => Buffer.compare(next(expected.length), expected) === 0;
  const isNextFile = (file: File, index: number) =>
    // The folder was the first inode.
    isNext(cpioHeader(entryOf(file), index + 2, file.size, 0)) &&
    sha256Of(next(file.size)) === file.sha256 &&
    isNext(new Uint8Array(padding(file.size)));
  return (
    isNext(cpioHeader(folder, 1, 0, 0)) &&
    files.every(isNextFile) &&
    isNext(cpioTrailer()) &&
    offset === bytes.length
  );
}

/** All of a file, from the device itself and not from memory. */
const onDevice = (context: StepContext, path: string): Promise<Uint8Array> =>
  withDevice(context, path, 'r', async (file) => {
    await file.dropCache();
    return file.read(0, file.size);
  });
