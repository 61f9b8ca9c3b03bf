/** Why a drain did not end, from what kubectl said (kubectl 1.32, pkg/drain): what a person can do about it. Pure. */
import type { DrainParameters } from '../../config/patch/drain-parameters.ts';

export interface DrainFailure {
  readonly message: string;
  readonly hint: string;
}

const reasons: readonly (readonly [RegExp, string, string])[] = [
  [
    /violate the pod's disruption budget/,
    'a disruption budget lets nobody go',
    'Add a replica or change the PodDisruptionBudget; bos.patch.drain.disable_eviction disregards it.',
  ],
  [
    /cannot delete DaemonSet-managed Pods/,
    'it has pods of DaemonSets',
    'Leave them where they are with bos.patch.drain.ignore_daemon_sets.',
  ],
  [
    /cannot delete Pods with local storage/,
    'it has pods with an emptyDir volume',
    'Move their data, or give it up with bos.patch.drain.delete_local_data.',
  ],
  [
    /cannot delete .*declare no controller/,
    'it has pods that nothing would make again',
    'Delete them, or have the drain do it with bos.patch.drain.force.',
  ],
  [
    /forbidden/i,
    'its credentials do not allow it',
    'An agent has those of its kubelet: grant system:nodes what docs/patching.md lists.',
  ],
  [
    /global timeout reached|did not complete within|timed out/i,
    'a pod did not end in time',
    'See what keeps it: `kubectl get pods -A --field-selector spec.nodeName=NODE`.',
  ],
];

/** `stderr` of kubectl; `node` in the cluster. The first reason that is found counts: a timeout follows from the others. */
export function drainFailure(node: string, { timeout }: DrainParameters, stderr: string): DrainFailure {
  const limit = timeout === 0 ? '' : ` within ${timeout} s`;
  const [, why, hint] = reasons.find(([pattern]) => pattern.test(stderr)) ?? [];
  return {
    message: `Node ${node} could not be drained${limit}${why === undefined ? '' : `: ${why}`}`,
    hint: (hint ?? 'Try it by hand: `kubectl drain NODE`.').replaceAll('NODE', node),
  };
}
