/** Events of a node: upgraded, returned, reboot required. Each is told once, whatever restarts in between. */
import { createHash } from 'node:crypto';
import { deploymentText, sameDeployment } from '../../boot/deployment.ts';
import type { KubeObject } from '../api/objects.ts';
import type { Known } from './facts.ts';

export interface NodeEvent {
  /** Tells it from every other event of this node. */
  readonly id: string;
  readonly reason: 'Upgraded' | 'UpgradeReturned' | 'RebootRequired';
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

/** Those that the state of the node stands for, told or not. Pure. */
export function eventsOf({ running, current, tries, record }: Known): readonly NodeEvent[] {
  const { last } = record;
  const events: NodeEvent[] = [];
  if (last?.end === 'proved')
    events.push({
      ...{ id: `upgraded ${last.at}`, reason: 'Upgraded', type: 'Normal' },
      message: `Bhojpur OS ${last.to.os} proved itself; before it was ${last.from.os}`,
    });
  if (last?.end === 'returned')
    events.push({
      ...{ id: `returned ${last.at}`, reason: 'UpgradeReturned', type: 'Warning' },
      message: `Bhojpur OS went back to ${last.from.os}: ${last.to.os} did not prove itself${last.reason === undefined ? '' : `: ${last.reason}`}`,
    });
  // While the version before is tried, the newer one is still what the boot environment names first.
  if (!sameDeployment(current, running) && (tries.length === 0 || tries[0] === 'c'))
    events.push({
      ...{
        id: `reboot ${deploymentText(current)} ${last?.at ?? ''}`,
        reason: 'RebootRequired',
        type: 'Normal',
      },
      message: `Bhojpur OS ${deploymentText(current)} starts with the next restart of the node`,
    });
  return events;
}

/** The namespace in which events of nodes are, which belong to none. */
export const eventNamespace = 'default';

/** The object (core/v1 Event), whose name follows from the event: it can be made only once. `now` as ISO 8601. Pure. */
export function eventObject(node: string, { id, reason, type, message }: NodeEvent, now: string): KubeObject {
  const digest = createHash('sha256').update(`${node} ${id}`).digest('hex').slice(0, 16);
  // Seconds: metav1.Time has no fractions.
  const time = `${now.slice(0, 19)}Z`;
  const event = {
    ...{
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${node}.${digest}`, namespace: eventNamespace },
    },
    // What the kubelet says of its own node has the name as uid, too.
    involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: node },
    ...{ reason, message, type, count: 1, firstTimestamp: time, lastTimestamp: time },
    source: { component: 'bhojpur-os', host: node },
    reportingComponent: 'bhojpur.net/opsctl',
    reportingInstance: node,
  };
  return event;
}
