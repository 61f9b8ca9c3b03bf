/** How the installation of this boot ended, for whoever looks later: `opsctl status` and whoever logs in. */
import { z } from 'zod';
import type { Files } from '../host/ports.ts';

export const installRecordPath = '/run/bos/install.json';

const schema = z.object({
  v: z.literal(1),
  ok: z.boolean(),
  exitCode: z.number(),
  message: z.string(),
  /** What was seen, a line each. */
  details: z.array(z.string()).optional(),
  hint: z.string().optional(),
});
export type InstallRecord = z.infer<typeof schema>;

export const writeInstallRecord = (files: Files, record: InstallRecord): Promise<void> =>
  files.write(installRecordPath, `${JSON.stringify(record)}\n`);

/** Undefined when nothing was installed in this boot, or what is there cannot be read. */
export async function readInstallRecord(files: Files): Promise<InstallRecord | undefined> {
  try {
    return schema.parse(JSON.parse(await files.readText(installRecordPath)));
  } catch {
    return undefined;
  }
}
