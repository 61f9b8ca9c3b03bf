/** The parts of Kubernetes' objects that are read here. What an API server sends is not trusted to have any of them. */

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** core/v1 Node. */
export interface NodeObject extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
  };
}

/** meta/v1 Status: what an API server answers with when it refuses. */
export interface StatusObject {
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: { readonly retryAfterSeconds?: number };
}

export interface ListOf<T> {
  /** What a watch goes on from. */
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

/** `upgrade.cattle.io/v1 nodes/n1`, percent-encoded below the address of the server. */
export interface ResourcePath {
  /** Empty for core. */
  readonly group?: string;
  readonly version: string;
  /** In the plural: `nodes`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** `/api/v1/nodes/n1`, `/apis/GROUP/VERSION/namespaces/NS/RESOURCE/NAME` (API conventions, "Resources"). Pure. */
export function pathOf({ group = '', version, resource, namespace, name }: ResourcePath): string {
  const parts = [
    ...(group === '' ? ['api'] : ['apis', group]),
    version,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    resource,
    ...(name === undefined ? [] : [name]),
  ];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

export const isReady = ({ status }: NodeObject): boolean =>
  (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

export const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? '';
export const labelsOf = ({ metadata }: KubeObject) => metadata?.labels ?? {};
export const annotationsOf = ({ metadata }: KubeObject) => metadata?.annotations ?? {};
