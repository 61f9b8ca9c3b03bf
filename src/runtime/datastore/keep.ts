/** Keeps the datastore as it is, for a return, before another DCP is started on it. */
import { dirname, join } from 'node:path';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Host } from '../../host/ports.ts';
import { folderSize } from '../../upgrade/datastore/folder-size.ts';
import {
  type DatastoreRecord,
  type Kept,
  keptPath,
  partialPath,
  writeDatastoreRecord,
} from '../../upgrade/datastore/record.ts';
import { copyReserve } from '../../upgrade/datastore/room.ts';
import { copyFolder } from './copy-folder.ts';
import type { Place } from './set-back.ts';

/**
 * Makes the copy, and then records that the datastore belongs to `dcp` from now on: in this order, so that a start after a
 * power cut makes it again while the datastore is still as `owner` has left it. Throws `datastore-space` (refused) and what
 * copying throws.
 */
export async function keepDatastore(
  host: Host,
  root: string,
  { path, folder }: Place,
  { record, owner, dcp }: { readonly record: DatastoreRecord; readonly owner: string; readonly dcp: string },
): Promise<Kept> {
  const { files, clock } = host;
  const before = await withoutUseless(host, root, folder, record);
  const bytes = await folderSize(files, path);
  await files.remove(partialPath(folder));
  const free = await files.freeSpace(folder);
  if (free < bytes + copyReserve)
    throw refused('datastore-space', `The datastore of DCP ${owner} cannot be kept: ${path} is full`, {
      details: [`a copy needs ${formatBytes(bytes + copyReserve)}, but there are ${formatBytes(free)} free`],
      hint: `DCP ${dcp} is not started on the only copy. Make space there, and upgrade again.`,
    });
  const kept: Kept = { dcp: owner, at: new Date(clock.now()).toISOString(), bytes };
  await copyFolder(host, { from: path, partial: partialPath(folder), to: keptPath(folder, kept) });
  // Counted again where it lies: what is no file, folder or link was left out.
  const copied: Kept = { ...kept, bytes: await folderSize(files, keptPath(folder, kept)) };
  await writeDatastoreRecord(files, folder, { ...before, owner: dcp, kept: copied });
  const older = before.kept;
  if (older !== undefined && older.dcp !== owner) await files.remove(keptPath(folder, older));
  return copied;
}

/**
 * Removes what is kept for a DCP that is not on the disk any more: nothing can return to it. Resolves with the record after it.
 */
export async function withoutUseless(
  { files }: Host,
  root: string,
  folder: string,
  record: DatastoreRecord,
): Promise<DatastoreRecord> {
  const { kept, ...rest } = record;
  const isUseful = kept !== undefined && (await files.exists(join(root, 'bos/system/dcp', kept.dcp)));
  if (kept !== undefined && !isUseful) await writeDatastoreRecord(files, folder, rest);
  // Also what is there without being recorded, as a power cut may have left it.
  for (const dcp of await files.list(dirname(keptPath(folder, { dcp: 'x' }))))
    if (!isUseful || dcp !== kept.dcp) await files.remove(keptPath(folder, { dcp }));
  return isUseful ? record : rest;
}
