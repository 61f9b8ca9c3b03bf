/**
 * The boot loader follows a version that has proved itself, and never one that has not. What is due stands in the record
 * of upgrades, written with the proof: a power cut in between has it done at the next start.
 */
import { messageOf, OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { readUpgradeRecord, writeUpgradeRecord } from '../record.ts';
import type { UpgradeOptions, UpgradeResult } from '../run.ts';

/** `update` brings the loader to the running version. */
export type Update = (options: UpgradeOptions) => Promise<UpgradeResult>;

/**
 * Brings the boot loader to the running version when that is due. Throws nothing that keeps a healthy system from
 * running: what goes wrong is said and recorded, and the loader that has started this boot stays.
 */
export async function updateWhenDue(
  host: Host,
  root: string,
  running: string,
  update: Update,
  options: UpgradeOptions & { readonly say: (line: string) => void },
): Promise<void> {
  try {
    const { loader } = await readUpgradeRecord(host.files, root);
    if (loader?.end !== 'due' || loader.os !== running) return;
  } catch (error) {
    options.say(`the record of upgrades cannot be read: ${messageOf(error)}`);
    return;
  }
  try {
    const { changed, message } = await update(options);
    if (changed) options.say(message);
  } catch (error) {
    if (error instanceof OpsError && ['upgrade-running', 'interrupted'].includes(error.code)) return;
    options.say(`the boot loader was not updated: ${messageOf(error)}`);
    await recordLoader(host, root, { os: running, end: 'failed', reason: messageOf(error) }).catch(() => {});
  }
}

/** What became of it, beside what the record says of upgrades. */
export async function recordLoader(
  host: Host,
  root: string,
  loader: { readonly os: string; readonly end: 'updated' | 'failed'; readonly reason?: string },
): Promise<void> {
  const record = await readUpgradeRecord(host.files, root);
  await writeUpgradeRecord(host.files, root, { ...record, loader });
}
