/** How DCP is to be started, from the configuration: its arguments and its environment. Pure. */

import type { BootFacts } from '../../../boot/boot-facts.ts';
import {
  argumentsLimit,
  dcpArgumentsFault,
  dcpRole,
  sizeOfArguments,
  withRole,
} from '../../../config/checks/dcp-arguments.ts';
import { isLabel } from '../../../config/checks/labels.ts';
import type { Config } from '../../../config/config.ts';
import { ownLabels } from '../../../kubernetes/values/node-labels.ts';
import { environmentLine, execStart } from './systemd-syntax.ts';

/** What `kubectl` of the user bhojpur reads; the unit says it once more, for servers that are given dcp_args. */
const serverFlags = ['--write-kubeconfig=/etc/bhojpur/dcp/dcp.yaml', '--write-kubeconfig-mode=0640'];

/** DCP is compatible with k3s: a build that was not renamed reads the second. */
const variablePrefixes = ['DCP', 'K3S'] as const;

export interface DcpArguments {
  readonly args: readonly string[];
  /** Labels that Kubernetes would not take; they are left out, as one of them would keep the node from starting. */
  readonly faults: readonly string[];
}

/** dcp_args come first, untouched; labels and taints follow them. Throws when dcp_args cannot be arguments. */
export function dcpArguments(config: Config, boot: BootFacts): DcpArguments {
  const given = config['bos.dcp_args'] ?? [];
  const fault = dcpArgumentsFault(given);
  if (fault !== undefined) throw new Error(`bos.dcp_args: ${fault}`);
  const role = dcpRole(given, config['bos.server_url']);
  const labels = Object.entries({ ...ownLabels(boot), ...config['bos.labels'] });
  const valid = labels.filter(([key, value]) => isLabel(key, value));
  const args = [
    ...(given.length > 0 ? withRole(given, role) : [role, ...(role === 'server' ? serverFlags : [])]),
    ...valid.map(([key, value]) => `--node-label=${key}=${value}`),
    ...(config['bos.taints'] ?? []).map((taint) => `--node-taint=${taint}`),
  ];
  const size = sizeOfArguments(args);
  if (size > argumentsLimit)
    throw new Error(`the arguments of DCP take ${size} bytes; expected at most ${argumentsLimit}`);
  const faults = labels
    .filter(([key, value]) => !isLabel(key, value))
    .map(([key, value]) => `bos.labels: ${JSON.stringify(`${key}=${value}`)} is not a Kubernetes label`);
  return { args, faults };
}

/** `K10`, the SHA-256 of the cluster's certificate authority, `::`, and user and password or a bootstrap token. */
export const isNodeToken = (token: string): boolean => /^K10[0-9a-f]{64}::\S+$/i.test(token);

/**
 * The text of the environment file: the URL, and the token, which must stand on no command line. A cluster secret
 * has a variable of its own in old releases and is a token like any other in later ones, so it is given as both.
 * Throws when the token cannot be one.
 */
export function renderDcpEnvironment(config: Config): string {
  // A YAML block ends with a line end that nobody means.
  const token = (config['bos.token'] ?? '').trim();
  if (/\p{Cc}/u.test(token)) throw new Error('bos.token: expected one line without control characters');
  const values = {
    URL: config['bos.server_url'] ?? '',
    TOKEN: token,
    CLUSTER_SECRET: isNodeToken(token) ? '' : token,
  };
  const lines = variablePrefixes.flatMap((prefix) =>
    Object.entries(values)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => environmentLine(`${prefix}_${name}`, value)),
  );
  return ['# Made by opsctl from the configuration. The token is a secret.', ...lines, ''].join('\n');
}

/** The text of the unit's drop-in. `version` names the DCP of the deployment that was booted, empty: the current. */
export function renderDcpDropIn(args: readonly string[], version: string): string {
  return [
    '# Made by opsctl from the configuration: see `opsctl config show`.',
    '[Service]',
    ...(/^[A-Za-z0-9_+.~-]+$/.test(version) ? [`Environment=BOS_DCP=${version}`] : []),
    'ExecStart=',
    execStart('/usr/bin/dcp', args),
    '',
  ].join('\n');
}
