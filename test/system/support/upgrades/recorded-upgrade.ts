/** A node whose upgrade from a disc was recorded, write by write, and the machines that start from what is left of it. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { UpgradeStatus } from '../../../../src/upgrade/status.ts';
import type { Firmware } from '../../../../src/vm/machine.ts';
import type { Session } from '../../../../src/vm/session.ts';
import { imageOf } from '../../../power-cuts/campaign.ts';
import type { State } from '../../../power-cuts/states.ts';
import { type LogEntry, readWriteLog, type WriteLog } from '../../../power-cuts/write-log.ts';
import { bootLimit, ok } from '../boots.ts';
import { fileSource } from '../disk-images.ts';
import { environmentBlock } from '../image-environment.ts';
import type { SystemContext } from '../machines.ts';

/** The fixture, made by upgrade.system.ts. */
export const recordedUpgrade = 'writes of an upgrade from a disc';
/** Its files. */
export const kept = {
  before: 'before.img',
  after: 'after.img',
  log: 'writes.log',
  next: 'next.iso',
} as const;
export const password = 'secret-of-the-node';
const login = { ...bootLimit, password };

/** When everything that starts with the system has ended, the judgement of a trial too. */
export async function settled(
  session: Session,
): Promise<UpgradeStatus & { readonly os: string; readonly kernel: string }> {
  await session.login('bhojpur', login);
  assert.match(await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs), /^running\r?$/m);
  const { os, kernel, upgrades } = JSON.parse(await ok(session, 'sudo opsctl status --json')) as {
    os: string;
    kernel: string;
    upgrades: UpgradeStatus;
  };
  return { os, kernel, ...upgrades };
}

/** The boot environment with the new version in it, as one write of the log. */
async function commitIn(log: WriteLog, at: number): Promise<number> {
  const isCommit = async (index: number) => {
    const { offset, length, data } = log.entries[index] ?? {};
    if (offset === undefined || length === undefined || data === undefined) return false;
    if (at < offset || at >= offset + length) return false;
    const entry = log.entries[index] as LogEntry;
    const text = Buffer.from(await log.read(entry, at - offset, offset + length - at)).toString('latin1');
    return text.includes('bos_os=9.0.0\n');
  };
  for (const index of log.entries.keys()) if (await isCommit(index)) return index;
  throw new Error('the log has no commit');
}

export interface Recorded {
  readonly log: WriteLog;
  readonly commit: number;
  /** Makes the disk in a state. */
  image(state: State): Promise<string>;
  start(image: string, firmware?: Firmware): Promise<Session>;
}

export async function recorded(t: SystemContext): Promise<Recorded> {
  const folder = t.fixture(recordedUpgrade);
  const before = join(folder, kept.before);
  const log = await readWriteLog(fileSource(join(folder, kept.log)));
  const { offset } = await environmentBlock(t.host, before);
  return {
    log,
    commit: await commitIn(log, offset),
    image: (state) => imageOf(t.host, t.folder, { before, log }, state),
    start: (image, firmware = 'bios') =>
      t.start({
        ...{ firmware, memory: 512 },
        disks: [
          { id: 'disk', file: image, bus: 'virtio', cache: 'unsafe' },
          { id: 'next', file: join(folder, kept.next), bus: 'cd', readOnly: true },
        ],
      }),
  };
}

/** Everything before a write of the log, and nothing of what follows. */
export const cutBefore = (write: number): State => ({
  ...{ name: `before write ${write}`, flushed: write, pieces: [] },
});
