/** What `opsctl plan` is asked for, and what it takes where nothing is said. */

import type { WindowRequest } from '../../formats/time/window.ts';
import { modeLabel, oldUpgradeLabel, upgradeLabel } from '../values/node-labels.ts';
import type { Requirement } from '../values/selector.ts';

export const roles = ['control-plane', 'workers'] as const;
export type Role = (typeof roles)[number];

export interface Toleration {
  readonly key?: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: string;
}

/** The parameters of `kubectl drain` that the controller knows; seconds. */
export interface DrainRequest {
  /** Of the whole drain; 0 for no limit. */
  readonly timeout: number;
  /** Of each pod; undefined for the pod's own. */
  readonly gracePeriod: number | undefined;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptydirData: boolean;
  readonly force: boolean;
  readonly disableEviction: boolean;
  /** Pods that have been ending for longer are not waited for; 0 waits for all. */
  readonly skipWaitForDeleteTimeout: number;
  readonly podSelector: readonly Requirement[];
}

export interface PlanRequest {
  readonly name: string;
  readonly namespace: string;
  /** Without a tag: the controller takes the version for it. */
  readonly image: string;
  readonly source: { readonly version: string } | { readonly channel: string };
  /** A Plan each; one for all nodes when empty. */
  readonly roles: readonly Role[];
  /** Nodes at a time; those of the control plane go one by one in any case. */
  readonly concurrency: number;
  readonly selector: readonly Requirement[];
  readonly tolerations: readonly Toleration[];
  readonly before: { readonly drain: DrainRequest } | 'cordon' | 'nothing';
  readonly window: WindowRequest | undefined;
  /** Seconds that a job may take. */
  readonly deadline: number;
  readonly pullSecrets: readonly string[];
  /** Seconds that a job waits for the nodes that were upgraded before; undefined: it does not. */
  readonly gate: { readonly limit: number } | undefined;
}

/** Where the images of the project's releases are, beside its repository. */
export const defaultImage = 'ghcr.io/bhojpur/os';
export const defaultName = 'bos-upgrade';
/** The namespace that the controller's own manifest makes, and in which it looks for Plans. */
export const defaultNamespace = 'system-upgrade';

/** Nodes with the label of upgrades, live systems left out. */
export const defaultSelector = (label: 'new' | 'old'): readonly Requirement[] => [
  label === 'new'
    ? { key: upgradeLabel.key, operator: 'In', values: [upgradeLabel.value] }
    : { key: oldUpgradeLabel, operator: 'Exists' },
  { key: modeLabel, operator: 'NotIn', values: ['live'] },
];

export const defaultDrain: DrainRequest = {
  timeout: 600,
  gracePeriod: undefined,
  ignoreDaemonSets: true,
  deleteEmptydirData: true,
  force: false,
  disableEviction: false,
  skipWaitForDeleteTimeout: 60,
  podSelector: [],
};

/** Seconds: an image that is pulled over a slow line, ten minutes of draining, three starts of a node. */
export const defaultDeadline = 3600;
/** Seconds: a new version has three starts, each of which may take five minutes to be judged. */
export const defaultGateLimit = 1200;
