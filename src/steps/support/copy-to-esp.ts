/** Puts files into the folders of a FAT volume with mtools, which needs no mount. */
import { basename, dirname } from 'node:path/posix';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { type BlockTarget, mtoolsImage } from '../../plan/block-target.ts';
import type { StepContext } from '../../plan/plan.ts';
import { atTime } from './fat-time.ts';

export interface EspFile {
  /** Its folder exists. */
  readonly path: string;
  bytes(): Promise<Uint8Array>;
}

/** In their order; `time` in seconds since 1970, now when left out. Not flushed. */
export async function copyToEsp(
  list: readonly EspFile[],
  target: BlockTarget,
  context: StepContext,
  time: number | undefined,
): Promise<void> {
  const { files, processes } = context.host;
  const staging = await makeWorkFolder(context.host, 'esp');
  try {
    for (const folder of new Set(list.map(({ path }) => dirname(path)))) {
      const here = list.filter(({ path }) => dirname(path) === folder);
      for (const { path, bytes } of here) await files.write(`${staging}/${basename(path)}`, await bytes());
      // One process for a folder, since each reads and writes the whole FAT. It copies in the order of its arguments.
      const sources = here.map(({ path }) => `${staging}/${basename(path)}`);
      await processes.run(
        'mcopy',
        ['-o', '-i', mtoolsImage(target), ...sources, `::/${folder}`],
        atTime({ time }),
      );
    }
  } finally {
    await files.remove(staging);
  }
}
