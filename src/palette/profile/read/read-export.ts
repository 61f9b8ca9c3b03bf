/** The JSON that Palette exports and imports, as parts with their places. */
import type { Path } from '../../../kubernetes/schema/check-schema.ts';
import { flag, listOf, mapOf, object, type Schema, text } from '../../../kubernetes/schema/schema.ts';
import { parseJson } from '../../json/parse-json.ts';
import { layers } from '../../pack/schema/pack-json.ts';
import type { SourceText, Tell } from '../findings.ts';
import type { PackParts, ProfileParts, RegistryParts, VariableParts } from '../parts.ts';
import { SourceView } from './view.ts';

export const notEmpty = { type: 'string', notEmpty: true } as const satisfies Schema;
export const layer = { type: 'string', oneOf: layers } as const satisfies Schema;

const registry = object({
  metadata: object({ uid: text, name: text, kind: text, isPrivate: flag, providerType: text }),
});

const pack = object(
  {
    ...{ name: notEmpty, type: text, layer, version: text, tag: text, values: text, uid: text },
    manifests: listOf(object({ name: notEmpty, content: text, uid: text }, ['name'])),
    registry,
  },
  ['name', 'layer'],
);

const variable = object(
  {
    ...{ name: notEmpty, displayName: text, format: text, description: text, defaultValue: text },
    ...{ regex: text, required: flag, immutable: flag, isSensitive: flag, hidden: flag, isHidden: flag },
  },
  ['name'],
);

export const exportSchema = object(
  {
    // As objects of the API have them, whose exports these are.
    ...{ apiVersion: text, kind: text },
    metadata: object(
      { name: notEmpty, description: text, labels: mapOf(text), annotations: mapOf(text), uid: text },
      ['name'],
    ),
    spec: object(
      {
        version: text,
        template: object({ type: text, cloudType: text, packs: listOf(pack) }, ['type', 'packs']),
        variables: listOf(variable),
      },
      ['template'],
    ),
  },
  ['metadata', 'spec'],
);

/** undefined when it cannot be read to its end; that is told. */
export function readExport(source: SourceText, tell: Tell): ProfileParts | undefined {
  const { root, complete, faults } = parseJson(source.text);
  for (const { offset, message } of faults) tell('error', { source, offset }, message);
  if (root === undefined || !complete) return undefined;
  if (root.kind !== 'map') {
    tell('error', { source, offset: root.offset }, 'expected an object in braces');
    return undefined;
  }
  const view = new SourceView(source, root, 'json');
  view.check(exportSchema, 'the profile', tell);
  const template = ['spec', 'template'] as const;
  return {
    at: { source, offset: root.offset },
    name: view.spotted('metadata', 'name'),
    description: view.text('metadata', 'description') ?? '',
    labels: view.map('metadata', 'labels'),
    version: view.spotted('spec', 'version'),
    type: view.spotted(...template, 'type'),
    cloudType: view.spotted(...template, 'cloudType'),
    hasPacks: view.hasList(...template, 'packs'),
    packs: view.items(...template, 'packs').map((path) => packParts(view, path)),
    variables: view.items('spec', 'variables').map((path) => variableParts(view, path)),
    cluster: undefined,
    leftOut: leftOutOf(view),
  };
}

/** Given by Palette, or for its API: an import gets others. */
function leftOutOf(view: SourceView): readonly string[] {
  const packs = view.items('spec', 'template', 'packs');
  const manifests = packs.flatMap((path) => view.items(...path, 'manifests'));
  const found: readonly [string, boolean][] = [
    ['apiVersion', view.has('apiVersion')],
    ['kind', view.has('kind')],
    ['metadata.uid', view.has('metadata', 'uid')],
    ['metadata.annotations', view.has('metadata', 'annotations')],
    ['spec.template.packs[].uid', packs.some((path) => view.has(...path, 'uid'))],
    ['spec.template.packs[].manifests[].uid', manifests.some((path) => view.has(...path, 'uid'))],
  ];
  return found.flatMap(([key, there]) => (there ? [key] : []));
}

function packParts(view: SourceView, path: Path): PackParts {
  return {
    at: view.placeAt(...path),
    name: view.spotted(...path, 'name'),
    version: view.spotted(...path, 'version'),
    tag: view.spotted(...path, 'tag'),
    type: view.spotted(...path, 'type'),
    layer: view.spotted(...path, 'layer'),
    values: view.part(...path, 'values'),
    manifests: view.items(...path, 'manifests').map((item) => ({
      at: view.placeAt(...item),
      name: view.spotted(...item, 'name'),
      content: view.part(...item, 'content'),
    })),
    registry: registryParts(view, path),
    folder: undefined,
  };
}

function registryParts(view: SourceView, path: Path): RegistryParts | undefined {
  if (!view.has(...path, 'registry')) return undefined;
  const meta = [...path, 'registry', 'metadata'];
  return {
    at: view.placeAt(...meta),
    name: view.spotted(...meta, 'name'),
    uid: view.spotted(...meta, 'uid'),
    kind: view.spotted(...meta, 'kind'),
    isPrivate: view.flag(...meta, 'isPrivate'),
    providerType: view.text(...meta, 'providerType'),
  };
}

const variableParts = (view: SourceView, path: Path): VariableParts => ({
  at: view.placeAt(...path),
  name: view.spotted(...path, 'name'),
  displayName: view.spotted(...path, 'displayName'),
  format: view.spotted(...path, 'format'),
  description: view.spotted(...path, 'description'),
  defaultValue: view.spotted(...path, 'defaultValue'),
  regex: view.spotted(...path, 'regex'),
  required: view.flag(...path, 'required') ?? false,
  immutable: view.flag(...path, 'immutable') ?? false,
  isSensitive: view.flag(...path, 'isSensitive') ?? false,
  // Both names are in profiles of the documentation.
  hidden: view.flag(...path, 'hidden') ?? view.flag(...path, 'isHidden') ?? false,
});
