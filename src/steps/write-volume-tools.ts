/**
 * Writes the archive that the kernel unpacks over the initrd of an installation on LVM: what activates that. A cpio
 * archive, packed with gzip, which every kernel of ours reads.
 */
import { dirname } from 'node:path/posix';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { encodeCpio } from '../formats/cpio.ts';
import { formatBytes } from '../formats/size.ts';
import type { Handler, StepContext } from '../plan/plan.ts';
import { byteCount, checkContent, readContent, sha256Hex } from './content.ts';
import { expectOnDevice } from './devices.ts';

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

const contentOf = ({ from: path, size, sha256 }: WriteVolumeTools['files'][number]) =>
  ({ from: 'file', path, size, sha256 }) as const;

export const writeVolumeTools: Handler<WriteVolumeTools> = {
  describe: ({ path, files }) => {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    return `Write ${path}: what activates LVM at boot (${files.length} files, ${formatBytes(size)})`;
  },
  destructive: false,
  async preflight({ files }, context) {
    for (const file of files) await checkContent(contentOf(file), context);
  },
  async run(step, context) {
    const path = `${context.resolve(step.at)}/${step.path}`;
    await context.host.files.makeDir(dirname(path));
    await context.host.files.write(path, await archive(step, context), { mode: 0o644, sync: true });
  },
  async verify(step, context) {
    const path = `${context.resolve(step.at)}/${step.path}`;
    await expectOnDevice(context, path, [{ offset: 0, bytes: await archive(step, context) }]);
  },
  undo: { kind: 'none' },
};

/** The same bytes from the same files. */
async function archive({ files }: WriteVolumeTools, context: StepContext): Promise<Uint8Array> {
  const entries = [{ path: 'lvm', mode: 0o040755 }];
  for (const file of files)
    entries.push({
      ...{ path: `lvm/${file.name}`, mode: 0o100755 },
      ...{ data: await readContent(contentOf(file), context) },
    });
  return gzipSync(encodeCpio(entries, 0), { level: 6 });
}
