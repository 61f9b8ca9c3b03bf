/**
 * A patch from beginning to end: an upgrade to the newest release of the stream that runs. It is staged while the node
 * works; then, if it may restart, the node is drained, and the patch committed. So whatever fails before the end leaves the
 * node as it was, with its pods.
 */
import type { Config } from '../config/config.ts';
import { drainFlags } from '../config/patch/drain-parameters.ts';
import { messageOf } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { uncordonUnit } from '../runtime/patch-timers.ts';
import { readNode } from '../upgrade/node.ts';
import type { UpgradeRequest } from '../upgrade/request.ts';
import { type UpgradeOptions, type UpgradeResult, upgrade } from '../upgrade/run.ts';
import { drainParametersOf } from './cluster.ts';
import { clusterAccess, readNodeObject } from './drain/access.ts';
import { drainNode, uncordonLater, uncordonRecorded } from './drain/drain.ts';
import { requireNoPlan } from './drain/plan-upgrade.ts';
import { type Look, lookForPatch, lookText } from './look.ts';

export interface PatchRequest
  extends Omit<UpgradeRequest, 'source' | 'mode' | 'components' | 'force' | 'root'> {
  /** Where releases are. */
  readonly channel: string | undefined;
  /** It may restart the node. */
  readonly reboot: boolean;
  /** Drain the node before that, where there is a cluster. */
  readonly drain: boolean;
}

export interface PatchOptions {
  /** Runs a change of the node and shows how it goes. */
  readonly shown: (work: (options: UpgradeOptions) => Promise<UpgradeResult>) => Promise<UpgradeResult>;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** When nothing is left to refuse and before a pod is touched, or when there is nothing to patch: what asked for it counts as done. */
  readonly settled?: () => Promise<void>;
}

export interface PatchResult {
  /** nothing: no patch. staged: it waits. committed: the node has to restart. dry: a dry run. */
  readonly end: 'nothing' | 'staged' | 'committed' | 'dry';
  readonly look: Look;
  readonly message: string;
}

const components = ['kernel', 'os', 'dcp'] as const;

/**
 * Throws what `lookForPatch`, `upgrade`, `requireNoPlan`, `drainParametersOf` and `drainNode` throw; the node starts what it runs then, and is
 * not cordoned by this. The machine is not restarted here.
 */
export async function patchNode(
  host: Host,
  config: Config,
  request: PatchRequest,
  options: PatchOptions,
): Promise<PatchResult> {
  const node = await readNode(host, '/');
  const look = await lookForPatch(host, node, request.channel);
  const { newest, state } = look;
  if (newest === undefined || state === 'current' || state === 'returned') {
    if (!request.dryRun) await options.settled?.();
    return { end: 'nothing', look, message: lookText(look) };
  }
  const { channel: _, reboot, drain, ...common } = request;
  const asked = { ...common, ...{ root: '/', components, force: false } };
  const hasCluster = drain && node.running.dcp !== null;
  if (state === 'available') {
    const staged = await options.shown((shown) =>
      upgrade(host, { ...asked, source: newest.source, mode: 'stage' }, shown),
    );
    if (request.dryRun)
      return { end: 'dry', look, message: dryText(look, staged.message, reboot, hasCluster) };
    if (!staged.changed) {
      await options.settled?.();
      return { end: 'nothing', look, message: staged.message };
    }
  }
  if (request.dryRun) return { end: 'dry', look, message: dryText(look, lookText(look), reboot, hasCluster) };
  // What refuses the commit is known before a pod is touched.
  if (reboot && state !== 'committed')
    await upgrade(host, { ...asked, mode: 'commit', dryRun: true }, { emit: () => {} });
  const drained = reboot && hasCluster ? await prepareDrain(host, config, options) : undefined;
  await options.settled?.();
  if (!reboot) return { end: 'staged', look, message: waitsText(look) };
  await drained?.();
  if (state === 'committed') return { end: 'committed', look, message: lookText(look) };
  try {
    const { message } = await options.shown((shown) => upgrade(host, { ...asked, mode: 'commit' }, shown));
    return { end: 'committed', look, message };
  } catch (error) {
    await giveBack(host, config, options.say);
    throw error;
  }
}

/** All that can be known before a pod is touched; what is returned drains. */
async function prepareDrain(
  host: Host,
  config: Config,
  { say, signal }: PatchOptions,
): Promise<() => Promise<void>> {
  const access = await clusterAccess(host, config);
  const { annotations } = await readNodeObject(host, access, signal);
  requireNoPlan(access.node, annotations);
  const parameters = await drainParametersOf(host, access, config, { say, signal });
  return async () => {
    say(`Draining ${access.node} (${drainFlags(parameters).join(' ')})`);
    await drainNode(host, access, parameters, { say, signal });
  };
}

/** The node works on as it did: what this has cordoned is uncordoned, now or by the service that goes on trying. */
export async function giveBack(host: Host, config: Config, say: (line: string) => void): Promise<void> {
  try {
    const node = await uncordonRecorded(host, () => clusterAccess(host, config));
    if (node !== undefined) say(`Node ${node} is uncordoned again.`);
  } catch (error) {
    say(`${messageOf(error)}. ${uncordonUnit} goes on trying.`);
    await uncordonLater(host);
  }
}

const nameOf = ({ newest }: Look): string => newest?.name.replace(/^v(?=\d)/, '') ?? '';

const waitsText = (look: Look): string =>
  look.state === 'committed'
    ? `A restart is required: the next start is of ${nameOf(look)}. When it suits: opsctl patch --reboot-if-required.`
    : `A restart is required: ${nameOf(look)} is staged. When it suits: opsctl patch --reboot-if-required.`;

function dryText(look: Look, message: string, reboot: boolean, drains: boolean): string {
  if (!reboot) return `${message} ${nameOf(look)} would be staged.`;
  return `${message} ${drains ? 'The node would be drained, and restarted' : 'The node would be restarted'} into ${nameOf(look)}.`;
}
