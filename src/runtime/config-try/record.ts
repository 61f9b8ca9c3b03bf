/** What is tried at the moment, in memory: `/run/bos/try/record.json`. */
import { join } from 'node:path';
import { z } from 'zod';
import { triedConfigFolder, tryFolder } from '../../config/sources/tried-files.ts';
import { OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';

const recordPath = `${tryFolder}/record.json`;
/** Why the last one was taken back, for who confirms it too late. */
export const takenBackPath = '/run/bos/try-taken-back';
/** Who keeps it. */
export const tryUnit = 'bos-config-try.service';

const schema = z.strictObject({
  v: z.literal(1),
  /** In config.d. */
  name: z.string().regex(/^[\w][\w.-]*$/),
  /** How long it waits to be confirmed. */
  seconds: z.number().int().min(30).max(86_400),
  /** applied: waits to be confirmed. failed: is taken back at once. */
  state: z.enum(['asked', 'applied', 'failed']),
  /** Why it failed. */
  reason: z.string().optional(),
});
export type TryRecord = z.infer<typeof schema>;

/** Undefined when nothing is tried. Throws OpsError `try-record` (broken). */
export async function readTry({ files }: Host, root: string): Promise<TryRecord | undefined> {
  const path = join(root, recordPath);
  if (!(await files.exists(path))) return undefined;
  const text = await files.readText(path);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('broken', 'try-record', `${path} is not the record of a configuration on trial`, {
      cause,
      hint: 'A restart takes back what was tried.',
    });
  }
}

export async function writeTry({ files }: Host, root: string, record: TryRecord): Promise<void> {
  await files.makeDir(join(root, tryFolder), 0o700);
  await files.writeAtomic(join(root, recordPath), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

export const triedFile = (root: string, { name }: Pick<TryRecord, 'name'>): string =>
  join(root, triedConfigFolder, name);

/** Nothing is tried any more. */
export const removeTry = ({ files }: Host, root: string): Promise<void> =>
  files.remove(join(root, tryFolder));
