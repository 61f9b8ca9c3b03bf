/** What of a node object has to change: one merge patch, or none. Pure. */
import { annotationsOf, labelsOf, type NodeObject } from '../api/objects.ts';
import { nodeAnnotations } from '../values/node-labels.ts';
import { isVersion, parseUpgrading, type Upgrading } from '../values/upgrading.ts';
import { type Facts, healthOf, type Known } from './facts.ts';

export interface NodeChange {
  readonly metadata?: {
    /** The server refuses the change of an object that has changed since: `api-conflict`. */
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly spec?: { readonly unschedulable: null };
}

/**
 * Undefined: the object says it all. `now` as ISO 8601. With `released` the upgrade that the object speaks of is over, and a
 * node that took pods before takes them again; who has announced another upgrade or cordoned it since is not overruled.
 */
export function changeOf(
  object: NodeObject,
  facts: Facts,
  released: Upgrading | undefined,
): NodeChange | undefined {
  const labels = Object.entries(facts.labels).filter(([key, value]) => labelsOf(object)[key] !== value);
  const known = annotationsOf(object);
  const annotations = Object.entries({
    ...facts.annotations,
    ...(released === undefined ? {} : { [nodeAnnotations.upgrading]: null }),
  }).filter(([key, value]) => (known[key] ?? null) !== value);
  const uncordon = released?.schedulable === true && object.spec?.unschedulable === true;
  if (labels.length === 0 && annotations.length === 0 && !uncordon) return undefined;
  const { resourceVersion } = object.metadata ?? {};
  return {
    metadata: {
      ...(released === undefined || resourceVersion === undefined ? {} : { resourceVersion }),
      ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    },
    ...(uncordon ? { spec: { unschedulable: null } } : {}),
  };
}

/** The upgrade that the object speaks of, when it is over; undefined while it goes on, and when there is none. */
export function releasedOf(object: NodeObject, node: Known | undefined, now: string): Upgrading | undefined {
  const upgrading = parseUpgrading(annotationsOf(object)[nodeAnnotations.upgrading]);
  if (upgrading === undefined || node === undefined) return undefined;
  const { version, at, until } = upgrading;
  const { last } = node.record;
  const isThis = isVersion(last?.to.os, version);
  // Brought, and as good as it can become.
  if (isVersion(node.running.os, version) && healthOf(node) !== 'trial') return upgrading;
  // One of an earlier attempt at the same version is no end of this one.
  if (isThis && last?.end !== 'pending' && (last?.endedAt ?? '') >= at) return upgrading;
  // The job is over, and has brought nothing that could still start.
  if (now > until && !(isThis && last?.end === 'pending')) return upgrading;
  return undefined;
}
