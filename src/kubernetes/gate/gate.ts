/**
 * `opsctl upgrade --gate`, the prepare container of a Plan: the job goes on to the drain only when the nodes that were
 * upgraded before are healthy. It comes before anything cordons the node, so that a gate that stays closed changes nothing;
 * and it notes on the node whether it took pods, so that the node does so again afterwards.
 */
import { join } from 'node:path';
import { readBootFacts } from '../../boot/boot-facts.ts';
import { errorCode, messageOf, refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { parseManifest } from '../../media/manifest.ts';
import { accessOfPod } from '../api/access.ts';
import { ApiClient } from '../api/client.ts';
import { type NodeObject, nameOf, type ResourcePath } from '../api/objects.ts';
import { waitFor } from '../api/watch.ts';
import { hasCordonRecord } from '../node/cordon-record.ts';
import { planGroup } from '../schema/plan-schema.ts';
import { nodeAnnotations } from '../values/node-labels.ts';
import { isVersion, renderUpgrading, type Upgrading } from '../values/upgrading.ts';
import { judge, type PlanObject, planName, upgradingOf, type Verdict } from './judge.ts';

/** Seconds that the controller gives a job whose Plan says nothing, and more. */
const usualDeadline = 3600;
/** What the controller tells every container of a job. */
const variables = { plan: 'SYSTEM_UPGRADE_PLAN_NAME', node: 'SYSTEM_UPGRADE_NODE_NAME' } as const;

export interface GateRequest {
  /** The folder with the manifest of the system that is brought. */
  readonly source: string;
  /** Where the root of the node is. */
  readonly root: string;
  /** Seconds. */
  readonly limit: number;
}

export interface GateOptions {
  /** Takes a line for a person. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

const nodes: ResourcePath = { version: 'v1', resource: 'nodes' };

/**
 * Resolves when the node may be upgraded. Throws OpsError (refused): `gate-no-job` outside of a job, `gate-returned`,
 * `gate-quorum`, `gate-limit`, `gate-node`, what `accessOfPod`, `parseManifest` and the client throw; the reason of `signal`.
 */
export async function passGate(host: Host, request: GateRequest, options: GateOptions): Promise<void> {
  const { say, signal } = options;
  const job = jobOf(host);
  const path = join(request.source, 'manifest.json');
  const { os: version } = parseManifest(await host.files.readText(path), path);
  const access = await accessOfPod(host);
  const client = new ApiClient(host, access, { say, ...(signal === undefined ? {} : { signal }) });
  const planPath = {
    ...{ group: planGroup, version: 'v1', resource: 'plans' },
    namespace: access.namespace ?? 'default',
    name: job.plan,
  };
  const look = () => client.get<PlanObject>(planPath);
  const plan = await look();
  // Before and after: a patch writes its record before it cordons, and removes it after it has uncordoned.
  const held = await hasCordonRecord(host.files, request.root);
  const { items } = await client.list<NodeObject>(nodes);
  const node = items.find((one) => nameOf(one) === job.node);
  if (node === undefined)
    throw refused('gate-node', `The cluster has no node ${job.node}`, { hint: 'Check `kubectl get nodes`.' });
  const takesPods =
    node.spec?.unschedulable !== true || held || (await hasCordonRecord(host.files, request.root));
  const announced = announcementOf({ node, plan, version, takesPods }, host.clock.now());
  // One that does not go on says nothing of itself: the node must not wait for an upgrade that does not come.
  stopIfAsked(judge({ plan, nodes: items, own: job.node, announced, version }));
  const own = { ...nodes, name: job.node };
  await client.patch(own, {
    metadata: { annotations: { [nodeAnnotations.upgrading]: renderUpgrading(announced) } },
  });
  if (await runsAlready(host, request.root, version))
    return say(`${job.node} runs ${version} already: the gate is open`);
  try {
    await waitUntilOpen(host, client, { ...request, own: job.node, announced, version, look }, options);
  } catch (error) {
    // Also when it is cancelled: the others must not wait for it until its deadline.
    if (upgradingOf(node) === undefined) await takeBack(new ApiClient(host, access), own, say);
    throw error;
  }
  say(`The gate is open: ${job.node} is next for ${version}`);
}

function jobOf({ system }: Host): { readonly plan: string; readonly node: string } {
  const [plan, node] = [system.env[variables.plan], system.env[variables.node]];
  if (plan && node) return { plan, node };
  throw refused('gate-no-job', 'This is not a job of the system-upgrade-controller', {
    details: Object.values(variables)
      .filter((name) => !system.env[name])
      .map((name) => `${name} is not set`),
    hint: '--gate is for the container `prepare` of a Plan: `opsctl plan` prints one.',
  });
}

interface Announcing {
  readonly node: NodeObject;
  readonly plan: PlanObject;
  readonly version: string;
  /** When nothing upgrades it; a patch that has cordoned it uncordons it, and a job may cordon it again after that. */
  readonly takesPods: boolean;
}

/**
 * What an earlier attempt of the same job has noted stays: the node may be cordoned by it, and its place among the servers is
 * that of the first attempt.
 */
function announcementOf({ node, plan, version, takesPods }: Announcing, now: number): Upgrading {
  const at = new Date(now).toISOString();
  const seconds = plan.spec?.jobActiveDeadlineSecs || usualDeadline;
  const before = upgradingOf(node);
  const isSame = before?.plan === planName(plan) && before.version === version;
  if (isSame && before.until > at) return before;
  return {
    ...{ plan: planName(plan), version, at, until: new Date(now + seconds * 1000).toISOString() },
    schedulable: before === undefined ? takesPods : before.schedulable,
  };
}

/** As the node itself says: a job that comes back after the restart has nothing to wait for. */
const runsAlready = (host: Host, root: string, version: string): Promise<boolean> =>
  readBootFacts(host, root).then(
    ({ os }) => isVersion(os, version),
    () => false,
  );

interface Waiting extends GateRequest {
  readonly own: string;
  readonly announced: Upgrading;
  readonly version: string;
  readonly look: () => Promise<PlanObject>;
}

async function waitUntilOpen(
  host: Host,
  client: ApiClient,
  { own, announced, version, look, limit }: Waiting,
  { say }: GateOptions,
): Promise<void> {
  let reasons: readonly string[] = [];
  const open = await waitFor(client, host.clock, nodes, {
    until: host.clock.monotonic() + limit * 1000,
    judge: async (all: readonly NodeObject[]) => {
      const verdict = judge({ plan: await look(), nodes: all, own, announced, version });
      stopIfAsked(verdict);
      if (verdict.kind === 'go') return true;
      const news = verdict.kind === 'wait' ? verdict.reasons : [];
      if (news.join() !== reasons.join()) say(`The gate is closed: ${news.join('; ')}`);
      reasons = news;
      return undefined;
    },
  });
  if (open === true) return;
  throw refused('gate-limit', `The gate stayed closed for ${limit} s: ${own} is not upgraded`, {
    details: reasons,
    hint: 'See to these nodes; the job tries again. --gate-limit makes it wait longer.',
  });
}

function stopIfAsked(verdict: Verdict): void {
  if (verdict.kind === 'stop') throw verdict.error;
}

/** A node that is not upgraded after all is as it was. */
async function takeBack(client: ApiClient, own: ResourcePath, say: (line: string) => void): Promise<void> {
  await client
    .patch(own, { metadata: { annotations: { [nodeAnnotations.upgrading]: null } } })
    .catch((error: unknown) => {
      if (errorCode(error) === 'api-not-found') return;
      say(`the annotation ${nodeAnnotations.upgrading} could not be taken back: ${messageOf(error)}`);
    });
}
