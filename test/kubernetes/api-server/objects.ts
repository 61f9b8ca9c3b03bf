/** Nodes, pods and budgets as tests need them. */
import type { Stored } from './store.ts';

type Labels = Record<string, string>;

export const node = (
  name: string,
  {
    labels = {},
    annotations = {},
    ready = true,
  }: { labels?: Labels; annotations?: Labels; ready?: boolean } = {},
): Partial<Stored> =>
  ({
    ...{ apiVersion: 'v1', kind: 'Node' },
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels }, annotations },
    spec: {},
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as unknown as Partial<Stored>;

export interface PodSetup {
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  /** What would make it again; undefined for nothing. */
  readonly owner?: { readonly kind: 'ReplicaSet' | 'DaemonSet'; readonly name: string };
  readonly grace?: number;
  readonly emptyDir?: boolean;
}

export const pod = (name: string, nodeName: string, setup: PodSetup = {}): Partial<Stored> => {
  const { namespace = 'default', labels = {}, annotations = {}, owner, grace = 30, emptyDir = false } = setup;
  const owners =
    owner === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: 'apps/v1', ...owner, uid: `uid-of-${owner.name}`, controller: true },
          ],
        };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name, namespace, labels, annotations, ...owners },
    spec: {
      nodeName,
      containers: [{ name: 'main', image: 'example' }],
      terminationGracePeriodSeconds: grace,
      ...(emptyDir ? { volumes: [{ name: 'scratch', emptyDir: {} }] } : {}),
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  } as unknown as Partial<Stored>;
};

export const set = (kind: 'ReplicaSet' | 'DaemonSet', name: string, replicas = 1): Partial<Stored> =>
  ({
    ...{ apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'default' } },
    spec: kind === 'ReplicaSet' ? { replicas } : {},
  }) as unknown as Partial<Stored>;

export const budget = (name: string, app: string, spec: object): Partial<Stored> =>
  ({
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'default' } },
    spec: { selector: { matchLabels: { app } }, ...spec },
  }) as unknown as Partial<Stored>;
