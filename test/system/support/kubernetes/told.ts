/** What a node has told the cluster. */
import type { Session } from '../../../../src/vm/session.ts';
import type { ApiServer } from '../../../kubernetes/api-server/server.ts';
import type { Stored } from '../../../kubernetes/api-server/store.ts';
import { ok } from '../boots.ts';

export function nodeOf(api: ApiServer, name: string): Stored {
  const found = api.find('nodes', name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

/** Waits until what the node has told the cluster is so. */
export async function told(
  session: Session,
  api: ApiServer,
  name: string,
  isSo: (node: Stored) => boolean,
): Promise<void> {
  for (let left = 120; !isSo(nodeOf(api, name)); left--) {
    if (left === 0) throw new Error(`the node tells: ${JSON.stringify(nodeOf(api, name))}`);
    // Waits for something to be written to the log of the service, or two seconds.
    await ok(session, 'sudo timeout 2 journalctl -f -n 0 -u bos-report > /dev/null; true', 60_000);
  }
}
