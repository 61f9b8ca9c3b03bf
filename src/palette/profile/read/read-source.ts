/** The file that people write of a profile, YAML of this project's own (docs/profiles.md), as parts with their places. */
import { didYouMean } from '../../../config/nearest.ts';
import { type Path, pathText, schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import { valueAt } from '../../../kubernetes/schema/located.ts';
import { readYaml } from '../../yaml/read-yaml.ts';
import type { SourceText, Tell, TextPart } from '../findings.ts';
import { typeOf } from '../model.ts';
import type { MaybeText, PackParts, ProfileParts, RegistryParts, VariableParts } from '../parts.ts';
import { clusterOf } from './read-cluster.ts';
import { withSet } from './set-values.ts';
import { registrySchema, sourceSchema } from './source-schema.ts';
import { wholeText } from './text-parts.ts';
import { SourceView } from './view.ts';

/** A pack that lies in a folder. */
export interface FolderPack {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly layer: string | undefined;
  readonly clouds: readonly string[];
  readonly values: SourceText | undefined;
}

/** What the file names, as far as it can be read, by the names in the file; why not has been told. */
export interface NamedFiles {
  readonly folders: ReadonlyMap<string, FolderPack>;
  readonly files: ReadonlyMap<string, SourceText>;
}

/** The text as values; undefined when it is not YAML, or not a map. */
export function openSource(source: SourceText, tell: Tell): SourceView | undefined {
  const { root, faults } = readYaml(source.text, { expected: 'a profile' });
  for (const { severity, offset, message } of faults) tell(severity, { source, offset }, message);
  if (root === undefined) return undefined;
  if (root.kind === 'map') return new SourceView(source, root, 'yaml');
  tell('error', { source, offset: root.offset }, 'expected a map of keys, such as name: edge-infra');
  return undefined;
}

/** Where files of a kind are named in it. */
export function namedPaths(view: SourceView): Readonly<Record<'folders' | 'files', readonly Path[]>> {
  const packs = view.items('packs');
  const files = packs.flatMap((path) => [
    [...path, 'values_file'],
    ...view.items(...path, 'manifests').map((item) => [...item, 'file']),
  ]);
  const named = (path: Path) => view.text(...path) !== undefined;
  return {
    folders: packs.map((path) => [...path, 'folder']).filter(named),
    files: files.filter(named),
  };
}

export function readSource(view: SourceView, named: NamedFiles, tell: Tell): ProfileParts {
  view.check(sourceSchema, 'the file of a profile', tell);
  const type = view.spotted('type');
  return {
    at: { source: view.source, offset: view.root.offset },
    name: view.spotted('name'),
    description: view.text('description') ?? '',
    labels: view.map('labels'),
    version: view.spotted('version'),
    // As Palette shows it to people.
    type: type && { ...type, value: typeOf(type.value) },
    cloudType: view.spotted('cloud'),
    hasPacks: view.hasList('packs'),
    packs: view.items('packs').map((path) => packParts(view, path, named, tell)),
    variables: view.items('variables').map((path) => variableParts(view, path)),
    cluster: clusterOf(view, tell),
    leftOut: [],
  };
}

function packParts(view: SourceView, path: Path, named: NamedFiles, tell: Tell): PackParts {
  const at = view.placeAt(...path);
  const reference = view.spotted(...path, 'pack');
  const given = view.text(...path, 'folder');
  const folder = given === undefined ? undefined : named.folders.get(given);
  if (reference !== undefined && given !== undefined)
    tell('error', at, 'names a pack and a folder; leave one of them out', pathText(path));
  if (reference === undefined && given === undefined && valueAt(view.root, path)?.kind === 'map')
    tell(
      'error',
      at,
      'names neither pack: NAME:VERSION of a registry nor folder: of a pack here',
      pathText(path),
    );
  const spot = view.placeAt(...path, 'folder');
  const own = (value: string | undefined): MaybeText =>
    value === undefined ? undefined : { value, at: spot };
  const colon = reference?.value.indexOf(':') ?? -1;
  const version =
    reference === undefined || colon < 0
      ? undefined
      : { value: reference.value.slice(colon + 1), at: reference.at };
  const values = textOf(view, path, ['values', 'values_file'], named, tell);
  const base = values ?? (folder?.values === undefined ? undefined : wholeText(folder.values));
  return {
    at,
    name:
      reference === undefined || colon < 0
        ? (reference ?? own(folder?.name))
        : { ...reference, value: reference.value.slice(0, colon) },
    version: version ?? own(folder?.version),
    tag: view.spotted(...path, 'tag'),
    type: view.spotted(...path, 'type'),
    layer: view.spotted(...path, 'layer') ?? own(folder?.layer),
    values: withSet(view, path, base, tell),
    manifests: view.items(...path, 'manifests').map((item) => ({
      at: view.placeAt(...item),
      name: view.spotted(...item, 'name'),
      content: textOf(view, item, ['content', 'file'], named, tell),
    })),
    registry: registryOf(view, path, tell),
    folder:
      folder === undefined
        ? undefined
        : { clouds: folder.clouds, ownValues: values === undefined && !view.has(...path, 'set') },
  };
}

/** A text that stands in the file itself, or in one that it names. */
function textOf(
  view: SourceView,
  path: Path,
  [inline, file]: readonly [string, string],
  { files }: NamedFiles,
  tell: Tell,
): TextPart | undefined {
  const name = view.text(...path, file);
  const part = view.part(...path, inline);
  if (name === undefined) return part;
  if (part !== undefined)
    tell(
      'error',
      view.placeAt(...path, file),
      `stands beside ${inline}; leave one of them out`,
      pathText(path),
    );
  const source = files.get(name);
  return source === undefined ? undefined : wholeText(source);
}

function registryOf(view: SourceView, path: Path, tell: Tell): RegistryParts | undefined {
  const place = [...path, 'registry'];
  const value = valueAt(view.root, place);
  if (value === undefined || !view.has(...place)) return undefined;
  const name = view.spotted(...place);
  const at = view.placeAt(...place);
  if (value.kind === 'map') {
    for (const fault of schemaFaults(value, registrySchema, 'a registry')) {
      const spot =
        fault.offset === undefined ? view.placeAt(...place, ...fault.path) : { ...at, offset: fault.offset };
      const where = pathText([...place, ...fault.path]);
      tell(fault.unknown ? 'warning' : 'error', spot, fault.message, where);
    }
    return { ...registryAt(view, place), name: view.spotted(...place, 'name') };
  }
  if (name === undefined) {
    tell('error', at, 'expected the name of a registry', pathText(place));
    return undefined;
  }
  const known = view.names('registries');
  if (known.length > 0 && !known.includes(name.value))
    tell('error', at, `is not among the registries${didYouMean(name.value, known)}`, pathText(place));
  return { ...registryAt(view, ['registries', name.value]), at, name };
}

const registryAt = (view: SourceView, path: Path): Omit<RegistryParts, 'name'> => ({
  at: view.placeAt(...path),
  uid: view.spotted(...path, 'uid'),
  kind: view.spotted(...path, 'kind'),
  isPrivate: view.flag(...path, 'private'),
  providerType: view.text(...path, 'provider_type'),
});

const variableParts = (view: SourceView, path: Path): VariableParts => ({
  at: view.placeAt(...path),
  name: view.spotted(...path, 'name'),
  displayName: view.spotted(...path, 'display_name'),
  format: view.spotted(...path, 'format'),
  description: view.spotted(...path, 'description'),
  defaultValue: view.spotted(...path, 'default_value'),
  regex: view.spotted(...path, 'regex'),
  required: view.flag(...path, 'required') ?? false,
  immutable: view.flag(...path, 'immutable') ?? false,
  isSensitive: view.flag(...path, 'is_sensitive') ?? false,
  hidden: view.flag(...path, 'hidden') ?? false,
});
