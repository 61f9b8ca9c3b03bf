/**
 * `opsctl report`: a node tells its cluster what it runs and what became of upgrades, and takes pods again after one that had
 * kept them away. What the cluster knows already is not written again.
 */
import { errorCode } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { PassingFault, retrying } from '../../host/retry.ts';
import { ApiClient } from '../api/client.ts';
import { annotationsOf, isReady, type NodeObject } from '../api/objects.ts';
import { hasCordonRecord } from '../node/cordon-record.ts';
import { type Kubelet, kubeletOf } from '../node/kubelet.ts';
import type { Upgrading } from '../values/upgrading.ts';
import { changeOf, releasedOf } from './change.ts';
import { eventNamespace, eventObject, eventsOf } from './events.ts';
import { readFacts } from './facts.ts';
import { addTold, readTold } from './record.ts';

/** Half an hour: DCP may still be starting, and so may the servers. */
const tries = 60;

export interface ReportOptions {
  /** Takes a line for a person. */
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How often it is tried in all; 60 when left out. */
  readonly tries?: number;
  /** Takes the annotations of the node object, as others have set them, and as whom the node has asked for them. */
  readonly seen?: (annotations: Readonly<Record<string, string>>, kubelet: Kubelet) => Promise<void>;
}

/** none: DCP has no node in a cluster. unchanged: nothing was written. */
export type Reported = 'none' | 'unchanged' | 'told';

/**
 * Throws OpsError (refused): `not-bhojpur-os`, what `kubeletOf` and the client throw, `node-not-ready` while the node cannot
 * take pods again; the reason of `signal`.
 */
export async function report(host: Host, root: string, options: ReportOptions = {}): Promise<Reported> {
  const { say, signal } = options;
  // Each attempt looks at the node again: what has happened while it waited is what counts.
  const policy = { tries: options.tries ?? tries, clock: host.clock, say, signal };
  for (let told: Reported = 'unchanged'; ; ) {
    const before = JSON.stringify(await readFacts(host, root));
    const now = await retrying(policy, () => reportOnce(host, root, options));
    if (now !== 'unchanged') told = now;
    // What changes while this runs starts it no second time (systemd.path(5)).
    if (JSON.stringify(await readFacts(host, root)) === before) return told;
  }
}

async function reportOnce(host: Host, root: string, { say, signal, seen }: ReportOptions): Promise<Reported> {
  const kubelet = await kubeletOf(host, root);
  if (kubelet === undefined) return 'none';
  const { access, node: name } = kubelet;
  const facts = await readFacts(host, root);
  const client = new ApiClient(host, access, { tries: 1, ...(signal === undefined ? {} : { signal }) });
  const path = { version: 'v1', resource: 'nodes', name };
  const object = await client.get<NodeObject>(path);
  const now = new Date(host.clock.now()).toISOString();
  const released = releasedOf(object, facts.node, now);
  const waits = released !== undefined && !isReady(object);
  const over = waits ? undefined : await ownedRelease(host, root, released);
  const change = changeOf(object, facts, over);
  if (change !== undefined)
    await client.patch(path, change).catch((error: unknown) => {
      if (errorCode(error) !== 'api-conflict') throw error;
      throw new PassingFault('api-conflict', `${name} was changed by somebody else`, { cause: error });
    });
  if (change?.spec !== undefined)
    say?.(`${name} takes pods again: the upgrade to ${released?.version} is over`);
  const told = await tellEvents(
    host,
    root,
    client,
    name,
    facts.node === undefined ? [] : eventsOf(facts.node),
  );
  if (waits)
    throw new PassingFault('node-not-ready', `${name} is not ready yet, and takes no pods`, {
      hint: 'See `kubectl describe node` and `systemctl status dcp`.',
    });
  await seen?.(annotationsOf(object), kubelet);
  return change !== undefined || told ? 'told' : 'unchanged';
}

/** What `opsctl patch` has cordoned it uncordons itself: its drain must not be undone under it. */
const ownedRelease = async (host: Host, root: string, released: Upgrading | undefined) =>
  released !== undefined && (await hasCordonRecord(host.files, root))
    ? { ...released, schedulable: false }
    : released;

/** Resolves with whether there was one that had not been told. */
async function tellEvents(
  host: Host,
  root: string,
  client: ApiClient,
  node: string,
  events: ReturnType<typeof eventsOf>,
): Promise<boolean> {
  const known = await readTold(host.files, root);
  const news = events.filter(({ id }) => !known.includes(id));
  for (const event of news) {
    const object = eventObject(node, event, new Date(host.clock.now()).toISOString());
    const path = { version: 'v1', resource: 'events', namespace: eventNamespace };
    await client.create(path, object).catch((error: unknown) => {
      // Told by a report that could not remember it any more.
      if (errorCode(error) !== 'api-conflict') throw error;
    });
    await addTold(host.files, root, event.id);
  }
  return news.length > 0;
}
