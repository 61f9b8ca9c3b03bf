/** presets.yaml and schema.yaml, where a pack has them. */
import { schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import { readYaml } from '../../yaml/read-yaml.ts';
import type { PackRule, PackText, Report } from '../pack-view.ts';
import { parametersSchema, presetsSchema } from '../schema/values.ts';

export const presetRules: PackRule = ({ presets, parameters }, report) => {
  if (presets !== undefined) checkPresets(presets, report);
  if (parameters !== undefined && parameters.root.kind === 'map')
    for (const { path, message, offset } of schemaFaults(parameters.root, parametersSchema, 'a rule'))
      report('error', parameters, offset ?? path, message);
  else if (parameters !== undefined && parameters.word() === '' && parameters.root.kind !== 'word')
    report(
      'error',
      parameters,
      parameters.root.offset,
      'expected a map: the path of a value, and schema: below it',
    );
};

function checkPresets(presets: PackText, report: Report): void {
  // An empty file has no presets, and a map has them below that name.
  if (presets.root.kind === 'word' && presets.root.value === null) return;
  for (const { path, message, offset, unknown } of schemaFaults(presets.root, presetsSchema, 'presets.yaml'))
    if (unknown === true) report('warning', presets, offset, `gives ${path.at(-1)}, which ${message}`);
    else report('error', presets, path, message);
  const seen = new Set<string>();
  for (const item of presets.items('presets')) {
    const name = presets.text(...item, 'name');
    if (name !== undefined && seen.has(name))
      report('error', presets, [...item, 'name'], `is that of another preset; a name must be unique`);
    if (name !== undefined) seen.add(name);
    const added = presets.text(...item, 'add');
    if (added !== undefined && added.trim() !== '' && readYaml(added).root?.kind !== 'map')
      report('error', presets, [...item, 'add'], 'is not YAML with keys: it becomes part of values.yaml');
  }
}
