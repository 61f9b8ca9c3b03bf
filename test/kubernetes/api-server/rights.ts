/**
 * Who may do what: administrators all, accounts what their ClusterRoles say, a kubelet what the node authorizer and the
 * admission plugin NodeRestriction leave it (Kubernetes documentation, "Using Node Authorization", "NodeRestriction"; with
 * AuthorizeNodeWithSelectors, the strictest).
 */
import { isDeepStrictEqual } from 'node:util';
import { resourceTypes, type Target } from './resources.ts';
import { fieldsOf } from './selectors.ts';
import { ApiFault, forbidden } from './status.ts';
import type { Store, Stored } from './store.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface Attempt {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  readonly target: Target;
  readonly query: URLSearchParams;
}

/** Throws 403 in Kubernetes' own words. */
export function authorize(store: Store, user: User, attempt: Attempt): void {
  if (user.groups.includes('system:masters')) return;
  const node = nodeOf(user);
  if (node !== undefined && nodeMay(store, node, attempt)) return;
  // The authorizers Node and RBAC are asked one after the other.
  if (roleAllows(store, user, attempt)) return;
  const { verb, target } = attempt;
  const { type, name = '', namespace, subresource } = target;
  const resource = subresource === undefined ? type.resource : `${type.resource}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw forbidden(
    type,
    name,
    `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${type.group}" ${where}`,
  );
}

/** The node that a kubelet speaks for. */
export const nodeOf = ({ name, groups }: User): string | undefined =>
  groups.includes('system:nodes') ? /^system:node:(.+)$/.exec(name)?.[1] : undefined;

function nodeMay(store: Store, node: string, { verb, target, query }: Attempt): boolean {
  const { type, name, subresource } = target;
  const selects = (field: string) =>
    fieldsOf(query).some(([one, value, equal]) => one === field && value === node && equal);
  switch (type.resource) {
    case 'nodes':
      if (verb === 'list' || verb === 'watch') return selects('metadata.name') || name === node;
      return verb !== 'delete' && (name === node || verb === 'create');
    case 'pods': {
      if (verb === 'list' || verb === 'watch') return selects('spec.nodeName');
      const pod = name === undefined ? undefined : store.find(type, target.namespace, name);
      const own = pod?.spec?.nodeName === node;
      if (subresource === 'eviction' || verb === 'delete' || verb === 'get') return own;
      return subresource === 'status' && own;
    }
    case 'events':
      return ['create', 'update', 'patch'].includes(verb);
    case 'leases':
      return target.namespace === 'kube-node-lease' && name === node;
    default:
      return false;
  }
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs?: readonly string[];
}

const typeOf = (resource: string) => resourceTypes.find((one) => one.resource === resource);

function roleAllows(store: Store, user: User, { verb, target }: Attempt): boolean {
  const [roles, bindings] = [typeOf('clusterroles'), typeOf('clusterrolebindings')];
  if (roles === undefined || bindings === undefined) return false;
  const { type, name, subresource } = target;
  const resource = subresource === undefined ? type.resource : `${type.resource}/${subresource}`;
  const has = (list: readonly string[] | undefined, value: string) =>
    list?.some((one) => one === value || one === '*');
  return store
    .list(bindings)
    .filter(({ subjects = [] }) => subjects.some((subject: Subject) => isSubject(user, subject)))
    .flatMap(({ roleRef }) => (store.find(roles, undefined, roleRef?.name)?.rules ?? []) as Rule[])
    .some(
      ({ apiGroups, resources, verbs, resourceNames }) =>
        has(apiGroups, type.group) &&
        has(resources, resource) &&
        has(verbs, verb) &&
        (resourceNames === undefined || (name !== undefined && resourceNames.includes(name))),
    );
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const isSubject = (user: User, { kind, name, namespace }: Subject): boolean =>
  kind === 'ServiceAccount'
    ? user.name === `system:serviceaccount:${namespace}:${name}`
    : kind === 'Group'
      ? user.groups.includes(name)
      : user.name === name;

/** Under kubernetes.io and k8s.io a kubelet sets these of its own node alone. */
const ownLabels =
  /^(?:(?:[^/]+\.)?(?:kubelet|node)\.kubernetes\.io\/.*|kubernetes\.io\/(?:hostname|arch|os)|(?:beta\.kubernetes\.io|node\.kubernetes\.io)\/(?:arch|os|instance-type)|(?:topology|failure-domain\.beta)\.kubernetes\.io\/(?:zone|region))$/;
const reserved = /^(?:[^/]+\.)?(?:kubernetes|k8s)\.io\//;

/** NodeRestriction: what a kubelet must not change of its node. Throws 403. */
export function admitNode(user: User, before: Stored | undefined, after: Stored): void {
  const node = nodeOf(user);
  if (node === undefined || after.kind !== 'Node') return;
  const fault = (why: string) =>
    new ApiFault(403, 'Forbidden', `nodes "${after.metadata.name}" is forbidden: ${why}`);
  if (after.metadata.name !== node)
    throw fault(`node "${node}" is not allowed to modify node "${after.metadata.name}"`);
  const [old, now] = [before?.metadata.labels ?? {}, after.metadata.labels ?? {}];
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (key) => old[key] !== now[key],
  );
  const refused = changed.filter((key) => reserved.test(key) && !ownLabels.test(key));
  if (refused.length > 0) throw fault(`is not allowed to modify labels: ${refused.toSorted().join(', ')}`);
  if (before !== undefined && !isDeepStrictEqual(before.spec?.taints, after.spec?.taints))
    throw fault(`node "${node}" is not allowed to modify taints`);
}
