/**
 * What the service bos-datastore does, once a boot and before DCP: it keeps the datastore before another DCP touches it, and
 * sets it back when the node has returned. It throws where DCP must not start, and says why where `opsctl status` and the
 * judgement of a trial find it.
 */
import { join } from 'node:path';
import { type BootFacts, readBootFacts } from '../../boot/boot-facts.ts';
import { namedDeployment, sameDeployment } from '../../boot/deployment.ts';
import { readInstalledEnvironment } from '../../boot/installed-environment.ts';
import { messageWithDetails, refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import { withLock } from '../../host/lock.ts';
import type { Host } from '../../host/ports.ts';
import { datastoreOf } from '../../upgrade/datastore/datastore.ts';
import {
  asidePath,
  type DatastoreRecord,
  datastoreFaultPath,
  keptPath,
  partialPath,
  readDatastoreRecord,
  writeDatastoreRecord,
} from '../../upgrade/datastore/record.ts';
import { minutes } from '../../upgrade/datastore/view.ts';
import { readUpgradeRecord } from '../../upgrade/record.ts';
import { previousOf } from '../trial/outcome.ts';
import { keepDatastore, withoutUseless } from './keep.ts';
import { beginSetBack, finishSetBack, type Place } from './set-back.ts';
import { turnOf } from './turn.ts';

const lockPath = '/run/bos/datastore.lock';

/**
 * `say` takes a line for the console. Throws `not-bhojpur-os`, `datastore-running`, `datastore-space`,
 * `datastore-record`, `datastore-damaged` (refused), `read-back` (broken), and what the disk throws.
 */
export async function guardDatastore(host: Host, root: string, say: (line: string) => void): Promise<void> {
  const boot = await readBootFacts(host, root);
  // In memory nothing outlives the boot, and so no change of DCP.
  if (boot.dcp === '' || boot.state === '' || boot.ephemeral) return;
  const fault = join(root, datastoreFaultPath);
  const lock = {
    path: join(root, lockPath),
    busy: (owner: string) =>
      refused('datastore-running', `The datastore is being kept already, by process ${owner}`, {
        hint: 'Wait until it has ended: systemctl status bos-datastore.',
      }),
  };
  await withLock(host, lock, async () => {
    try {
      await guard(host, root, boot, say);
      await host.files.remove(fault);
    } catch (error) {
      await host.files.write(fault, `${messageWithDetails(error)}\n`).catch(() => {});
      throw error;
    }
  });
}

async function guard(host: Host, root: string, boot: BootFacts, say: (line: string) => void): Promise<void> {
  const { files } = host;
  const { dcp } = boot;
  const place = await datastoreOf(host, root);
  if (place?.kind !== 'local') return;
  const { folder } = place;
  const exists = async (path: string) => (await files.stat(path)) !== undefined;
  for (;;) {
    const record = await readDatastoreRecord(files, folder);
    const turn = turnOf({
      ...{ dcp, record, exists: await exists(place.path) },
      keptExists: record?.kept !== undefined && (await exists(keptPath(folder, record.kept))),
      presumed: record === undefined ? await presumedOwner(host, root, boot) : null,
    });
    const known: DatastoreRecord = record ?? { v: 1, owner: dcp, aside: [] };
    // What a power cut has left of a copy counts for nothing and takes space.
    if (turn.do !== 'keep' && record !== undefined) await files.remove(partialPath(folder));
    if (turn.do === 'none') {
      if (record?.kept !== undefined) await withoutUseless(host, root, folder, record);
      return;
    }
    if (turn.do === 'finish') await setBack(host, place, known, say);
    else if (turn.do === 'set-back')
      await setBack(host, place, await beginSetBack(host, place, known, boot.try === 'p'), say);
    else {
      await files.makeDir(folder, 0o700);
      if (turn.do === 'adopt') return await writeDatastoreRecord(files, folder, { ...known, owner: dcp });
      const { owner } = turn;
      say(`the datastore of DCP ${owner} is copied before DCP ${dcp} starts`);
      const { bytes } = await keepDatastore(host, root, place, { record: { ...known, owner }, owner, dcp });
      say(`the datastore of DCP ${owner} is kept (${formatBytes(bytes)}): a return sets it back`);
      return;
    }
  }
}

async function setBack(host: Host, place: Place, begun: DatastoreRecord, say: (line: string) => void) {
  const { settingBack, kept } = begun;
  const done = await finishSetBack(host, place, begun);
  const aside = done.aside.at(-1);
  const of = kept === undefined ? '' : ` of ${minutes(kept.at)}`;
  say(`the datastore of DCP ${done.owner}${of} is set back`);
  if (aside !== undefined && aside.name === settingBack?.aside.name)
    say(`the datastore of DCP ${aside.dcp} is put aside: ${asidePath(place.folder, aside)}`);
}

/**
 * Whose the datastore is before anything was recorded: that of the deployment before, when the one that runs is new. Null
 * where that had no DCP.
 */
async function presumedOwner(host: Host, root: string, boot: BootFacts): Promise<string | null> {
  if (boot.try === 'c') {
    const previous = previousOf(await readInstalledEnvironment(host, root, boot));
    return previous === undefined ? boot.dcp : previous.dcp;
  }
  const last = await readUpgradeRecord(host.files, root).then(
    (record) => record.last,
    () => undefined,
  );
  // Where starts are not counted, nothing else tells.
  return last?.end === 'pending' && sameDeployment(last.to, namedDeployment(boot)) ? last.from.dcp : boot.dcp;
}
