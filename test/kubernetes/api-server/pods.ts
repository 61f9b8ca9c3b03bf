/** Pods that end: evictions and disruption budgets, grace periods, by a clock that tests may make faster. */
import { matches, type Requirement } from '../../../src/kubernetes/values/selector.ts';
import { resourceTypes } from './resources.ts';
import { ApiFault } from './status.ts';
import type { Store, Stored } from './store.ts';

const typeOf = (resource: string) => {
  const found = resourceTypes.find((one) => one.resource === resource);
  if (found === undefined) throw new Error(`no resource ${resource}`);
  return found;
};
const pods = typeOf('pods');
const budgets = typeOf('poddisruptionbudgets');
const sets = typeOf('replicasets');

/** Seconds until a pod ends after it was told to, or `never`; as long as its grace period when left out. */
export const endsAfter = 'test.bhojpur.net/ends-after';

/** How many seconds pass for the pods in one second of the machine. */
export class PodClock {
  readonly #factor: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(factor: number) {
    this.#factor = factor;
  }

  after(seconds: number, work: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        work();
      },
      (seconds * 1000) / this.#factor,
    );
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

const defaultGrace = 30;

/** What DELETE of a pod does: the kubelet ends it within its grace period. */
export function terminate(store: Store, clock: PodClock, pod: Stored, asked: number | undefined): Stored {
  const { namespace, name, uid } = pod.metadata;
  const grace = asked ?? pod.spec?.terminationGracePeriodSeconds ?? defaultGrace;
  if (grace === 0 || pod.spec?.nodeName === undefined) return store.remove(pods, namespace, name);
  const metadata = {
    ...pod.metadata,
    deletionTimestamp: new Date(Date.now() + grace * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    deletionGracePeriodSeconds: grace,
  };
  const ending = store.replace(pods, { ...pod, metadata });
  const takes = pod.metadata.annotations?.[endsAfter];
  if (takes === 'never') return ending;
  clock.after(Math.min(grace, takes === undefined ? grace : Number(takes)), () => {
    if (store.find(pods, namespace, name)?.metadata.uid === uid) store.remove(pods, namespace, name);
  });
  return ending;
}

/** An eviction (policy/v1): as deleting, unless a budget says no. Throws 429 and 500 as Kubernetes does. */
export function evict(store: Store, clock: PodClock, pod: Stored, grace: number | undefined): void {
  const over =
    ['Succeeded', 'Failed'].includes(pod.status?.phase) || pod.metadata.deletionTimestamp !== undefined;
  const covering = over ? [] : store.list(budgets, pod.metadata.namespace).filter((one) => covers(one, pod));
  if (covering.length > 1)
    throw new ApiFault(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = covering;
  if (budget !== undefined && disruptionsAllowed(store, budget) <= 0)
    throw new ApiFault(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${healthyNeeded(store, budget)} healthy pods and has ${healthy(store, budget).length} currently`,
        },
      ],
    );
  if (pod.metadata.deletionTimestamp === undefined) terminate(store, clock, pod, grace);
}

function covers(budget: Stored, pod: Stored): boolean {
  const { matchLabels = {}, matchExpressions = [] } = budget.spec?.selector ?? {};
  const requirements: Requirement[] = [
    ...Object.entries(matchLabels).map(([key, value]) => ({
      key,
      operator: 'In' as const,
      values: [String(value)],
    })),
    ...matchExpressions,
  ];
  return matches(requirements, pod.metadata.labels ?? {});
}

const covered = (store: Store, budget: Stored) =>
  store.list(pods, budget.metadata.namespace).filter((pod) => covers(budget, pod));

const healthy = (store: Store, budget: Stored) =>
  covered(store, budget).filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      (status?.conditions ?? []).some(
        ({ type, status: is }: { type: string; status: string }) => type === 'Ready' && is === 'True',
      ),
  );

/** As the disruption controller: percentages are of the pods that there should be, rounded up. */
function healthyNeeded(store: Store, budget: Stored): number {
  const expected = expectedPods(store, budget);
  const count = (value: number | string) =>
    typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * expected);
  const { minAvailable, maxUnavailable = 1 } = budget.spec ?? {};
  return minAvailable === undefined ? Math.max(0, expected - count(maxUnavailable)) : count(minAvailable);
}

/** The replicas of their ReplicaSets, which make up for those that are gone; pods without one count as they are. */
function expectedPods(store: Store, budget: Stored): number {
  const owners = new Set<string>();
  let alone = 0;
  for (const { metadata } of covered(store, budget)) {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'ReplicaSet');
    if (owner === undefined) alone += 1;
    else owners.add(owner.name);
  }
  return [...owners].reduce(
    (sum, name) => sum + Number(store.find(sets, budget.metadata.namespace, name)?.spec?.replicas ?? 1),
    alone,
  );
}

export const disruptionsAllowed = (store: Store, budget: Stored): number =>
  Math.max(0, healthy(store, budget).length - healthyNeeded(store, budget));
