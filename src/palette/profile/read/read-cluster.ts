/** The cluster that a profile's file describes for Terraform, and what is wrong with it. */
import { isAddress } from '../../../config/checks/addresses.ts';
import { didYouMean } from '../../../config/nearest.ts';
import type { Path } from '../../../kubernetes/schema/check-schema.ts';
import { pathText } from '../../../kubernetes/schema/check-schema.ts';
import type { Tell } from '../findings.ts';
import type { Cluster, EdgeHost, Pool } from '../model.ts';
import { isCidr } from '../rules/formats.ts';
import type { SourceView } from './view.ts';

/** undefined where there is none. */
export function clusterOf(view: SourceView, tell: Tell): Cluster | undefined {
  if (!view.has('cluster')) return undefined;
  checkCluster(view, tell);
  const texts = (name: string) => view.texts('cluster', name);
  return {
    name: view.text('cluster', 'name') ?? '',
    tags: texts('tags'),
    sshKeys: texts('ssh_keys'),
    vip: view.text('cluster', 'vip'),
    overlayCidr: view.text('cluster', 'overlay_cidr_range'),
    ntpServers: texts('ntp_servers'),
    pools: view.items('cluster', 'machine_pools').map((path) => poolOf(view, path)),
    variables: textsByName(view, ['cluster', 'variables']),
  };
}

const textsByName = (view: SourceView, path: Path): Readonly<Record<string, string>> =>
  Object.fromEntries([...view.map(...path)].map(([name, { value }]) => [name, value]));

const poolOf = (view: SourceView, path: Path): Pool => ({
  name: view.text(...path, 'name') ?? '',
  controlPlane: view.flag(...path, 'control_plane') ?? false,
  worker: view.flag(...path, 'control_plane_as_worker') ?? false,
  labels: textsByName(view, [...path, 'additional_labels']),
  hosts: view.items(...path, 'edge_hosts').map((item) => hostOf(view, item)),
});

const hostOf = (view: SourceView, path: Path): EdgeHost => ({
  uid: view.text(...path, 'host_uid') ?? '',
  name: view.text(...path, 'host_name'),
  staticIp: view.text(...path, 'static_ip'),
  nic: view.text(...path, 'nic_name'),
  gateway: view.text(...path, 'default_gateway'),
  subnetMask: view.text(...path, 'subnet_mask'),
  dnsServers: view.texts(...path, 'dns_servers'),
});

function checkCluster(view: SourceView, tell: Tell): void {
  const error = (path: Path, message: string) =>
    tell('error', view.placeAt(...path), message, pathText(path));
  const address = (path: Path) => {
    const text = view.text(...path);
    if (text !== undefined && text !== '' && !isAddress(text)) error(path, 'is not an IP address');
  };
  const pools = view.items('cluster', 'machine_pools');
  if (pools.length > 0 && !pools.some((path) => view.flag(...path, 'control_plane') === true))
    error(['cluster', 'machine_pools'], 'has no pool with control_plane: true');
  const overlay = view.text('cluster', 'overlay_cidr_range');
  if (overlay !== undefined && !isCidr(overlay))
    error(['cluster', 'overlay_cidr_range'], 'is not a range such as 100.64.192.0/24');
  if (!view.has('cluster', 'vip') && overlay === undefined)
    tell('warning', view.placeAt('cluster'), 'has neither vip nor overlay_cidr_range', 'cluster');
  checkVariables(view, error, tell);
  const names = new Set<string>();
  const hosts = new Set<string>();
  for (const pool of pools) {
    once(names, view.text(...pool, 'name'), () => error([...pool, 'name'], 'is that of another pool'));
    for (const host of view.items(...pool, 'edge_hosts')) {
      once(hosts, view.text(...host, 'host_uid'), () =>
        error([...host, 'host_uid'], 'is in a pool already; a host is one node'),
      );
      address([...host, 'static_ip']);
      address([...host, 'default_gateway']);
      for (const server of view.items(...host, 'dns_servers')) address(server);
    }
  }
}

function once(seen: Set<string>, name: string | undefined, again: () => void): void {
  if (name === undefined) return;
  if (seen.has(name)) again();
  seen.add(name);
}

/** What the cluster gives must be asked for, and what is required must be given. */
function checkVariables(view: SourceView, error: (path: Path, message: string) => void, tell: Tell): void {
  const variables = view.items('variables');
  const declared = variables.flatMap((path) => view.text(...path, 'name') ?? []);
  for (const name of view.names('cluster', 'variables'))
    if (!declared.includes(name))
      error(['cluster', 'variables', name], `is not a variable of the profile${didYouMean(name, declared)}`);
  for (const path of variables) {
    const name = view.text(...path, 'name') ?? '';
    if (view.flag(...path, 'required') !== true || (view.text(...path, 'default_value') ?? '') !== '')
      continue;
    if (!view.has('cluster', 'variables', name))
      tell(
        'warning',
        view.placeAt('cluster'),
        `gives no value to ${name}, which is required and has no default`,
        'cluster',
      );
  }
}
