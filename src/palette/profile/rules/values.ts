/** The values of a pack inside of a profile: looked into as those of a pack's folder are. */
import type { Path } from '../../../kubernetes/schema/check-schema.ts';
import { pathText } from '../../../kubernetes/schema/check-schema.ts';
import { type Located, offsetAt, valueAt } from '../../../kubernetes/schema/located.ts';
import { type PackRule, PackText, type PackView, type Report } from '../../pack/pack-view.ts';
import { byoiRules } from '../../pack/rules/byoi.ts';
import { contentImageRules } from '../../pack/rules/content-images.ts';
import { drainRules } from '../../pack/rules/drain.ts';
import { macroRules } from '../../pack/rules/macros.ts';
import { nestingRules } from '../../pack/rules/nesting.ts';
import { secretRules } from '../../pack/rules/secrets.ts';
import { systemUriRules } from '../../pack/rules/system-uri.ts';
import { readYaml } from '../../yaml/read-yaml.ts';
import type { Tell, TextPart } from '../findings.ts';
import type { PackParts, ProfileParts } from '../parts.ts';

const rules: readonly PackRule[] = [
  ...[nestingRules, contentImageRules, drainRules, systemUriRules, byoiRules, macroRules, secretRules],
];

const nothing: Located = { kind: 'word', offset: 0, end: 0, value: null };

export function valueRules(profile: ProfileParts, tell: Tell): void {
  for (const pack of profile.packs) {
    const { values, folder } = pack;
    if (values === undefined || values.text === '' || folder?.ownValues === true) continue;
    checkValues(pack, values, profile, tell);
  }
}

function checkValues(pack: PackParts, values: TextPart, profile: ProfileParts, tell: Tell): void {
  const { root, faults } = readYaml(values.text);
  const name = pack.name?.value;
  const within = (path?: Path) => [name ?? 'values', ...(path ?? [])];
  for (const { severity, offset, message } of faults)
    tell(severity, values.at(offset), message, pathText(within()));
  if (root === undefined) return;
  if (root.kind === 'list' || (root.kind === 'word' && root.value !== null)) {
    tell('error', values.at(root.offset), 'expected a map of keys, such as pack:', pathText(within()));
    return;
  }
  const own = valueAt(root, ['pack']);
  if (own?.kind === 'list' || (own?.kind === 'word' && own.value !== null))
    tell(
      'error',
      values.at(offsetAt(root, ['pack'])),
      'expected a map of keys, such as namespace',
      pathText(within(['pack'])),
    );
  const meta = new PackText('', '', nothing);
  const text = new PackText('values.yaml', values.text, root);
  const view: PackView = {
    ...{ meta, values: text, presets: undefined, parameters: undefined, name, layer: pack.layer?.value },
    clouds: profile.cloudType === undefined ? [] : [profile.cloudType.value],
    content: { place: '', folder: '', entries: new Map(), contents: new Map() },
  };
  const report: Report = (severity, where, spot, message) => {
    if (where !== text) return;
    const path = typeof spot === 'object' ? spot : undefined;
    const offset = typeof spot === 'number' ? spot : offsetAt(root, path ?? []);
    tell(severity, values.at(offset), message, pathText(within(path)));
  };
  for (const rule of rules) rule(view, report);
}
