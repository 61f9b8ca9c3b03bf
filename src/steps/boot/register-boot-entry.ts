/**
 * Tells UEFI firmware of the new system, first in its order, and takes out entries of ours for disks that are gone.
 * The disk boots by its fallback path without it, and the variables of many a machine are full, broken or
 * write-protected: so nothing here ends an installation, it only warns.
 */
import { z } from 'zod';
import { entryLabel, hasEntry, parseBootEntries, staleEntries } from '../../boot/firmware-entries.ts';
import { settleDevices } from '../../disk/settle.ts';
import { OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { ToolFailed } from '../../host/tool-failed.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { partitionsOf } from '../support/disk-identity.ts';

export const registerBootEntrySchema = z.strictObject({
  id: z.string(),
  kind: z.literal('register-boot-entry'),
  disk: z.string(),
  /** The EFI system partition on it, and its GUID in lower case. */
  partition: z.number().int().positive(),
  guid: z.string(),
  /** From the root of that partition: `EFI/BOOT/BOOTX64.EFI`. */
  loader: z.string(),
});
export type RegisterBootEntry = z.infer<typeof registerBootEntrySchema>;

/** Some firmware takes seconds to write a variable. */
const timeoutMs = 30_000;
const partitionLinks = '/dev/disk/by-partuuid';

export const registerBootEntry: Handler<RegisterBootEntry> = {
  describe: () =>
    `Add the boot entry "${entryLabel}" to the firmware, first in the boot order, and remove our entries for erased disks`,
  destructive: false,
  async run(step, context) {
    try {
      await register(step, context);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof OpsError)) throw error;
      context.warn(
        `no boot entry was added (${reasonOf(error)}): the firmware finds the disk by ${step.loader} on it`,
      );
    }
  },
  undo: { kind: 'none' },
};

async function register(step: RegisterBootEntry, context: StepContext): Promise<void> {
  const { host } = context;
  // The links to partitions are what tells old entries from those of other disks.
  await settleDevices(context.host);
  const partitions = [step.guid, ...(await linksBeside(step, host))].map((name) => name.toLowerCase());
  const before = await list(host);
  for (const number of staleEntries(before, partitions))
    await host.processes.run('efibootmgr', ['--quiet', '--bootnum', number, '--delete-bootnum'], {
      timeoutMs,
    });
  if (!hasEntry(before, step.guid)) {
    const loader = `\\${step.loader.replaceAll('/', '\\')}`;
    await host.processes.run(
      'efibootmgr',
      [
        ...['--quiet', '--create', '--disk', step.disk, '--part', `${step.partition}`],
        ...['--label', entryLabel, '--loader', loader],
      ],
      { timeoutMs },
    );
  }
  if (!hasEntry(await list(host), step.guid))
    throw new OpsError('undone', 'boot-entry-missing', 'The firmware did not keep it');
}

/** Without those of a disk that was taken from udev: they lead to the partitions that it had. */
async function linksBeside({ disk }: RegisterBootEntry, host: Host): Promise<string[]> {
  const taken = host.deviceLocks?.taken.has(disk) === true;
  const own = taken ? (await partitionsOf(host, disk)).map((name) => `/dev/${name}`) : [];
  const found: string[] = [];
  for (const name of await host.files.list(partitionLinks)) {
    const path = `${partitionLinks}/${name}`;
    if (!own.includes(await host.files.realPath(path).catch(() => path))) found.push(name);
  }
  return found;
}

async function list(host: Host) {
  const { stdout } = await host.processes.run('efibootmgr', ['--verbose'], { timeoutMs });
  return parseBootEntries(stdout);
}

/** What the program said last, which names the variable or the reason. */
function reasonOf(error: OpsError): string {
  const said = error instanceof ToolFailed ? error.stderr.trim().split('\n').at(-1) : undefined;
  return said === undefined || said === '' ? error.message : said;
}
