/**
 * `/var/lib/bhojpur/os/cordoned.json`: this node was cordoned by `opsctl patch`. It is on the disk before the cluster is
 * told, and goes when the node is uncordoned, so that no failure and no power cut leaves a node cordoned. What a person or
 * the job of a Plan has cordoned is not in it.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Files } from '../../host/ports.ts';

/** A condition of os/overlay/usr/lib/systemd/system/bos-patch-uncordon.service. */
export const cordonRecordPath = '/var/lib/bhojpur/os/cordoned.json';

const schema = z.object({
  v: z.literal(1),
  /** The node's name in the cluster. */
  node: z.string().min(1),
  /** When, ISO 8601. */
  at: z.string(),
});
export type CordonRecord = Readonly<z.infer<typeof schema>>;

/** Whether there is one on the node whose root is `root`, readable or not: then the node is for `opsctl patch` to uncordon. */
export const hasCordonRecord = (files: Files, root: string): Promise<boolean> =>
  files.exists(join(root, cordonRecordPath));

/** Undefined when there is none, or something that is not one. */
export async function readCordonRecord(files: Files): Promise<CordonRecord | undefined> {
  if (!(await files.exists(cordonRecordPath))) return undefined;
  try {
    return schema.parse(JSON.parse(await files.readText(cordonRecordPath)));
  } catch {
    return undefined;
  }
}

/** On the disk when this returns. */
export async function writeCordonRecord(files: Files, record: CordonRecord): Promise<void> {
  await files.makeDir(dirname(cordonRecordPath));
  await files.writeAtomic(cordonRecordPath, `${JSON.stringify(record)}\n`, { mode: 0o644 });
}

export const removeCordonRecord = (files: Files): Promise<void> => files.remove(cordonRecordPath);
