/** Three nodes of a Plan, and a job of it on one of them. */
import type { ExecutionContext } from 'ava';
import { httpWith } from '../../../src/host/linux/http/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { passGate } from '../../../src/kubernetes/gate/gate.ts';
import { manifests } from '../../../src/kubernetes/plan/objects.ts';
import { type Health, nodeAnnotations } from '../../../src/kubernetes/values/node-labels.ts';
import { fakeHost } from '../../fakes/host.ts';
import { manifestOf } from '../../upgrade/node.ts';
import { node } from '../api-server/objects.ts';
import type { ApiServer } from '../api-server/server.ts';
import { apiServer } from '../api-server/started.ts';
import type { Stored } from '../api-server/store.ts';
import { request } from '../plan-request.ts';

export const hash = 'abc123';
const namespace = 'system-upgrade';
const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface NodeState {
  readonly os?: string;
  readonly health?: Health;
  /** The controller calls it upgraded. */
  readonly done?: boolean;
  readonly ready?: boolean;
  readonly cordoned?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const returned = {
  health: 'returned',
  annotations: {
    [nodeAnnotations.lastUpgrade]: JSON.stringify({
      from: '0.1.0',
      to: '0.2.0',
      end: 'returned',
      reason: 'it panicked',
    }),
  },
} as const;

function nodeOf(name: string, { os = '0.1.0', health = 'proved', ...state }: NodeState): Partial<Stored> {
  const object = node(name, {
    labels: {
      'bhojpur.net/upgrade': 'latest',
      ...(state.done ? { 'plan.upgrade.cattle.io/bos-upgrade': hash } : {}),
      ...state.labels,
    },
    annotations: {
      [nodeAnnotations.deployment]: JSON.stringify({ kernel: 'k', os, dcp: 'd' }),
      [nodeAnnotations.health]: health,
      ...state.annotations,
    },
    ready: state.ready ?? true,
  });
  return { ...object, spec: state.cordoned ? { unschedulable: true } : {} };
}

export interface Gated {
  readonly server: ApiServer;
  readonly lines: string[];
  /** Called with each line. */
  onLine: () => void;
  /** The gate of a job on this node, at most so many seconds. */
  pass(own?: string, limit?: number, signal?: AbortSignal): Promise<void>;
  host: Host;
}

/** With the account and the rights that `opsctl plan` prints, and no others. */
export async function gatedCluster(
  t: ExecutionContext,
  nodes: Readonly<Record<string, NodeState>>,
  files: Readonly<Record<string, string>> = {},
): Promise<Gated> {
  const server = await apiServer(t);
  server.add(...Object.entries(nodes).map(([name, state]) => nodeOf(name, state)));
  server.add(...(manifests(request) as unknown as Partial<Stored>[]));
  server.change(
    'plans',
    'bos-upgrade',
    (plan) => {
      plan.status = { latestHash: hash, applying: [] };
    },
    namespace,
  );
  const token = server.token(`system:serviceaccount:${namespace}:bos-upgrade`, ['system:serviceaccounts']);
  const fake = fakeHost({
    files: {
      [`${folder}/token`]: token,
      [`${folder}/ca.crt`]: server.authority.cert,
      [`${folder}/namespace`]: namespace,
      '/bos/system/manifest.json': JSON.stringify(manifestOf({ kernel: 'k2', os: '0.2.0' })),
      ...files,
    },
  });
  // The time that a watch takes is real.
  const start = performance.now();
  const clock = { ...fake.clock, monotonic: () => fake.clock.monotonic() + (performance.now() - start) };
  const lines: string[] = [];
  const gated: Gated = {
    server,
    lines,
    onLine: () => {},
    host: { ...fake, http: httpWith(undefined, clock), clock },
    pass: (own = 'n3', limit = 600, signal = undefined) => {
      const env = {
        ...{ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${server.port}` },
        ...{ SYSTEM_UPGRADE_PLAN_NAME: 'bos-upgrade', SYSTEM_UPGRADE_NODE_NAME: own },
      };
      const host = { ...gated.host, system: { ...fake.system, env } };
      return passGate(
        host,
        { source: '/bos/system', root: '/host', limit },
        {
          ...(signal === undefined ? {} : { signal }),
          say: (line) => {
            lines.push(line);
            gated.onLine();
          },
        },
      );
    },
  };
  return gated;
}

export const announcementOf = (server: ApiServer, name: string) =>
  JSON.parse(server.find('nodes', name)?.metadata.annotations?.[nodeAnnotations.upgrading] ?? 'null');
