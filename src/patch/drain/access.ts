/** How a node reaches its own cluster: the name that it has there, and with whose credentials kubectl speaks. */
import { dcpRole } from '../../config/checks/dcp-arguments.ts';
import type { Config } from '../../config/config.ts';
import { type OpsError, refused } from '../../errors.ts';
import type { Host, RunResult } from '../../host/ports.ts';
import { ToolFailed } from '../../host/tool-failed.ts';
import { kubeconfigPlaces, kubeletIn } from '../../kubernetes/node/kubelet.ts';

export interface ClusterAccess {
  readonly node: string;
  /** Path of the file that KUBECONFIG names. */
  readonly kubeconfig: string;
}

/** Of a server: what os/overlay/usr/lib/systemd/system/dcp.service has DCP write, for the administrator. */
const serverKubeconfig = '/etc/bhojpur/dcp/dcp.yaml';

/**
 * The node is the one that the certificate of its kubelet names: a host name may have changed since, and DCP may have put
 * something behind it. A server has the administrator's credentials, an agent those of its kubelet. Throws OpsError (refused):
 * `cluster-unknown` while DCP has no node in a cluster, and what `kubeletIn` throws.
 */
export async function clusterAccess({ files }: Pick<Host, 'files'>, config: Config): Promise<ClusterAccess> {
  const kubelet = await kubeletIn(files, '/', config);
  if (kubelet === undefined)
    throw refused('cluster-unknown', 'This node has no credentials for its cluster', {
      details: (await kubeconfigPlaces(files, '/', config)).map((place) => `${place} is missing`),
      hint: 'DCP writes them when it has joined: `systemctl status dcp`. Without a cluster in use: `--no-drain`.',
    });
  const { node, access } = kubelet;
  const isServer = dcpRole(config['bos.dcp_args'] ?? [], config['bos.server_url']) === 'server';
  const isAdministrator = isServer && (await files.exists(serverKubeconfig));
  return { node, kubeconfig: isAdministrator ? serverKubeconfig : access.from };
}

export interface KubectlOptions {
  readonly signal?: AbortSignal | undefined;
  /** Takes each line that kubectl writes, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Ends it after so long, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A server that does not answer must not hold a node up; seconds. */
const requestTimeout = 30;
const usualTimeoutMs = 60_000;

/** Runs kubectl. Throws ToolFailed, and `tool-missing` (refused). */
export function kubectl(
  { processes }: Pick<Host, 'processes'>,
  { kubeconfig }: ClusterAccess,
  args: readonly string[],
  { signal, onLine, timeoutMs = usualTimeoutMs }: KubectlOptions = {},
): Promise<RunResult> {
  return processes.run('kubectl', [`--request-timeout=${requestTimeout}s`, ...args], {
    env: { KUBECONFIG: kubeconfig },
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(onLine === undefined ? {} : { onStdout: onLine, onStderr: onLine }),
  });
}

export interface NodeObject {
  /** Somebody has cordoned it. */
  readonly cordoned: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the cluster has of this node. Throws OpsError `cluster-unreachable` (refused). */
export async function readNodeObject(
  host: Pick<Host, 'processes'>,
  access: ClusterAccess,
  signal?: AbortSignal,
): Promise<NodeObject> {
  let stdout: string;
  try {
    ({ stdout } = await kubectl(host, access, ['get', 'node', access.node, '-o', 'json'], { signal }));
  } catch (error) {
    throw unreachable(access, error);
  }
  const { spec, metadata } = JSON.parse(stdout) as {
    spec?: { unschedulable?: boolean };
    metadata?: { annotations?: Record<string, string> };
  };
  return { cordoned: spec?.unschedulable === true, annotations: metadata?.annotations ?? {} };
}

/** kubectl's own words, its last line first; other errors as they are. */
export function unreachable({ node }: ClusterAccess, error: unknown): unknown {
  if (!(error instanceof ToolFailed)) return error;
  const failure: OpsError = refused('cluster-unreachable', `The cluster did not answer for node ${node}`, {
    cause: error,
    details: lastLines(error.stderr),
    hint: 'Check `kubectl get nodes` and `systemctl status dcp`. Nothing was touched.',
  });
  return failure;
}

const shownLines = 8;

/** What a program said last, without what a terminal should not be told. */
export const lastLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim())
    .filter((line) => line !== '')
    .slice(-shownLines);
