/** The files that a pack names, and those that it must have. */
import { didYouMean } from '../../../config/nearest.ts';
import { folderPart } from '../../../formats/trailing.ts';
import { type PackEntry, packFiles } from '../pack-content.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';

export const fileRules: PackRule = (pack, report) => {
  checkNamed(pack, 'kubeManifests', /\.(?:ya?ml|json)$/i, 'a YAML file of manifests', report);
  checkNamed(pack, 'charts', /\.(?:tgz|tar\.gz)$/i, 'a packed chart (.tgz)', report);
  for (const [path, { type }] of pack.content.entries)
    if (type === 'link' || type === 'other') report('error', path, undefined, notAFile(type));
  checkUnnamed(pack, report);
  const { entries } = pack.content;
  if (!entries.has(packFiles.values))
    report('error', packFiles.values, undefined, 'is missing; every pack has one, an empty file if need be');
  if (!entries.has(packFiles.readme))
    report('warning', packFiles.readme, undefined, 'is missing; it is what Palette shows of the pack');
  else if (entries.get(packFiles.readme)?.type === 'directory')
    report('error', packFiles.readme, undefined, 'is a folder; expected a file');
};

export const notAFile = (type: PackEntry['type']): string =>
  `is ${type === 'link' ? 'a link' : 'a device or a pipe'}; a pack holds files and folders`;

/** `./manifests/a.yaml` is `manifests/a.yaml`; undefined for what leads out of the pack. */
export function pathInPack(path: string): string | undefined {
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0')) return undefined;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? undefined : parts.join('/');
}

function checkNamed(pack: PackView, key: string, form: RegExp, what: string, report: Report): void {
  const { meta, content } = pack;
  const seen = new Set<string>();
  for (const item of meta.items(key)) {
    const given = meta.text(...item);
    if (given === undefined) continue;
    const path = pathInPack(given);
    if (path === undefined) {
      report('error', meta, item, 'must be a path inside of the pack, with / between its parts');
      continue;
    }
    const entry = content.entries.get(path);
    const names = [...content.entries.keys()];
    // Another spelling of the same letters works on some machines alone.
    const alike = names.find((name) => name.toLowerCase() === path.toLowerCase());
    if (entry === undefined && alike !== undefined)
      report(
        'error',
        meta,
        item,
        `is called ${alike} in the pack`,
        meta.replaced(item, () => JSON.stringify(alike)),
      );
    else if (entry === undefined)
      report('error', meta, item, `is not in the pack${didYouMean(path, likely(path, names))}`);
    else if (entry.type === 'directory') report('error', meta, item, `is a folder; expected ${what}`);
    else if (!form.test(path)) report('warning', meta, item, `has another ending than ${what}`);
    if (seen.has(path)) report('warning', meta, item, 'is named twice');
    seen.add(path);
  }
}

/** Files of that folder, and those of that name elsewhere. */
function likely(path: string, names: readonly string[]): readonly string[] {
  const moved = names.find((name) => name.endsWith(`/${path.slice(path.lastIndexOf('/') + 1)}`));
  return moved === undefined ? names.filter((name) => folderPart(name) === folderPart(path)) : [moved];
}

/** Charts and manifests that nobody would miss. */
function checkUnnamed({ meta, content }: PackView, report: Report): void {
  const named = new Set(
    ['charts', 'kubeManifests'].flatMap((key) => meta.texts(key).map((path) => pathInPack(path) ?? '')),
  );
  for (const [path, { type }] of content.entries) {
    if (type !== 'file' || named.has(path)) continue;
    const [, folder] = /^(charts|manifests)\/[^/]+\.(?:tgz|tar\.gz|ya?ml)$/i.exec(path) ?? [];
    if (folder === undefined || (folder === 'charts' && /ya?ml$/i.test(path))) continue;
    const key = folder === 'charts' ? 'charts' : 'kubeManifests';
    report('warning', path, undefined, `is not named by ${key} in pack.json, so Palette passes it over`);
  }
}
