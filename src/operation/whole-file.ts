/** A file that has its name only when it is whole and on the disk. */
import type { Host, OpenFile } from '../host/ports.ts';
import { withTemporary } from './outcome.ts';

/**
 * Writes `output` by way of `OUTPUT.partial` beside it, which is flushed before it takes the name; a file that had it is
 * replaced. Throws what `write` and the file system do, with nothing left behind, and what `withTemporary` does.
 */
export async function writeWholeFile(
  { files }: Pick<Host, 'files'>,
  output: string,
  write: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const partial = `${output}.partial`;
  const temporary = {
    what: partial,
    remove: () => files.remove(partial),
    cleanupFailed: 'The file is complete; remove that file by hand.',
  };
  await withTemporary(temporary, async () => {
    const file = await files.open(partial, 'w');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(partial, output);
  });
}
