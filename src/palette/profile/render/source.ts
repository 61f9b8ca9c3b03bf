/** A profile as the file that people edit (docs/profiles.md). Pure. */
import { Document, isMap, isScalar, Scalar, visit } from 'yaml';
import { plainWord } from '../../../kubernetes/schema/scalars.ts';
import type {
  Cluster,
  EdgeHost,
  Manifest,
  Pool,
  Profile,
  ProfilePack,
  Registry,
  Variable,
} from '../model.ts';
import { shownType } from '../model.ts';
import { filled, set, variableFields } from './variable-fields.ts';

export interface SourceOptions {
  /** Above keys at the top. */
  readonly comments?: Readonly<Record<string, string>>;
  /** By the name of a pack: its folder, which says everything else of it. */
  readonly folders?: ReadonlyMap<string, string>;
}

/** Values stand as blocks, every byte as it is; what no block can hold stands in quotes. */
export function renderSource(
  profile: Profile,
  cluster?: Cluster,
  { comments = {}, folders }: SourceOptions = {},
): string {
  const { named, inline } = registriesOf(profile);
  const { name, description, version, type, cloudType, labels, packs, variables } = profile;
  const document = new Document(
    withoutNothing({
      ...{ name, description: filled(description), version },
      type: shownType(type),
      cloud: cloudType,
      labels: filledMap(labels),
      registries:
        named.size === 0
          ? undefined
          : Object.fromEntries([...named].map(([key, one]) => [key, registryOf(one)])),
      packs: packs.map((pack) => packOf(pack, inline, folders?.get(pack.name))),
      variables: variables.length === 0 ? undefined : variables.map(variableOf),
      cluster: cluster === undefined ? undefined : clusterOf(cluster),
    }),
    // Of a text that others read as YAML 1.1, too.
    { version: '1.1', aliasDuplicateObjects: false },
  );
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string') return;
      const { value } = node;
      if (!isPlain(value) || typeof plainWord(value) !== 'string') node.type = Scalar.QUOTE_DOUBLE;
      else if (value.includes('\n')) node.type = isBlock(value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
    },
  });
  if (isMap(document.contents))
    for (const { key } of document.contents.items) {
      const comment = isScalar(key) ? comments[String(key.value)] : undefined;
      if (comment !== undefined && isScalar(key)) key.commentBefore = ` ${comment}`;
    }
  return document.toString({
    lineWidth: 0,
    blockQuote: 'literal',
    directives: false,
    doubleQuotedMinMultiLineLength: oneLine,
  });
}

/** Characters: text in quotes is not broken into lines. */
const oneLine = 1e9;

/** Signs that end a line, or that YAML has no place for, outside of quotes. */
const isPlain = (text: string): boolean =>
  !/[\p{Cc}\p{Cf}\p{Cn}\u2028\u2029]/u.test(text.replaceAll(/[\n\t]/g, ''));
const isBlock = (text: string): boolean => isPlain(text) && !/^\s/.test(text);

const filledMap = <T extends object>(map: T): T | undefined =>
  Object.keys(map).length === 0 ? undefined : map;
const filledList = <T>(list: readonly T[]): readonly T[] | undefined =>
  list.length === 0 ? undefined : list;

const withoutNothing = (map: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));

/** Registries by name; two that share one stand with their packs. */
function registriesOf({ packs }: Profile) {
  const named = new Map<string, Registry>();
  const inline = new Set<string>();
  for (const { registry } of packs) {
    if (registry?.name === undefined) continue;
    const known = named.get(registry.name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(registry)) inline.add(registry.name);
    named.set(registry.name, known ?? registry);
  }
  for (const name of inline) named.delete(name);
  return { named, inline };
}

const registryOf = ({ uid, kind, isPrivate, providerType }: Registry) =>
  withoutNothing({ uid, kind, private: isPrivate, provider_type: providerType });

function packOf(pack: ProfilePack, inline: ReadonlySet<string>, folder: string | undefined) {
  const { name, type, layer, version, tag, values, manifests, registry } = pack;
  const known = registry?.name !== undefined && !inline.has(registry.name) ? registry.name : undefined;
  return withoutNothing({
    folder,
    pack: folder !== undefined ? undefined : version === '' ? name : `${name}:${version}`,
    layer: folder === undefined ? layer : undefined,
    type: type === 'spectro' ? undefined : type,
    tag: tag === version ? undefined : tag,
    registry:
      registry === undefined
        ? undefined
        : (known ?? withoutNothing({ name: registry.name, ...registryOf(registry) })),
    values: filled(values),
    manifests: filledList(
      manifests.map(({ name: of, content }: Manifest) =>
        withoutNothing({ name: of, content: filled(content) }),
      ),
    ),
  });
}

const variableOf = (variable: Variable) => withoutNothing(variableFields(variable));

const clusterOf = (cluster: Cluster) =>
  withoutNothing({
    name: cluster.name,
    tags: filledList(cluster.tags),
    ssh_keys: filledList(cluster.sshKeys),
    vip: cluster.vip,
    overlay_cidr_range: cluster.overlayCidr,
    ntp_servers: filledList(cluster.ntpServers),
    machine_pools: cluster.pools.map(poolOf),
    variables: filledMap(cluster.variables),
  });

const poolOf = ({ name, controlPlane, worker, labels, hosts }: Pool) =>
  withoutNothing({
    name,
    control_plane: set(controlPlane),
    control_plane_as_worker: set(worker),
    additional_labels: filledMap(labels),
    edge_hosts: hosts.map(hostOf),
  });

const hostOf = (host: EdgeHost) =>
  withoutNothing({
    host_uid: host.uid,
    host_name: host.name,
    static_ip: host.staticIp,
    nic_name: host.nic,
    default_gateway: host.gateway,
    subnet_mask: host.subnetMask,
    dns_servers: filledList(host.dnsServers),
  });
