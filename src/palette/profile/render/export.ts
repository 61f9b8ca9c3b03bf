/** A profile as the JSON that Palette imports. Pure. */
import type { Profile, ProfilePack, Registry, Variable } from '../model.ts';

/** Keys in the order of Palette's own exports. */
export function renderExport(profile: Profile): string {
  const { name, description, labels, version, type, cloudType, packs, variables } = profile;
  const document = {
    metadata: { name, description, labels },
    spec: {
      version,
      template: { type, cloudType, packs: packs.map(packOf) },
      ...(variables.length === 0 ? {} : { variables: variables.map(variableOf) }),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function packOf({ name, type, layer, version, tag, values, manifests, registry }: ProfilePack) {
  return {
    ...{ name, type, layer, version, tag, values },
    ...(manifests.length === 0 ? {} : { manifests }),
    ...(registry === undefined ? {} : { registry: { metadata: registryOf(registry) } }),
  };
}

const registryOf = ({ uid, name, kind, isPrivate, providerType }: Registry) => ({
  // JSON leaves out what is undefined.
  ...{ uid, name, kind, isPrivate, providerType },
});

const variableOf = ({ name, displayName, format, description, defaultValue, regex, ...flags }: Variable) => ({
  ...{ name, displayName, format, description, defaultValue },
  ...(regex === '' ? {} : { regex }),
  required: flags.required,
  immutable: flags.immutable,
  isSensitive: flags.isSensitive,
  hidden: flags.hidden,
});
