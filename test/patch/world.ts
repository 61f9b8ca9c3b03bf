/** A node in memory, a channel on loopback, and a kubectl that is played: it records what it is asked and does it. */
import type { ExecutionContext } from 'ava';
import type { Config } from '../../src/config/config.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { PatchOptions, PatchRequest } from '../../src/patch/run.ts';
import type { FakeHost, Tool } from '../fakes/host.ts';
import { serveRanges } from '../fakes/range-server.ts';
import { Authority } from '../kubernetes/api-server/certificates.ts';
import { kubeconfig, kubeletOf } from '../kubernetes/api-server/kubeconfigs.ts';
import { fakeNode, installed, medium, type NodeSetup, type Versions } from '../upgrade/node.ts';

export const withDcp: Versions = { ...installed, dcp: 'v1.28.9' };

/** The URL of a channel with these releases, and with `latest` files by their names. */
export async function serveChannel(
  t: ExecutionContext,
  releases: readonly Versions[],
  latest: Readonly<Record<string, string>>,
  folderOf: (release: Versions) => string = ({ os }) => `v${os}`,
): Promise<{ readonly channel: string; readonly asked: () => readonly string[] }> {
  const paths: Record<string, Buffer> = {};
  for (const [name, text] of Object.entries(latest)) paths[`/stable/${name}`] = Buffer.from(`${text}\n`);
  for (const release of releases)
    for (const [path, text] of Object.entries(medium(`/stable/${folderOf(release)}`, release)))
      paths[path] = Buffer.from(text);
  const server = await serveRanges({ paths });
  t.teardown(() => server.close());
  return {
    channel: `http://127.0.0.1:${server.port}/stable`,
    asked: () => server.asked,
  };
}

export interface Cluster {
  cordoned: boolean;
  annotations: Record<string, string>;
  /** The ConfigMaps `palette-agent-config` by their namespace: their data. */
  readonly configMaps: Record<string, Record<string, string>>;
  /** What kubectl writes to stderr, and its exit code 1, by the first word that it is asked. */
  readonly failing: Record<string, string>;
  /** What it was asked, without what stands in front of every call. */
  readonly asked: string[];
}

export const cluster = (more: Partial<Cluster> = {}): Cluster => ({
  ...{ cordoned: false, annotations: {}, configMaps: {}, failing: {}, asked: [] },
  ...more,
});

/** As kubectl does it: a drain cordons first, and leaves the node cordoned when it fails. */
export const kubectlOf =
  (one: Cluster): Tool =>
  (given, { env }) => {
    if (env?.KUBECONFIG !== '/etc/bhojpur/dcp/dcp.yaml') throw new Error(`KUBECONFIG is ${env?.KUBECONFIG}`);
    const args = given.filter((word) => !word.startsWith('--request-timeout='));
    one.asked.push(args.join(' '));
    const [verb = '', kind] = args;
    if (verb === 'drain') one.cordoned = true;
    const failure = one.failing[verb === 'get' ? `get ${kind}` : verb];
    if (failure !== undefined) return { exitCode: 1, stderr: failure };
    if (verb === 'uncordon') one.cordoned = false;
    if (verb === 'get' && kind === 'node')
      return JSON.stringify({
        spec: one.cordoned ? { unschedulable: true } : {},
        metadata: { annotations: one.annotations },
      });
    if (verb === 'get')
      return JSON.stringify({
        items: Object.entries(one.configMaps).map(([namespace, data]) => ({ metadata: { namespace }, data })),
      });
    return '';
  };

/** Where the kubelet of a node has its credentials. */
export const kubeletKubeconfig = '/var/lib/bhojpur/dcp/agent/kubelet.kubeconfig';

let authority: Authority | undefined;

/** The kubeconfig of the kubelet of this node, with a certificate in its name. */
export function kubeletConfig(node: string): string {
  if (authority === undefined) {
    const made = new Authority();
    process.once('exit', () => made.close());
    authority = made;
  }
  return kubeconfig({ authority, url: 'https://127.0.0.1:6443' }, kubeletOf({ authority }, node));
}

/** A node of a cluster, whose host reaches loopback. */
export function clusterNode(one: Cluster, setup: NodeSetup = {}): FakeHost {
  const host = fakeNode({
    versions: withDcp,
    ...setup,
    files: {
      '/etc/bhojpur/dcp/dcp.yaml': 'kubeconfig',
      [kubeletKubeconfig]: kubeletConfig('node1'),
      '/proc/cmdline': '',
      ...setup.files,
    },
    tools: { kubectl: kubectlOf(one), ...setup.tools },
  });
  return { ...host, http: linuxHost().http };
}

export const patchRequest = (channel: string, more: Partial<PatchRequest> = {}): PatchRequest => ({
  ...{ channel, tries: 3, insecure: true, dryRun: false, reboot: true, drain: true },
  ...more,
});

/** Options that keep what is said. */
export function patchOptions(more: Partial<PatchOptions> = {}): PatchOptions & { readonly said: string[] } {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  return { said, say, shown: (work) => work({ emit: () => {}, say }), ...more };
}

export const drains: Config = {
  'bos.patch.drain.timeout': '90s',
  'bos.patch.drain.ignore_daemon_sets': true,
};
