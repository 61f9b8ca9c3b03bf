/** What a pack is and holds, for people and programs. Pure. */
import { parseJson } from '../json/parse-json.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import { type PackContent, packFiles } from './pack-content.ts';
import { PackText } from './pack-view.ts';
import { validatePack } from './validate.ts';

export interface PackReport {
  readonly v: 1;
  readonly path: string;
  readonly name: string | null;
  readonly displayName: string | null;
  readonly version: string | null;
  readonly layer: string | null;
  readonly addonType: string | null;
  readonly cloudTypes: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** `system.uri` of an edge pack. */
  readonly image: string | null;
  readonly contentImages: readonly string[];
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly errors: number;
  readonly warnings: number;
}

const secret = /pass(?:word|wd|phrase)$/i;

/** As much as can be read of a pack that has faults. No password is shown. */
export function describePack(content: PackContent): PackReport {
  const text = (file: string) => Buffer.from(content.contents.get(file) ?? []).toString('utf8');
  const nothing = { kind: 'word', offset: 0, end: 0, value: null } as const;
  const meta = new PackText(packFiles.meta, '', parseJson(text(packFiles.meta)).root ?? nothing);
  const values = new PackText(packFiles.values, '', readYaml(text(packFiles.values)).root ?? nothing);
  const { findings } = validatePack(content);
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  return {
    ...{ v: 1, path: content.place },
    name: meta.text('name') ?? null,
    displayName: meta.text('displayName') ?? null,
    version: meta.text('version') ?? null,
    layer: meta.text('layer') ?? null,
    addonType: meta.text('addonType') ?? null,
    cloudTypes: meta.texts('cloudTypes'),
    annotations: Object.fromEntries(
      meta
        .names('annotations')
        .map((name) => [name, secret.test(name) ? '(not shown)' : meta.word('annotations', name)]),
    ),
    image: values.text('options', 'system.uri') ?? values.text('pack', 'osImageOverride') ?? null,
    contentImages: values
      .items('pack', 'content', 'images')
      .map((item) => values.text(...item, 'image') ?? values.word(...item)),
    files: [...content.entries]
      .filter(([, { type }]) => type === 'file')
      .map(([path, { size }]) => ({ path, size })),
    ...{ errors: count('error'), warnings: count('warning') },
  };
}
