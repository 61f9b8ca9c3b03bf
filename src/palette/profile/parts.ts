/** A profile as it was read, with the place of each part: what the rules look at, whatever file it came from. */
import type { At, Spotted, TextPart } from './findings.ts';
import {
  type Cluster,
  defaultPackType,
  defaultVersion,
  edgeCloud,
  type Profile,
  type ProfilePack,
  type Registry,
  type Variable,
} from './model.ts';

export type MaybeText = Spotted<string> | undefined;

export interface RegistryParts {
  readonly at: At;
  readonly name: MaybeText;
  readonly uid: MaybeText;
  readonly kind: MaybeText;
  readonly isPrivate: boolean | undefined;
  readonly providerType: string | undefined;
}

export interface ManifestParts {
  readonly at: At;
  readonly name: MaybeText;
  readonly content: TextPart | undefined;
}

export interface PackParts {
  readonly at: At;
  readonly name: MaybeText;
  readonly version: MaybeText;
  readonly tag: MaybeText;
  readonly type: MaybeText;
  readonly layer: MaybeText;
  readonly values: TextPart | undefined;
  readonly manifests: readonly ManifestParts[];
  readonly registry: RegistryParts | undefined;
  /** Of a pack in a folder: the clouds it is for. Its own files have been checked as those of a pack. */
  readonly folder: { readonly clouds: readonly string[]; readonly ownValues: boolean } | undefined;
}

export interface VariableParts {
  readonly at: At;
  readonly name: MaybeText;
  readonly displayName: MaybeText;
  readonly format: MaybeText;
  readonly description: MaybeText;
  readonly defaultValue: MaybeText;
  readonly regex: MaybeText;
  readonly required: boolean;
  readonly immutable: boolean;
  readonly isSensitive: boolean;
  readonly hidden: boolean;
}

export interface ProfileParts {
  readonly at: At;
  readonly name: MaybeText;
  readonly description: string;
  readonly labels: ReadonlyMap<string, Spotted<string>>;
  readonly version: MaybeText;
  readonly type: MaybeText;
  readonly cloudType: MaybeText;
  readonly packs: readonly PackParts[];
  /** False when there is no list of packs at all, which the schema tells. */
  readonly hasPacks: boolean;
  readonly variables: readonly VariableParts[];
  readonly cluster: Cluster | undefined;
  /** Keys of an export that say where it came from, and that no other form of it has: `spec.template.packs[].uid`. */
  readonly leftOut: readonly string[];
}

const textOr = (text: MaybeText, otherwise = ''): string => text?.value ?? otherwise;

/** The profile that the parts are; what is missing is empty, or what Palette takes in its place. */
export function profileOf(parts: ProfileParts): Profile {
  return {
    name: textOr(parts.name),
    description: parts.description,
    labels: Object.fromEntries([...parts.labels].map(([name, { value }]) => [name, value])),
    version: textOr(parts.version, defaultVersion),
    type: textOr(parts.type, 'add-on'),
    cloudType: textOr(parts.cloudType, edgeCloud),
    packs: parts.packs.map(packOf),
    variables: parts.variables.map(variableOf),
  };
}

function packOf(parts: PackParts): ProfilePack {
  const version = textOr(parts.version, textOr(parts.tag));
  return {
    name: textOr(parts.name),
    type: textOr(parts.type, defaultPackType),
    layer: textOr(parts.layer, 'addon'),
    version,
    tag: textOr(parts.tag, version),
    values: parts.values?.text ?? '',
    manifests: parts.manifests.map(({ name, content }) => ({
      name: textOr(name),
      content: content?.text ?? '',
    })),
    registry: parts.registry === undefined ? undefined : registryOf(parts.registry),
  };
}

const registryOf = ({ name, uid, kind, isPrivate, providerType }: RegistryParts): Registry => ({
  ...{ name: name?.value, uid: uid?.value, kind: kind?.value, isPrivate, providerType },
});

function variableOf(parts: VariableParts): Variable {
  const { required, immutable, isSensitive, hidden } = parts;
  return {
    name: textOr(parts.name),
    displayName: textOr(parts.displayName, textOr(parts.name)),
    format: textOr(parts.format, 'string'),
    description: textOr(parts.description),
    defaultValue: textOr(parts.defaultValue),
    regex: textOr(parts.regex),
    ...{ required, immutable, isSensitive, hidden },
  };
}
