/**
 * `/var/lib/bhojpur/os/upgrades.json`: what became of upgrades. It tells and never decides what starts: that is the boot
 * environment, which is written after it. So it may say something that a power cut has kept from happening, and whoever
 * reads it compares it with what runs.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { type Deployment, sameDeployment } from '../boot/deployment.ts';
import { OpsError } from '../errors.ts';
import type { Files } from '../host/ports.ts';

export const upgradeRecordPath = '/var/lib/bhojpur/os/upgrades.json';
/** Deployments that proved themselves, of which the record keeps so many. */
export const provedLimit = 10;

const deployment = z.object({
  kernel: z.string(),
  os: z.string(),
  /** null: none. */
  dcp: z.string().nullable(),
});
const change = z.object({
  from: deployment,
  to: deployment,
  /** When it was committed, ISO 8601. */
  at: z.string(),
  /** Where `to` came from, as a person named it, without secrets. */
  source: z.string(),
  end: z.enum(['pending', 'proved', 'returned', 'rolled-back']),
  /** Why it did not prove itself. */
  reason: z.string().optional(),
  /** When it was known how it ends, ISO 8601. */
  endedAt: z.string().optional(),
});
const loader = z.object({
  /** The version that it comes from. */
  os: z.string(),
  end: z.enum(['due', 'updated', 'failed']),
  reason: z.string().optional(),
});
const patched = z.object({ os: z.string(), at: z.string() });
const known = z.object({
  v: z.literal(1),
  /** The last change of the deployment. */
  last: change.optional(),
  /** The boot loader that follows a version which has proved itself. */
  loader: loader.optional(),
  /** The last version that proved itself after an upgrade, and when (ISO 8601). */
  patched: patched.optional(),
  /** Not taken again unless asked for. */
  returned: z.array(deployment),
  /** The most recent last. */
  proved: z.array(deployment),
});
/** What a newer version has written beside it, at any depth, is kept for when that runs again. */
const schema = known
  .extend({
    last: change.extend({ from: deployment.loose(), to: deployment.loose() }).loose().optional(),
    loader: loader.loose().optional(),
    returned: z.array(deployment.loose()),
    proved: z.array(deployment.loose()),
  })
  .loose();
export type UpgradeRecord = Readonly<z.infer<typeof known>>;

export const withoutDeployment = (list: readonly Deployment[], one: Deployment): Deployment[] =>
  list.filter((other) => !sameDeployment(one, other));

/** The list with this one as the most recent. */
export const withProved = (list: readonly Deployment[], one: Deployment): Deployment[] =>
  [...withoutDeployment(list, one), one].slice(-provedLimit);

/**
 * The record below `root`; an empty one when there is none. Throws `upgrade-record` (broken) for a file that is not
 * such a record.
 */
export async function readUpgradeRecord(files: Files, root: string): Promise<UpgradeRecord> {
  const path = join(root, upgradeRecordPath);
  if (!(await files.exists(path))) return { v: 1, returned: [], proved: [] };
  const text = await files.readText(path);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('broken', 'upgrade-record', `${path} is not a record of upgrades`, {
      cause,
      hint: 'What boots does not depend on it. Move it away; the next upgrade begins a new one.',
    });
  }
}

/** Writes it as a whole, mode 0644, on the disk when this returns. */
export async function writeUpgradeRecord(files: Files, root: string, record: UpgradeRecord): Promise<void> {
  const path = join(root, upgradeRecordPath);
  await files.makeDir(join(path, '..'));
  await files.writeAtomic(path, `${JSON.stringify(schema.parse(record), null, 2)}\n`, { mode: 0o644 });
}
