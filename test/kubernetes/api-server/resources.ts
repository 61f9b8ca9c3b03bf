/** What kinds of objects the API server of the tests has, and the discovery documents that kubectl finds them by. */

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  /** In the plural. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  /** `pods/eviction`: name of the subresource and kind of what is sent to it. */
  readonly subresources?: readonly (readonly [name: string, kind: string])[];
}

const type = (
  groupVersion: string,
  resource: string,
  kind: string,
  more: Partial<ResourceType> = {},
): ResourceType => {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return { group: group ?? '', version: version ?? '', resource, kind, namespaced: true, ...more };
};

const cluster = { namespaced: false };

export const resourceTypes: readonly ResourceType[] = [
  type('v1', 'nodes', 'Node', { ...cluster, shortNames: ['no'], subresources: [['status', 'Node']] }),
  type('v1', 'namespaces', 'Namespace', { ...cluster, shortNames: ['ns'] }),
  type('v1', 'pods', 'Pod', {
    shortNames: ['po'],
    subresources: [
      ['eviction', 'Eviction'],
      ['status', 'Pod'],
    ],
  }),
  type('v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  type('v1', 'events', 'Event', { shortNames: ['ev'] }),
  type('v1', 'serviceaccounts', 'ServiceAccount', { shortNames: ['sa'] }),
  type('apps/v1', 'daemonsets', 'DaemonSet', { shortNames: ['ds'] }),
  type('apps/v1', 'replicasets', 'ReplicaSet', { shortNames: ['rs'] }),
  type('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { shortNames: ['pdb'] }),
  type('coordination.k8s.io/v1', 'leases', 'Lease'),
  type('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', cluster),
  type('rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', cluster),
  type('upgrade.cattle.io/v1', 'plans', 'Plan', { subresources: [['status', 'Plan']] }),
];

export const groupVersionOf = ({ group, version }: Pick<ResourceType, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function resourceList(groupVersion: string) {
  const types = resourceTypes.filter((one) => groupVersionOf(one) === groupVersion);
  if (types.length === 0) return undefined;
  return {
    ...{ kind: 'APIResourceList', apiVersion: 'v1' },
    groupVersion,
    resources: types.flatMap(({ resource, kind, namespaced, shortNames = [], subresources = [] }) => [
      { name: resource, singularName: kind.toLowerCase(), namespaced, kind, verbs, shortNames },
      ...subresources.map(([name, sub]) => ({
        ...{ name: `${resource}/${name}`, singularName: '', namespaced, kind: sub },
        ...(sub === 'Eviction'
          ? { group: 'policy', version: 'v1', verbs: ['create'] }
          : { verbs: ['get', 'patch'] }),
      })),
    ]),
  };
}

/** A discovery document (API concepts, "Discovery API": the unaggregated one); undefined for other paths. */
export function discovery(path: string): unknown {
  if (path === '/version')
    return { major: '1', minor: '30', gitVersion: 'v1.30.0-api-server-of-tests', platform: 'linux/amd64' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') {
    const groups = new Set(resourceTypes.map(({ group }) => group).filter((group) => group !== ''));
    return {
      ...{ kind: 'APIGroupList', apiVersion: 'v1' },
      groups: [...groups].map((name) => {
        const version = { groupVersion: `${name}/v1`, version: 'v1' };
        return { name, versions: [version], preferredVersion: version };
      }),
    };
  }
  const [, groupVersion = ''] = /^\/apis?\/(v1|[^/]+\/[^/]+)$/.exec(path) ?? [];
  return resourceList(groupVersion);
}

/** What a path names below `/api` and `/apis`. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export function targetOf(path: string): Target | undefined {
  const [, groupVersion = '', rest = ''] = /^\/apis?\/(v1|[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
  const parts = rest.split('/').map(decodeURIComponent);
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2;
  const [resource, name, subresource] = inNamespace ? parts.slice(2) : parts;
  const found = resourceTypes.find(
    (one) => groupVersionOf(one) === groupVersion && one.resource === resource,
  );
  if (found === undefined) return undefined;
  return { type: found, namespace: inNamespace ? parts[1] : undefined, name, subresource };
}
