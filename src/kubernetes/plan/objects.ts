/**
 * What `kubectl apply` is given: the Plans, and the account that their jobs drain nodes with. Plain objects, each field in
 * the order in which it is read. What the controller would take for granted is written out. Pure.
 */
import { secondsText } from '../../formats/time/duration.ts';
import { planGroup, planKind, planVersion } from '../schema/plan-schema.ts';
import { controlPlaneLabel } from '../values/node-labels.ts';
import type { Requirement } from '../values/selector.ts';
import type { DrainRequest, PlanRequest, Role, Toleration } from './request.ts';

export type Manifest = Readonly<Record<string, unknown>>;

/** Where a job finds the new system, in its own image, and the node. The entry point of the image is opsctl. */
const upgradeArguments = [
  'upgrade',
  '--source=/bos/system',
  '--destination=/host/bos/system',
  '--lock-file=/host/run/bos/upgrade.lock',
  '--reboot',
];

/** The same image, before anything cordons the node. */
const gateArguments = (limit: number) => [
  'upgrade',
  '--gate',
  '--source=/bos/system',
  '--destination=/host/bos/system',
  `--gate-limit=${secondsText(limit)}`,
];

/** Taints of servers, which their jobs have to bear. */
const controlPlaneTolerations: readonly Toleration[] = [
  { key: controlPlaneLabel, operator: 'Exists' },
  { key: 'node-role.kubernetes.io/etcd', operator: 'Exists' },
  { key: 'CriticalAddonsOnly', operator: 'Exists' },
];

/** All objects of a request: the account of the jobs and its rights, where they need them, then a Plan for each role. */
export function manifests(request: PlanRequest): readonly Manifest[] {
  const account = hasAccount(request) ? accountObjects(request) : [];
  const plans = request.roles.length === 0 ? [undefined] : request.roles;
  return [...account, ...plans.map((role) => plan(request, role))];
}

/** Whoever asks the API server. */
const hasAccount = ({ before, gate }: PlanRequest): boolean => before !== 'nothing' || gate !== undefined;

function plan(request: PlanRequest, role: Role | undefined): Manifest {
  const { name, namespace, image, source, before, window, pullSecrets, gate } = request;
  return {
    apiVersion: planVersion,
    kind: planKind,
    metadata: { name: role === undefined ? name : `${name}-${role}`, namespace },
    spec: {
      concurrency: role === 'control-plane' ? 1 : request.concurrency,
      ...source,
      jobActiveDeadlineSecs: request.deadline,
      nodeSelector: { matchExpressions: [...request.selector, ...ofRole(role)].map(expression) },
      ...(hasAccount(request) ? { serviceAccountName: name } : {}),
      ...tolerationsOf(request, role),
      ...(window === undefined ? {} : { window: { ...window, timeZone: window.timeZone ?? 'UTC' } }),
      ...(pullSecrets.length === 0
        ? {}
        : { imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })) }),
      ...(before === 'nothing'
        ? {}
        : before === 'cordon'
          ? { cordon: true }
          : { drain: drainOf(before.drain) }),
      ...(gate === undefined ? {} : { prepare: { image, args: gateArguments(gate.limit) } }),
      upgrade: { image, args: upgradeArguments },
    },
  };
}

function ofRole(role: Role | undefined): readonly Requirement[] {
  if (role === undefined) return [];
  return [{ key: controlPlaneLabel, operator: role === 'control-plane' ? 'Exists' : 'DoesNotExist' }];
}

const expression = ({ key, operator, values }: Requirement): Manifest => ({
  key,
  operator,
  ...(values === undefined ? {} : { values }),
});

function tolerationsOf(request: PlanRequest, role: Role | undefined): Manifest {
  const tolerations = [...(role === 'workers' ? [] : controlPlaneTolerations), ...request.tolerations];
  return tolerations.length === 0 ? {} : { tolerations };
}

function drainOf(drain: DrainRequest): Manifest {
  const { timeout, gracePeriod, skipWaitForDeleteTimeout, podSelector } = drain;
  return {
    // 0 means no limit, and a number would be nanoseconds.
    ...(timeout === 0 ? {} : { timeout: secondsText(timeout) }),
    ...(gracePeriod === undefined ? {} : { gracePeriod }),
    // Left out, the controller takes both for true.
    ignoreDaemonSets: drain.ignoreDaemonSets,
    deleteEmptydirData: drain.deleteEmptydirData,
    ...(drain.force ? { force: true } : {}),
    ...(drain.disableEviction ? { disableEviction: true } : {}),
    ...(skipWaitForDeleteTimeout > 0 ? { skipWaitForDeleteTimeout } : {}),
    ...(podSelector.length === 0 ? {} : { podSelector: { matchExpressions: podSelector.map(expression) } }),
  };
}

/** What the gate, `kubectl drain` and `kubectl cordon` ask of the API, and no more. */
function accountObjects({ name, namespace, before, gate }: PlanRequest): readonly Manifest[] {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
  const all = gate === undefined ? [] : ['list', 'watch'];
  const cordon = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', ...all, 'patch'] }];
  const plans = gate === undefined ? [] : [{ apiGroups: [planGroup], resources: ['plans'], verbs: ['get'] }];
  const drain = [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', ...deleting(before)] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    // To tell the pods of a DaemonSet, which would come back.
    { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
  ];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    {
      ...{ ...rbac, kind: 'ClusterRole', metadata: { name } },
      rules: [...cordon, ...plans, ...(typeof before === 'object' ? drain : [])],
    },
    {
      ...{ ...rbac, kind: 'ClusterRoleBinding', metadata: { name } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}

const deleting = (before: PlanRequest['before']): readonly string[] =>
  typeof before === 'object' && before.drain.disableEviction ? ['delete'] : [];
