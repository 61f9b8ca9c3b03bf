/** A profile out of what Terraform reads in a rendered one. */
import type {
  Cluster,
  EdgeHost,
  Pool,
  Profile,
  ProfilePack,
  Registry,
  Variable,
} from '../../../src/palette/profile/model.ts';
import { bareTag } from '../../../src/palette/terraform/render.ts';
import { plainText } from './hashicorp.ts';

/** A block: attributes, and lists of the blocks inside. */
type Json = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<string, string>> = { spectro: 'pack', oci: 'oci', helm: 'helm' };

export class TerraformRead {
  readonly #document: Json;

  constructor(document: Json) {
    this.#document = document;
  }

  profile(): Profile {
    const body = this.#only('spectrocloud_cluster_profile');
    const tags = texts(body, 'tags').map((tag) => tag.split(':'));
    return {
      name: text(body, 'name') ?? '',
      description: text(body, 'description') ?? '',
      labels: Object.fromEntries(tags.map(([key = '', value = bareTag]) => [key, value])),
      version: text(body, 'version') ?? '',
      type: text(body, 'type') ?? '',
      cloudType: text(body, 'cloud') ?? '',
      packs: blocks(body, 'pack').map((pack) => this.#pack(pack)),
      variables: blocks(body, 'profile_variables')
        .flatMap((all) => blocks(all, 'variable'))
        .map(variable),
    };
  }

  cluster(): Cluster {
    const body = this.#only('spectrocloud_cluster_edge_native');
    const [config = {}] = blocks(body, 'cloud_config');
    const [profile = {}] = blocks(body, 'cluster_profile');
    return {
      name: text(body, 'name') ?? '',
      tags: texts(body, 'tags'),
      sshKeys: texts(config, 'ssh_keys'),
      vip: text(config, 'vip'),
      overlayCidr: text(config, 'overlay_cidr_range'),
      ntpServers: texts(config, 'ntp_servers'),
      pools: blocks(body, 'machine_pool').map(pool),
      variables: map(profile, 'variables'),
    };
  }

  #only(type: string): Json {
    const found = Object.values(
      (this.#document.resource as Record<string, Record<string, Json[]>>)[type] ?? {},
    );
    if (found.length !== 1) throw new Error(`${found.length} of ${type}`);
    return found[0]?.[0] ?? {};
  }

  /** `${data.TYPE.NAME.ATTRIBUTE}` leads to the block of that name. */
  #data(expression: string | undefined): Json | undefined {
    const [, type = '', name = ''] = /^\$\{data\.(\w+)\.(\w+)\.\w+\}$/.exec(expression ?? '') ?? [];
    const all = this.#document.data as Record<string, Record<string, Json[]>> | undefined;
    return all?.[type]?.[name]?.[0];
  }

  #pack(body: Json): ProfilePack {
    const uid = text(body, 'uid');
    const data = this.#data(body.uid as string | undefined);
    if (uid !== undefined && data === undefined) throw new Error(`${uid} leads to no pack`);
    const values = body.values as string | undefined;
    return {
      name: text(body, 'name') ?? '',
      type: text(body, 'type') ?? 'spectro',
      // Terraform knows no layers: the pack says its own.
      layer: '',
      version: text(data ?? {}, 'version') ?? '',
      tag: text(body, 'tag') ?? '',
      values: values === undefined || this.#data(values) !== undefined ? '' : plainText(values),
      manifests: blocks(body, 'manifest').map((one) => ({
        name: text(one, 'name') ?? '',
        content: text(one, 'content') ?? '',
      })),
      registry: this.#registry(data?.registry_uid as string | undefined),
    };
  }

  #registry(uid: string | undefined): Registry | undefined {
    if (uid === undefined) return undefined;
    const data = this.#data(uid);
    const none = { isPrivate: undefined, providerType: undefined };
    if (data === undefined) return { ...none, name: undefined, kind: undefined, uid: plainText(uid) };
    const kind = text(data, 'type');
    return { ...none, name: text(data, 'name'), uid: undefined, kind: kind && kinds[kind] };
  }
}

const text = (body: Json, name: string): string | undefined =>
  body[name] === undefined ? undefined : plainText(String(body[name]));
const texts = (body: Json, name: string): readonly string[] =>
  ((body[name] ?? []) as readonly string[]).map(plainText);
const map = (body: Json, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries((body[name] ?? {}) as Json).map(([key, value]) => [
      plainText(key),
      plainText(String(value)),
    ]),
  );
const blocks = (body: Json, name: string): readonly Json[] => (body[name] ?? []) as readonly Json[];

const variable = (body: Json): Variable => ({
  name: text(body, 'name') ?? '',
  displayName: text(body, 'display_name') ?? '',
  format: text(body, 'format') ?? '',
  description: text(body, 'description') ?? '',
  defaultValue: text(body, 'default_value') ?? '',
  regex: text(body, 'regex') ?? '',
  required: body.required === true,
  immutable: body.immutable === true,
  isSensitive: body.is_sensitive === true,
  hidden: body.hidden === true,
});

const pool = (body: Json): Pool => ({
  name: text(body, 'name') ?? '',
  controlPlane: body.control_plane === true,
  worker: body.control_plane_as_worker === true,
  labels: map(body, 'additional_labels'),
  hosts: blocks(body, 'edge_host').map(host),
});

const host = (body: Json): EdgeHost => ({
  uid: text(body, 'host_uid') ?? '',
  name: text(body, 'host_name'),
  staticIp: text(body, 'static_ip'),
  nic: text(body, 'nic_name'),
  gateway: text(body, 'default_gateway'),
  subnetMask: text(body, 'subnet_mask'),
  dnsServers: texts(body, 'dns_servers'),
});
