/** What the file of a profile may hold (docs/profiles.md): keys as in the provider for Terraform, written down as data. */
import { anything, flag, listOf, mapOf, object, text } from '../../../kubernetes/schema/schema.ts';
import { layer, notEmpty } from './read-export.ts';

export const registrySchema = object({
  name: text,
  uid: text,
  kind: text,
  private: flag,
  provider_type: text,
});

const pack = object({
  ...{ pack: notEmpty, folder: notEmpty, type: text, layer, tag: text },
  /** A name, or what a registry is. */
  registry: anything,
  values: text,
  values_file: notEmpty,
  /** Single values by path. */
  set: mapOf(anything),
  manifests: listOf(object({ name: notEmpty, content: text, file: notEmpty }, ['name'])),
});

const variable = object(
  {
    ...{ name: notEmpty, display_name: text, format: text, description: text, default_value: text },
    ...{ regex: text, required: flag, immutable: flag, is_sensitive: flag, hidden: flag },
  },
  ['name'],
);

const host = object(
  {
    ...{ host_uid: notEmpty, host_name: text, static_ip: text, nic_name: text, default_gateway: text },
    ...{ subnet_mask: text, dns_servers: listOf(text) },
  },
  ['host_uid'],
);

const pool = object(
  {
    ...{ name: notEmpty, control_plane: flag, control_plane_as_worker: flag },
    ...{ additional_labels: mapOf(text), edge_hosts: listOf(host, 1) },
  },
  ['name', 'edge_hosts'],
);

export const clusterSchema = object(
  {
    ...{ name: notEmpty, tags: listOf(text), ssh_keys: listOf(text), vip: text, overlay_cidr_range: text },
    ...{ ntp_servers: listOf(text), variables: mapOf(text), machine_pools: listOf(pool, 1) },
  },
  ['name', 'machine_pools'],
);

export const sourceSchema = object(
  {
    ...{ name: notEmpty, description: text, version: text, type: text, cloud: text, labels: mapOf(text) },
    registries: mapOf(registrySchema),
    packs: listOf(pack),
    variables: listOf(variable),
    cluster: clusterSchema,
  },
  ['name', 'type', 'packs'],
);
