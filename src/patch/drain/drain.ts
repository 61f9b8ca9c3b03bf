/**
 * Drains this node by `kubectl drain`, and uncordons it: after a failure and a cancel at once, else after the restart. Who
 * had cordoned it before keeps it so.
 */

import { type DrainParameters, drainFlags } from '../../config/patch/drain-parameters.ts';
import { OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { ToolFailed } from '../../host/tool-failed.ts';
import {
  hasCordonRecord,
  readCordonRecord,
  removeCordonRecord,
  writeCordonRecord,
} from '../../kubernetes/node/cordon-record.ts';
import { uncordonUnit } from '../../runtime/patch-timers.ts';
import { type ClusterAccess, kubectl, lastLines, readNodeObject } from './access.ts';
import { drainFailure } from './failure.ts';

export interface DrainOptions {
  readonly signal?: AbortSignal | undefined;
  readonly say: (line: string) => void;
}

/** kubectl ends by itself; this is for one that does not. */
const graceMs = 60_000;
/** Of setTimeout(3): about 24 days. */
const longestMs = 2 ** 31 - 1;

/**
 * Returns when no pod is left that the parameters name. Throws OpsError: `cluster-unreachable` (refused), before anything is
 * changed; `drain-failed` (undone), `interrupted`, with the node uncordoned if this had cordoned it; `still-cordoned`
 * (broken) when that failed.
 */
export async function drainNode(
  host: Host,
  access: ClusterAccess,
  parameters: DrainParameters,
  { signal, say }: DrainOptions,
): Promise<void> {
  const { node } = access;
  const { cordoned } = await readNodeObject(host, access, signal);
  const mine = (await readCordonRecord(host.files))?.node === node;
  if (cordoned && !mine) say(`Node ${node} is cordoned already, and stays so.`);
  if (parameters.timeout === 0) say('The drain has no limit: bos.patch.drain.timeout sets one.');
  if (!cordoned)
    await writeCordonRecord(host.files, { v: 1, node, at: new Date(host.clock.now()).toISOString() });
  try {
    await kubectl(host, access, ['drain', node, ...drainFlags(parameters)], {
      ...{ signal, onLine: say },
      timeoutMs:
        parameters.timeout === 0 ? longestMs : Math.min(longestMs, parameters.timeout * 1000 + graceMs),
    });
  } catch (error) {
    if (!cordoned || mine) await uncordonAfter(host, access, error, say);
    signal?.throwIfAborted();
    throw error instanceof ToolFailed ? failed(access, parameters, error) : error;
  }
}

/** Uncordons what this has cordoned. Throws `still-cordoned` (broken); the record stays then, and a service goes on trying. */
async function uncordonAfter(
  host: Host,
  access: ClusterAccess,
  cause: unknown,
  say: (line: string) => void,
): Promise<void> {
  try {
    await uncordon(host, access);
    say(`Node ${access.node} is uncordoned again.`);
  } catch (error) {
    await uncordonLater(host);
    throw new OpsError('broken', 'still-cordoned', `Node ${access.node} is still cordoned`, {
      cause,
      details: [...linesOf(cause), ...linesOf(error)],
      hint: `${uncordonUnit} goes on trying. By hand: kubectl uncordon ${access.node}.`,
    });
  }
}

/** `Error from server (NotFound): nodes "n1" not found`, as kubectl says it. */
const notFound = /\(NotFound\): nodes "/;

async function uncordon(host: Host, access: ClusterAccess): Promise<void> {
  try {
    await kubectl(host, access, ['uncordon', access.node]);
  } catch (error) {
    // A node that the cluster no longer has is not cordoned, and never would be uncordoned.
    if (!(error instanceof ToolFailed) || !notFound.test(error.stderr)) throw error;
  }
  await removeCordonRecord(host.files);
}

/** Has the service try until it is done; where that cannot be started, the next start of the node does it. */
export async function uncordonLater({ processes }: Pick<Host, 'processes'>): Promise<void> {
  await processes.run('systemctl', ['--no-block', 'start', uncordonUnit]).catch(() => {});
}

const linesOf = (error: unknown): readonly string[] =>
  error instanceof ToolFailed ? lastLines(error.stderr) : error instanceof Error ? [error.message] : [];

function failed({ node }: ClusterAccess, parameters: DrainParameters, error: ToolFailed): OpsError {
  const { message, hint } = drainFailure(node, parameters, error.stderr);
  return new OpsError('undone', 'drain-failed', message, {
    ...{ cause: error, hint, details: lastLines(error.stderr) },
  });
}

/**
 * After a restart, or when an uncordon failed: undoes what the record says. Returns the node that was uncordoned; undefined
 * when there was nothing to do. Throws OpsError `still-cordoned` (broken) while the cluster does not take it.
 */
export async function uncordonRecorded(
  host: Host,
  access: () => Promise<ClusterAccess>,
): Promise<string | undefined> {
  if (!(await hasCordonRecord(host.files, '/'))) return undefined;
  // One that cannot be read is of this node: nobody else writes there.
  let node = (await readCordonRecord(host.files))?.node;
  try {
    const own = await access();
    node ??= own.node;
    await uncordon(host, { ...own, node });
  } catch (error) {
    throw new OpsError('broken', 'still-cordoned', `Node ${node ?? 'of this machine'} is still cordoned`, {
      cause: error,
      details: linesOf(error),
      hint: `It is tried again. By hand: kubectl uncordon ${node ?? 'NODE'}.`,
    });
  }
  return node;
}
