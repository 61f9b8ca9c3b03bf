/**
 * `bos-datastore/record.json` beside the datastore: which DCP has written to it last, and what is kept of it. It is written
 * before the DCP that it names is started, so that no start has to guess.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import type { Files } from '../../host/ports.ts';

/** Why DCP does not start in this boot, as long as it is there. */
export const datastoreFaultPath = '/run/bos/datastore-fault';

const kept = z.object({
  /** The DCP whose datastore it is. */
  dcp: z.string(),
  /** When it was kept, ISO 8601. */
  at: z.string(),
  /** Bytes of its files, in whole blocks. */
  bytes: z.number(),
});
export type Kept = Readonly<z.infer<typeof kept>>;

const aside = kept.extend({
  /** Of its folder. */
  name: z.string(),
  /** The node went back by itself: the next such one replaces it. */
  automatic: z.boolean(),
});
export type Aside = Readonly<z.infer<typeof aside>>;

const settingBack = z.object({ dcp: z.string(), aside });
const known = z.object({
  v: z.literal(1),
  /** The DCP that the datastore belongs to. */
  owner: z.string(),
  /** As it was when another DCP was started on it for the first time: what a return sets back. */
  kept: kept.optional(),
  /** What was left when another one was set back; the oldest first. */
  aside: z.array(aside),
  /** A return that has begun: what becomes of the datastore that is left. `dcp` is whose is set back. */
  settingBack: settingBack.optional(),
});
export type DatastoreRecord = Readonly<z.infer<typeof known>>;

/**
 * What a newer version has written beside it, at any depth, is kept for when that runs again: the DCP before it must start
 * after a return.
 */
const schema = known
  .extend({
    kept: kept.loose().optional(),
    aside: z.array(aside.loose()),
    settingBack: settingBack.extend({ aside: aside.loose() }).loose().optional(),
  })
  .loose();

export const recordPath = (folder: string): string => join(folder, 'record.json');
export const keptPath = (folder: string, { dcp }: Pick<Kept, 'dcp'>): string => join(folder, 'kept', dcp);
export const asidePath = (folder: string, { name }: Pick<Aside, 'name'>): string =>
  join(folder, 'aside', name);
/** A copy that is being made: it never counts. */
export const partialPath = (folder: string): string => join(folder, 'partial');

/** Undefined where there is none. Throws `datastore-record` (refused) for a file that is not such a record. */
export async function readDatastoreRecord(
  files: Files,
  folder: string,
): Promise<DatastoreRecord | undefined> {
  const path = recordPath(folder);
  if (!(await files.exists(path))) return undefined;
  const text = await files.readText(path);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('refused', 'datastore-record', `${path} is not a record of the datastore of DCP`, {
      cause,
      hint: 'Move it away. The datastore then counts as that of the DCP that is started, and nothing is set back.',
    });
  }
}

/** Writes it as a whole, for root alone; on the disk when this returns. The folder has to exist. */
export const writeDatastoreRecord = (files: Files, folder: string, record: DatastoreRecord): Promise<void> =>
  files.writeAtomic(recordPath(folder), `${JSON.stringify(schema.parse(record), null, 2)}\n`, {
    mode: 0o600,
  });
