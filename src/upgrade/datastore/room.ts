/** The room that the copy of the datastore needs at the first start of another DCP. */
import type { Deployment } from '../../boot/deployment.ts';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Host } from '../../host/ports.ts';
import type { Node } from '../node.ts';
import { provenOf } from '../node.ts';
import { onSameFileSystem } from './datastore.ts';
import { asideLines, changeOf, type DatastoreView } from './view.ts';

/** What stays free for DCP itself, in bytes. */
export const copyReserve = 64 * 1024 * 1024;

/**
 * Bytes that the copy will take of the file system of BOS_STATE when `dcp` starts; 0 when none is made, and when it lies on
 * another one, which has to have the room by itself. Throws `datastore-space` (refused).
 */
export async function roomForCopy(
  { files }: Pick<Host, 'files'>,
  node: Node,
  dcp: string | null,
  view: DatastoreView | undefined,
): Promise<number> {
  const before = provenOf(node);
  if (view?.kind !== 'local' || changeOf(view, before, { dcp }) !== 'copy') return 0;
  // What is kept for a DCP that goes with this upgrade is removed before the copy is made.
  const gained = view.kept === undefined || view.kept.dcp === before.dcp ? 0 : view.kept.bytes;
  const needed = Math.max(0, view.bytes - gained);
  if (await onSameFileSystem(files, node.state, view.path)) return needed;
  const free = await files.freeSpace(view.path);
  if (free >= needed + copyReserve) return 0;
  throw tooLarge(needed, free, view);
}

/** Before what is staged is committed: its files are there already. Throws `datastore-space` (refused). */
export async function requireRoomForCopy(
  host: Pick<Host, 'files'>,
  node: Node,
  { dcp }: Deployment,
  view: DatastoreView | undefined,
): Promise<void> {
  const needed = await roomForCopy(host, node, dcp, view);
  if (needed === 0) return;
  const free = await host.files.freeSpace(node.state);
  if (free < needed + copyReserve) throw tooLarge(needed, free, view);
}

const tooLarge = (needed: number, free: number, view: DatastoreView | undefined) =>
  refused(
    'datastore-space',
    `A copy of the datastore of DCP needs ${formatBytes(needed + copyReserve)}, but there are ${formatBytes(free)} free`,
    {
      details: [
        ...(view?.kind === 'local' ? [`the datastore: ${view.path}, ${formatBytes(view.bytes)}`] : []),
        ...asideLines(view),
      ],
      hint: 'Make space on that file system. The copy is what a return to this version sets back.',
    },
  );
