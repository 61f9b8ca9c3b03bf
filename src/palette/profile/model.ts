/** A cluster profile as Palette imports and exports it, without places: what is rendered, compared and sent to Terraform. */

/** Palette calls the first one Full. */
export const profileTypes = ['cluster', 'infra', 'add-on'] as const;
export type ProfileType = (typeof profileTypes)[number];

/** What people write for them. */
export const shownTypes = ['infra', 'full', 'add-on'] as const;

/** `full` is `cluster` in Palette's JSON; everything else is what it is. */
export const typeOf = (shown: string): string => (shown === 'full' ? 'cluster' : shown);
export const shownType = (type: string): string => (type === 'cluster' ? 'full' : type);

/** Kinds of values that a variable can be asked for. */
export const variableFormats = [
  'string',
  'number',
  'boolean',
  'ipv4',
  'ipv4cidr',
  'ipv6',
  'version',
] as const;

export interface Registry {
  readonly name: string | undefined;
  readonly uid: string | undefined;
  /** `pack`, `oci`, `helm`; others are passed on. */
  readonly kind: string | undefined;
  readonly isPrivate: boolean | undefined;
  readonly providerType: string | undefined;
}

export interface Manifest {
  readonly name: string;
  readonly content: string;
}

export interface ProfilePack {
  readonly name: string;
  /** `spectro`, `oci`, `helm` or `manifest`. */
  readonly type: string;
  readonly layer: string;
  readonly version: string;
  /** What the registry has the version under, as a rule the same. */
  readonly tag: string;
  /** YAML, every byte of which is kept; empty for the pack's own. */
  readonly values: string;
  readonly manifests: readonly Manifest[];
  readonly registry: Registry | undefined;
}

export interface Variable {
  readonly name: string;
  readonly displayName: string;
  readonly format: string;
  readonly description: string;
  readonly defaultValue: string;
  readonly regex: string;
  readonly required: boolean;
  readonly immutable: boolean;
  readonly isSensitive: boolean;
  readonly hidden: boolean;
}

export interface Profile {
  readonly name: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly type: string;
  readonly cloudType: string;
  /** In the order in which they are laid over each other. */
  readonly packs: readonly ProfilePack[];
  readonly variables: readonly Variable[];
}

/** A host at the edge that becomes a node. */
export interface EdgeHost {
  readonly uid: string;
  readonly name: string | undefined;
  readonly staticIp: string | undefined;
  readonly nic: string | undefined;
  readonly gateway: string | undefined;
  readonly subnetMask: string | undefined;
  readonly dnsServers: readonly string[];
}

export interface Pool {
  readonly name: string;
  readonly controlPlane: boolean;
  /** Whether nodes of the control plane run workloads, too. */
  readonly worker: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly hosts: readonly EdgeHost[];
}

/** An edge-native cluster made from the profile: Terraform's alone, no part of what Palette imports. */
export interface Cluster {
  readonly name: string;
  readonly tags: readonly string[];
  readonly sshKeys: readonly string[];
  readonly vip: string | undefined;
  readonly overlayCidr: string | undefined;
  readonly ntpServers: readonly string[];
  readonly pools: readonly Pool[];
  /** Values for variables of the profile. */
  readonly variables: Readonly<Record<string, string>>;
}

export const defaultVersion = '1.0.0';
export const defaultPackType = 'spectro';
export const edgeCloud = 'edge-native';
