/** Names and versions of a profile and its packs, and where the packs come from. */
import semver from 'semver';
import { tagPattern } from '../../../kubernetes/values/image.ts';
import { isPlaceholder } from '../../pack/rules/keys.ts';
import type { Tell } from '../findings.ts';
import type { MaybeText, PackParts, ProfileParts, RegistryParts } from '../parts.ts';

const packTypes = ['spectro', 'oci', 'helm', 'manifest'];
const registryKinds = ['pack', 'oci', 'helm', 'spectro'];
/** Of packs and profiles, as Palette shows and finds them. */
export const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** `<NAME>`, or `_____place_holder_____`: to be filled in. */
const isUnfilled = (text: string): boolean => isPlaceholder(text) || /place_?holder/i.test(text);

export function nameRules(profile: ProfileParts, tell: Tell): void {
  checkName(profile.name, 'name', tell);
  checkVersion(profile.version, 'version', tell);
  if (profile.version === undefined) tell('warning', profile.at, 'has no version; 1.0.0 is taken', 'version');
  const seen = new Set<string>();
  for (const pack of profile.packs) {
    checkName(pack.name, 'name', tell);
    const name = pack.name?.value;
    if (pack.name !== undefined && seen.has(pack.name.value))
      tell(
        'error',
        pack.name.at,
        `${pack.name.value} is in the profile already; a name must be unique`,
        'name',
      );
    if (name !== undefined) seen.add(name);
    checkPack(pack, profile, tell);
  }
}

function checkName(name: MaybeText, key: string, tell: Tell): void {
  if (name === undefined || name.value === '') return;
  if (isUnfilled(name.value)) tell('error', name.at, 'is a placeholder; write a name', key);
  else if (!namePattern.test(name.value))
    tell('error', name.at, 'must be letters and digits, with dots, hyphens and underscores between', key);
}

function checkVersion(version: MaybeText, key: string, tell: Tell): void {
  if (version === undefined) return;
  const { value, at } = version;
  if (isUnfilled(value)) tell('error', at, 'is a placeholder; write a version', key);
  else if (!tagPattern.test(value))
    tell('error', at, `${value === '' ? 'is empty' : 'is not a version'}; write one such as 1.0.0`, key);
  else if (key === 'version' && semver.valid(value) === null)
    tell('warning', at, 'is not a semantic version such as 1.2.3; Palette may not order it', key);
}

function checkPack(pack: PackParts, { cloudType }: ProfileParts, tell: Tell): void {
  const type = pack.type?.value ?? 'spectro';
  if (pack.type !== undefined && !packTypes.includes(type))
    tell('warning', pack.type.at, `"${type}" is not a documented type (${packTypes.join(', ')})`, 'type');
  checkVersion(pack.version, 'version', tell);
  checkVersion(pack.tag, 'tag', tell);
  const name = pack.name?.value ?? 'it';
  if (type === 'manifest') {
    if (pack.manifests.length === 0)
      tell('error', pack.at, `${name} is of the type manifest, but has no manifests`);
  } else {
    if (pack.version === undefined && pack.tag === undefined)
      tell('error', pack.at, `${name} has no version; a pack of a registry is found by name and version`);
    if (pack.registry === undefined)
      tell('warning', pack.at, `${name} names no registry; where several have it, Palette cannot tell which`);
  }
  if (pack.registry !== undefined) checkRegistry(pack.registry, tell);
  const seen = new Set<string>();
  for (const { name: manifest } of pack.manifests) {
    if (manifest === undefined) continue;
    if (seen.has(manifest.value))
      tell('error', manifest.at, 'is that of another manifest of the pack', 'name');
    seen.add(manifest.value);
  }
  const clouds = pack.folder?.clouds ?? [];
  const cloud = cloudType?.value;
  if (cloud !== undefined && clouds.length > 0 && !clouds.includes(cloud) && !clouds.includes('all'))
    tell('warning', pack.at, `${name} is for ${clouds.join(', ')}, not for ${cloud}`);
}

function checkRegistry({ at, name, uid, kind }: RegistryParts, tell: Tell): void {
  for (const [key, text] of [['name', name] as const, ['uid', uid] as const])
    if (text !== undefined && isUnfilled(text.value))
      tell(
        'error',
        text.at,
        `is a placeholder; write the ${key} of the registry in Palette`,
        `registry.${key}`,
      );
  if ((name?.value ?? '') === '' && (uid?.value ?? '') === '')
    tell('error', at, 'has neither name nor uid', 'registry');
  if (kind !== undefined && kind.value !== '' && !registryKinds.includes(kind.value))
    tell(
      'warning',
      kind.at,
      `"${kind.value}" is not a documented kind (${registryKinds.join(', ')})`,
      'registry.kind',
    );
}
