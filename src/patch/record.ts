/** `/var/lib/bhojpur/os/patch.json`: which requests to patch were done, so that one request patches once. */
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Files } from '../host/ports.ts';

export const patchRecordPath = '/var/lib/bhojpur/os/patch.json';

const schema = z.object({
  v: z.literal(1),
  /** The annotation that was done last, as written. */
  annotation: z.string().optional(),
  /** `bos.patch.after` that was done last, as written. */
  after: z.string().optional(),
});
export type PatchRecord = Readonly<z.infer<typeof schema>>;
export type Request = Exclude<keyof PatchRecord, 'v'>;

/** An empty one when there is none, or something that is not one: the request is done once more then. */
export async function readPatchRecord(files: Files): Promise<PatchRecord> {
  if (!(await files.exists(patchRecordPath))) return { v: 1 };
  try {
    return schema.parse(JSON.parse(await files.readText(patchRecordPath)));
  } catch {
    return { v: 1 };
  }
}

/** Remembers a request, or forgets the last one when `value` is undefined. On the disk when this returns. */
export async function rememberRequest(files: Files, kind: Request, value: string | undefined): Promise<void> {
  const { [kind]: known, ...others } = await readPatchRecord(files);
  if (known === value) return;
  const record = { ...others, ...(value === undefined ? {} : { [kind]: value }) };
  await files.makeDir(dirname(patchRecordPath));
  await files.writeAtomic(patchRecordPath, `${JSON.stringify(record)}\n`, { mode: 0o644 });
}
