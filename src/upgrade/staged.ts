/**
 * `bos/system/staged.json` on BOS_STATE: a deployment that is on the disk, verified, and waits to be committed. Nothing
 * starts it before that.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Files } from '../host/ports.ts';

export const stagedPath = 'bos/system/staged.json';

const schema = z.strictObject({
  v: z.literal(1),
  deployment: z.strictObject({ kernel: z.string(), os: z.string(), dcp: z.string().nullable() }),
  /** Where it came from, without secrets. */
  source: z.string(),
  /** When it was verified, ISO 8601. */
  at: z.string(),
});
export type Staged = Readonly<z.infer<typeof schema>>;

/** What waits on the file system mounted at `state`; undefined for nothing, or for something that is not such a file. */
export async function readStaged(files: Files, state: string): Promise<Staged | undefined> {
  const path = join(state, stagedPath);
  if (!(await files.exists(path))) return undefined;
  try {
    return schema.parse(JSON.parse(await files.readText(path)));
  } catch {
    return undefined;
  }
}

export const renderStaged = (staged: Staged): string => `${JSON.stringify(staged, null, 2)}\n`;
