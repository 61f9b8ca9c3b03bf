/** A profile, and the cluster that is made of it, for the provider spectrocloud/spectrocloud 0.29 of Terraform. Pure. */
import type { Cluster, EdgeHost, Pool, Profile, ProfilePack, Registry, Variable } from '../profile/model.ts';
import { filled, set, variableFields } from '../profile/render/variable-fields.ts';
import { attributes, type Block, type Expression, type HclValue, renderHcl } from './hcl.ts';

/** Palette keeps a tag without a value as a label with this one. */
export const bareTag = 'spectro__tag';

export const provider = { name: 'spectrocloud', source: 'spectrocloud/spectrocloud', version: '~> 0.29' };

export function renderTerraform(profile: Profile, cluster?: Cluster): string {
  const registries = new Names('spectrocloud_registry');
  const packs = new Names('spectrocloud_pack');
  const blocks: Block[] = [required];
  for (const { registry } of profile.packs) {
    if (registry === undefined || registries.has(registryKey(registry))) continue;
    const data = registryBlock(registry, registries);
    if (data !== undefined) blocks.push(data);
  }
  for (const pack of profile.packs) if (isFound(pack)) blocks.push(packData(pack, packs, registries));
  const name = identifier(profile.name);
  blocks.push(profileBlock(profile, name, packs));
  if (cluster !== undefined) blocks.push(clusterBlock(cluster, name));
  return renderHcl(blocks);
}

const required: Block = {
  block: 'terraform',
  body: [
    {
      block: 'required_providers',
      body: attributes({
        [provider.name]: { named: { source: provider.source, version: provider.version } },
      }),
    },
  ],
};

/** Names of blocks: from those of what they stand for, each once. */
class Names {
  readonly #type: string;
  readonly #names = new Map<string, string>();

  constructor(type: string) {
    this.#type = type;
  }

  has(key: string): boolean {
    return this.#names.has(key);
  }

  take(key: string, wish: string): string {
    const base = identifier(wish);
    const taken = new Set(this.#names.values());
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
    this.#names.set(key, name);
    return name;
  }

  id(key: string): Expression | undefined {
    const name = this.#names.get(key);
    return name === undefined ? undefined : { expression: `data.${this.#type}.${name}.id` };
  }
}

function identifier(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[a-z]/.test(name) ? name : `n_${name}`.replace(/_$/, '');
}

/** Manifests stand in the profile; everything else is found in a registry. */
const isFound = ({ type }: ProfilePack): boolean => type !== 'manifest';

const registryKey = ({ name, uid, kind }: Registry): string => JSON.stringify([name, uid, kind]);

const registryTypes: Readonly<Record<string, string>> = {
  pack: 'spectro',
  spectro: 'spectro',
  oci: 'oci',
  helm: 'helm',
};

/** undefined for one that is known by its uid alone: there is nothing to look up. */
function registryBlock(registry: Registry, names: Names): Block | undefined {
  const { name, kind = '' } = registry;
  if (name === undefined || name === '') return undefined;
  const label = names.take(registryKey(registry), name);
  const type = Object.hasOwn(registryTypes, kind) ? registryTypes[kind] : undefined;
  return { block: 'data', labels: ['spectrocloud_registry', label], body: attributes({ name, type }) };
}

function packData({ name, version, type, registry }: ProfilePack, packs: Names, registries: Names): Block {
  const label = packs.take(name, name);
  return {
    block: 'data',
    labels: ['spectrocloud_pack', label],
    body: attributes({
      ...{ name, version },
      // The provider knows no type for the others.
      type: type === 'helm' ? type : undefined,
      registry_uid:
        registry === undefined ? undefined : (registries.id(registryKey(registry)) ?? registry.uid),
    }),
  };
}

const list = (texts: readonly string[]): readonly string[] | undefined =>
  texts.length === 0 ? undefined : texts;
const map = (texts: Readonly<Record<string, string>>): HclValue | undefined =>
  Object.keys(texts).length === 0 ? undefined : { named: texts };

const tagsOf = (labels: Profile['labels']): readonly string[] =>
  Object.entries(labels).map(([name, value]) => (value === bareTag ? name : `${name}:${value}`));

function profileBlock(profile: Profile, label: string, packs: Names): Block {
  const { name, description, version, cloudType, type, labels, variables } = profile;
  return {
    block: 'resource',
    labels: ['spectrocloud_cluster_profile', label],
    body: [
      ...attributes({
        name,
        description: filled(description),
        version,
        cloud: cloudType,
        type,
        tags: list(tagsOf(labels)),
      }),
      ...profile.packs.map((pack) => packBlock(pack, packs)),
      ...(variables.length === 0 ? [] : [{ block: 'profile_variables', body: variables.map(variableBlock) }]),
    ],
  };
}

function packBlock(pack: ProfilePack, packs: Names): Block {
  const { name, tag, type, values, manifests } = pack;
  const id = isFound(pack) ? packs.id(name) : undefined;
  return {
    block: 'pack',
    body: [
      ...attributes({
        ...{ name, tag: filled(tag), type: type === 'spectro' ? undefined : type, uid: id },
        // Of a pack without values in the profile its own are taken.
        values: values !== '' ? values : id && { expression: id.expression.replace(/\.id$/, '.values') },
      }),
      ...manifests.map((manifest) => ({
        block: 'manifest',
        body: attributes({ name: manifest.name, content: manifest.content }),
      })),
    ],
  };
}

const variableBlock = (variable: Variable): Block => ({
  block: 'variable',
  body: attributes(variableFields(variable)),
});

function clusterBlock(cluster: Cluster, profile: string): Block {
  const { name, tags, sshKeys, vip, overlayCidr, ntpServers, pools, variables } = cluster;
  const id = { expression: `spectrocloud_cluster_profile.${profile}.id` };
  return {
    block: 'resource',
    labels: ['spectrocloud_cluster_edge_native', identifier(name)],
    body: [
      ...attributes({ name, tags: list(tags) }),
      { block: 'cluster_profile', body: attributes({ id, variables: map(variables) }) },
      {
        block: 'cloud_config',
        body: attributes({
          ssh_keys: list(sshKeys),
          vip,
          overlay_cidr_range: overlayCidr,
          ntp_servers: list(ntpServers),
        }),
      },
      ...pools.map(poolBlock),
    ],
  };
}

const poolBlock = ({ name, controlPlane, worker, labels, hosts }: Pool): Block => ({
  block: 'machine_pool',
  body: [
    ...attributes({
      ...{ name, control_plane: set(controlPlane), control_plane_as_worker: set(worker) },
      additional_labels: map(labels),
    }),
    ...hosts.map(hostBlock),
  ],
});

const hostBlock = (host: EdgeHost): Block => ({
  block: 'edge_host',
  body: attributes({
    host_uid: host.uid,
    host_name: host.name,
    static_ip: host.staticIp,
    nic_name: host.nic,
    default_gateway: host.gateway,
    subnet_mask: host.subnetMask,
    dns_servers: list(host.dnsServers),
  }),
});

/** Whether Terraform, which knows Unicode in form C alone, keeps every character. */
export const isComposed = (text: string): boolean => text === text.normalize('NFC');
