/** What differs between two profiles, by pack, by key of their values, and by variable. Pure. */
import type { Manifest, Profile, ProfilePack, Registry, Variable } from '../model.ts';
import { type ValueChange, valueChanges } from './value-changes.ts';

export interface Change {
  /** What it is part of: the profile itself, or a pack or variable of this name. */
  readonly in: 'profile' | 'pack' | 'variable';
  readonly name: string;
  readonly how: 'added' | 'removed' | 'changed' | 'layout';
  /** The field, or `values` and `manifest NAME` with the path of a key behind it; null for the whole. */
  readonly key: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

/** Empty for profiles that are the same. Secrets are not shown. */
export function diffProfiles(before: Profile, after: Profile): readonly Change[] {
  return [
    ...ownChanges(before, after),
    ...packChanges(before, after),
    ...namedChanges(
      'variable',
      before.variables,
      after.variables,
      ({ displayName }) => displayName,
      variableChanges,
    ),
  ];
}

type Fields = Readonly<Record<string, string | undefined>>;

function fieldChanges(where: Change['in'], name: string, before: Fields, after: Fields): readonly Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    before[key] === after[key] ? [] : [change(where, name, key, before[key], after[key])],
  );
}

const change = (
  where: Change['in'],
  name: string,
  key: string,
  before: string | undefined,
  after: string | undefined,
): Change => ({
  ...{ in: where, name, key },
  how: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
  ...{ before: before ?? null, after: after ?? null },
});

const quoted = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : JSON.stringify(text);

const labelsOf = ({ labels }: Profile): Fields =>
  Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [`labels.${name}`, JSON.stringify(value)]),
  );

const ownFields = (profile: Profile): Fields => ({
  name: profile.name,
  description: quoted(profile.description),
  version: profile.version,
  type: profile.type,
  cloud: profile.cloudType,
  ...labelsOf(profile),
});

const ownChanges = (before: Profile, after: Profile): readonly Change[] =>
  fieldChanges('profile', before.name, ownFields(before), ownFields(after));

function packChanges(before: Profile, after: Profile): readonly Change[] {
  const changes = namedChanges(
    'pack',
    before.packs,
    after.packs,
    ({ version }) => version,
    (one, other) => [
      ...fieldChanges('pack', one.name, packFields(one), packFields(other)),
      ...textChanges(one, other),
    ],
  );
  const common = ({ packs }: Profile, other: Profile) =>
    packs.map(({ name }) => name).filter((name) => other.packs.some((pack) => pack.name === name));
  const [old, current] = [common(before, after), common(after, before)].map((names) => names.join(', '));
  const order = old === current ? [] : [change('profile', before.name, 'order of packs', old, current)];
  return [...order, ...changes];
}

/** Things with names: those that came and went, and what changed in the others. */
function namedChanges<T extends { readonly name: string }>(
  where: 'pack' | 'variable',
  before: readonly T[],
  after: readonly T[],
  said: (one: T) => string,
  changes: (one: T, other: T) => readonly Change[],
): readonly Change[] {
  const whole = (one: T, how: 'added' | 'removed'): Change => ({
    ...{ in: where, name: one.name, how, key: null },
    before: how === 'removed' ? said(one) : null,
    after: how === 'added' ? said(one) : null,
  });
  const find = (all: readonly T[], { name }: T) => all.find((one) => one.name === name);
  return [
    ...before.flatMap((one) => {
      const other = find(after, one);
      return other === undefined ? [whole(one, 'removed')] : changes(one, other);
    }),
    ...after.filter((one) => find(before, one) === undefined).map((one) => whole(one, 'added')),
  ];
}

const packFields = ({ version, tag, type, layer, registry }: ProfilePack): Fields => ({
  version,
  tag: tag === version ? undefined : tag,
  ...{ type, layer, ...registryFields(registry) },
});

const registryFields = (registry: Registry | undefined): Fields => ({
  registry: registry?.name,
  'registry uid': registry?.uid,
  'registry kind': registry?.kind,
  'registry private': registry?.isPrivate?.toString(),
  'registry provider': registry?.providerType,
});

const notShown = '(not shown)';

const variableFields = (variable: Variable): Fields => ({
  'display name': quoted(variable.displayName),
  format: variable.format,
  description: quoted(variable.description),
  regex: quoted(variable.regex),
  required: String(variable.required),
  immutable: String(variable.immutable),
  sensitive: String(variable.isSensitive),
  hidden: String(variable.hidden),
});

/** What a sensitive variable holds is not shown, but that it changed is. */
function defaultChanges(before: Variable, after: Variable): readonly Change[] {
  const [old, current] = [quoted(before.defaultValue), quoted(after.defaultValue)];
  if (old === current) return [];
  const hidden = before.isSensitive || after.isSensitive;
  const shown = (text: string | undefined) => (hidden && text !== undefined ? notShown : text);
  return [change('variable', before.name, 'default', shown(old), shown(current))];
}

const variableChanges = (before: Variable, after: Variable): readonly Change[] => [
  ...fieldChanges('variable', before.name, variableFields(before), variableFields(after)),
  ...defaultChanges(before, after),
];

function textChanges(before: ProfilePack, after: ProfilePack): readonly Change[] {
  const { name } = before;
  const contents = (manifests: readonly Manifest[]) =>
    new Map(manifests.map((one) => [one.name, one.content]));
  const [old, current] = [contents(before.manifests), contents(after.manifests)];
  return [
    ...yamlChanges(name, 'values', before.values, after.values),
    ...[...new Set([...old.keys(), ...current.keys()])].flatMap((manifest) => {
      const key = `manifest ${manifest}`;
      const [one, other] = [old.get(manifest), current.get(manifest)];
      if (one !== undefined && other !== undefined) return yamlChanges(name, key, one, other);
      return [
        change(
          'pack',
          name,
          key,
          one === undefined ? undefined : 'there',
          other === undefined ? undefined : 'there',
        ),
      ];
    }),
  ];
}

function yamlChanges(name: string, key: string, before: string, after: string): readonly Change[] {
  const changes = valueChanges(before, after);
  if (changes === undefined) return [{ in: 'pack', name, how: 'layout', key, before: null, after: null }];
  return changes.map(({ path, secret, ...sides }: ValueChange) => {
    const shown = (text: string | undefined) => (secret && text !== undefined ? notShown : text);
    return change(
      'pack',
      name,
      path === '' ? key : `${key} ${path}`,
      shown(sides.before),
      shown(sides.after),
    );
  });
}
