/**
 * Sets back the datastore of a DCP that the node returned to. Nothing is copied or removed: what is left goes aside, what was
 * kept takes its place. The record says so before and after it, so that whatever a power cut leaves is taken to its end by the
 * next start.
 */
import { dirname } from 'node:path';
import { OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { folderSize } from '../../upgrade/datastore/folder-size.ts';
import {
  type Aside,
  asidePath,
  type DatastoreRecord,
  keptPath,
  writeDatastoreRecord,
} from '../../upgrade/datastore/record.ts';

export interface Place {
  /** The datastore. */
  readonly path: string;
  /** What is kept of it. */
  readonly folder: string;
}

/**
 * Records what is to be done; nothing has moved when this returns. Throws `datastore-damaged` (refused) when what was kept has
 * another size than when it was kept.
 */
export async function beginSetBack(
  host: Host,
  { path, folder }: Place,
  record: DatastoreRecord,
  automatic: boolean,
): Promise<DatastoreRecord> {
  const { kept, owner } = record;
  if (kept === undefined) throw new Error('nothing is kept');
  const found = await folderSize(host.files, keptPath(folder, kept));
  if (found !== kept.bytes)
    throw new OpsError('refused', 'datastore-damaged', `The kept datastore of DCP ${kept.dcp} is damaged`, {
      details: [`${keptPath(folder, kept)} has ${found} bytes instead of ${kept.bytes}`],
      hint: 'Nothing was changed. To start this DCP on the datastore as it is, move that folder away.',
    });
  const at = new Date(host.clock.now()).toISOString();
  const bytes = await folderSize(host.files, path);
  const aside: Aside = { dcp: owner, at, bytes, name: await freeName(host, folder, owner, at), automatic };
  const begun = { ...record, settingBack: { dcp: kept.dcp, aside } };
  await writeDatastoreRecord(host.files, folder, begun);
  return begun;
}

/** `v1.26.0-20261129T061000Z`, which nothing has yet: its being there says later that the first step is done. */
async function freeName({ files }: Host, folder: string, dcp: string, at: string): Promise<string> {
  const name = `${dcp}-${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  for (let count = 1; ; count += 1) {
    const one = count === 1 ? name : `${name}-${count}`;
    if (!(await files.exists(asidePath(folder, { name: one })))) return one;
  }
}

/** Does what is recorded and not done yet. Resolves with the record after it. */
export async function finishSetBack(
  host: Host,
  { path, folder }: Place,
  record: DatastoreRecord,
): Promise<DatastoreRecord> {
  const { files, processes } = host;
  const { settingBack } = record;
  if (settingBack === undefined) return record;
  const { dcp, aside } = settingBack;
  const [kept, put] = [keptPath(folder, { dcp }), asidePath(folder, aside)];
  const sync = (name: string) => processes.run('sync', ['-f', name]);
  const exists = async (name: string) => (await files.stat(name)) !== undefined;
  // As long as it is there, what lies in the place of the datastore is not yet the one that is set back.
  if (await exists(kept)) {
    if ((await exists(path)) && !(await exists(put))) {
      await files.makeDir(dirname(put), 0o700);
      await files.rename(path, put);
      // On the disk before the next one: else a power cut could leave neither under the name that DCP opens.
      await sync(put);
    }
    await files.rename(kept, path);
    await sync(path);
  }
  const stays = (await exists(put)) ? [aside] : [];
  const replaced = aside.automatic ? record.aside.filter(({ automatic }) => automatic) : [];
  const { settingBack: _, kept: __, ...rest } = record;
  const done: DatastoreRecord = {
    ...rest,
    owner: dcp,
    aside: [...record.aside.filter((one) => !replaced.includes(one)), ...stays],
  };
  // Listed until they are gone: what a power cut leaves of them is removed by the next start.
  for (const one of replaced) await files.remove(asidePath(folder, one));
  await writeDatastoreRecord(files, folder, done);
  return done;
}
