/** A node in memory that has joined a cluster of the API server of the tests, and what became of its upgrades. */
import type { ExecutionContext } from 'ava';
import { httpWith } from '../../../src/host/linux/http/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { nodeAnnotations } from '../../../src/kubernetes/values/node-labels.ts';
import { renderUpgrading, type Upgrading } from '../../../src/kubernetes/values/upgrading.ts';
import type { UpgradeRecord } from '../../../src/upgrade/record.ts';
import type { FakeHost } from '../../fakes/host.ts';
import { fakeNode, installed, type NodeSetup, type Versions } from '../../upgrade/node.ts';
import { kubeconfig, kubeletOf } from '../api-server/kubeconfigs.ts';
import { node } from '../api-server/objects.ts';
import type { ApiServer } from '../api-server/server.ts';
import { apiServer } from '../api-server/started.ts';

export const next: Versions = { kernel: '6.1.0-49-amd64', os: '0.2.0' };
export const kubeconfigPath = '/var/lib/bhojpur/dcp/agent/kubelet.kubeconfig';
const recordPath = '/var/lib/bhojpur/os/upgrades.json';

const deployment = ({ kernel, os, dcp = null }: Versions) => ({ kernel, os, dcp });

/** What the record says of an upgrade from the installed version to the next one. */
export const recordOf = (end: 'pending' | 'proved' | 'returned', endedAt?: string): UpgradeRecord => ({
  v: 1,
  last: {
    ...{
      from: deployment(installed),
      to: deployment(next),
      at: '2026-11-29T06:00:00.000Z',
      source: 'oci:x',
      end,
    },
    ...(end === 'pending' ? {} : { endedAt: endedAt ?? '2026-11-29T06:10:00.000Z' }),
    ...(end === 'returned' ? { reason: 'ssh.service is failed (failed)' } : {}),
  },
  returned: end === 'returned' ? [deployment(next)] : [],
  proved: [deployment(installed), ...(end === 'proved' ? [deployment(next)] : [])],
});

export const upgrading = (more: Partial<Upgrading> = {}): Upgrading => ({
  ...{ plan: 'system-upgrade/bos-upgrade', version: '0.2.0', schedulable: true },
  ...{ at: '2026-11-29T05:50:00.000Z', until: '2026-11-29T06:50:00.000Z' },
  ...more,
});

export interface Reporting {
  readonly server: ApiServer;
  readonly host: Host;
  readonly fake: FakeHost;
  /** Sets the clock of the node. */
  at(time: string): void;
}

/** Node n1; cordoned when an upgrade of a Plan has begun on it. */
export async function reportingNode(
  t: ExecutionContext,
  {
    record,
    begun,
    ready = true,
    ...setup
  }: NodeSetup & {
    readonly record?: UpgradeRecord;
    readonly begun?: Upgrading;
    readonly ready?: boolean;
  } = {},
): Promise<Reporting> {
  const server = await apiServer(t);
  const annotations = begun === undefined ? {} : { [nodeAnnotations.upgrading]: renderUpgrading(begun) };
  server.add(node('n1', { ready, annotations }));
  if (begun !== undefined)
    server.change('nodes', 'n1', ({ spec }) => {
      spec.unschedulable = true;
    });
  const fake = fakeNode({
    ...setup,
    files: {
      [kubeconfigPath]: kubeconfig(server, kubeletOf(server, 'n1')),
      ...(record === undefined ? {} : { [recordPath]: JSON.stringify(record) }),
      ...setup.files,
    },
  });
  let now = Date.parse('2026-11-29T07:30:00Z');
  const clock = { ...fake.clock, now: () => now };
  const host: Host = { ...fake, http: httpWith(undefined, clock), clock };
  const at = (time: string) => {
    now = Date.parse(time);
  };
  return { server, host, fake, at };
}

/** What is said of the node now. */
export function saidOf(server: ApiServer) {
  const found = server.find('nodes', 'n1');
  const [metadata, spec] = [found?.metadata, found?.spec];
  const of = (all: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith('bhojpur.net/')));
  return { ...of(metadata?.labels), ...of(metadata?.annotations), cordoned: spec?.unschedulable === true };
}

const events = (server: ApiServer) =>
  server.store.types
    .filter(({ resource }) => resource === 'events')
    .flatMap((type) => server.store.list(type));

export const eventsIn = (server: ApiServer): string[] =>
  events(server).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

/** As an API server does after an hour. */
export function forgetEvents({ store }: ApiServer): void {
  for (const type of store.types.filter(({ resource }) => resource === 'events'))
    for (const { metadata } of store.list(type)) store.remove(type, metadata.namespace, metadata.name);
}
