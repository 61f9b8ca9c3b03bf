/** `/run/bos/boot.json`: what the initrd tells the running system of how it was booted. */
import { z } from 'zod';
import { refused } from '../../errors.ts';

export const bootRecordPath = '/run/bos/boot.json';

export const bootRecordSchema = z.object({
  v: z.literal(1),
  mode: z.enum(['live', 'disk', 'install', 'local', 'shell']),
  /** Device of the medium; empty when everything came in the initramfs. */
  medium: z.string(),
  /** Where the medium is mounted. */
  mediumRoot: z.string(),
  /** Device of BOS_STATE, or empty. */
  state: z.string(),
  /** Device of the EFI system partition of the same disk, or empty. */
  esp: z.string().optional(),
  kernel: z.string(),
  os: z.string(),
  dcp: z.string(),
  /** Identifies what bos.install.* of this boot ask for. */
  request: z.string().optional(),
  /** Nothing is kept beyond this boot, although there is a state file system. */
  ephemeral: z.boolean().optional(),
  /** What the boot menu has counted: c for a new deployment, p for the one before it; t for a takeover; empty for none. */
  try: z.enum(['', 'c', 'p', 't']).optional(),
});
export type BootRecord = z.infer<typeof bootRecordSchema>;

/** Parses the record; throws OpsError `boot-record-invalid` (refused). */
export function parseBootRecord(text: string): BootRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = bootRecordSchema.safeParse(value);
  if (!parsed.success)
    throw refused('boot-record-invalid', `${bootRecordPath} was not written by the initrd of this version`, {
      details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    });
  return parsed.data;
}
