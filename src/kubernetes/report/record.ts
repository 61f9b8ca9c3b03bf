/**
 * `/var/lib/bhojpur/os/cluster.json`: which events this node has told its cluster. The API server forgets events after an
 * hour, so it cannot be asked.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Files } from '../../host/ports.ts';

export const clusterRecordPath = '/var/lib/bhojpur/os/cluster.json';
/** The latest; what is older does not come again, as the record of upgrades has one upgrade. */
const limit = 20;

const schema = z.looseObject({ v: z.literal(1), events: z.array(z.string()) });

/** Ids of events. A record that cannot be read is as none: an event that is told twice does no harm. */
export async function readTold(files: Files, root: string): Promise<readonly string[]> {
  const path = join(root, clusterRecordPath);
  if (!(await files.exists(path))) return [];
  try {
    return schema.parse(JSON.parse(await files.readText(path))).events;
  } catch {
    return [];
  }
}

/** Adds one; on the disk when this returns. */
export async function addTold(files: Files, root: string, id: string): Promise<void> {
  const path = join(root, clusterRecordPath);
  const events = [...(await readTold(files, root)), id].slice(-limit);
  await files.makeDir(join(path, '..'));
  await files.writeAtomic(path, `${JSON.stringify({ v: 1, events }, null, 2)}\n`, { mode: 0o644 });
}
