/** For which clouds a pack is, and what kind of add-on. These lists grow with Palette: what is not in them is only warned of. */
import { didYouMean } from '../../../config/nearest.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { addonTypes, cloudTypes } from '../schema/pack-json.ts';

export const kindRules: PackRule = (pack, report) => {
  checkClouds(pack, report);
  checkAddon(pack, report);
};

function checkClouds({ meta }: PackView, report: Report): void {
  if (meta.has('cloudType')) checkSingular(meta, report);
  else if (!meta.has('cloudTypes') && !meta.names().some((name) => name.toLowerCase() === 'cloudtypes'))
    report(
      'warning',
      meta,
      ['cloudTypes'],
      'is missing: the schema allows that, the documentation asks for it; write the clouds, such as ["all"]',
    );
  else if (meta.at('cloudTypes')?.kind === 'list' && meta.items('cloudTypes').length === 0)
    report('warning', meta, ['cloudTypes'], 'names no cloud; write ["all"] for every one');
  const seen = new Set<string>();
  for (const item of meta.items('cloudTypes')) {
    const cloud = meta.text(...item);
    if (cloud === undefined) continue;
    if (!cloudTypes.includes(cloud))
      report('warning', meta, item, `"${cloud}" is not a documented cloud${didYouMean(cloud, cloudTypes)}`);
    if (seen.has(cloud)) report('warning', meta, item, `names ${cloud} twice`);
    seen.add(cloud);
  }
  if (seen.has('all') && seen.size > 1)
    report('warning', meta, ['cloudTypes'], 'names others beside all, which stands for every cloud');
}

function checkSingular(meta: PackView['meta'], report: Report): void {
  const value = meta.at('cloudType');
  const cloud = meta.text('cloudType');
  if (meta.has('cloudTypes') || cloud === undefined || value?.kind !== 'word') {
    if (meta.has('cloudTypes'))
      report('warning', meta, ['cloudType'], 'stands beside cloudTypes; keep that one alone');
    return;
  }
  const entry = meta.root.kind === 'map' ? meta.root.entries.get('cloudType') : undefined;
  if (entry === undefined) return;
  const written = meta.source.slice(value.offset, value.end);
  report(
    'warning',
    meta,
    entry.keyOffset,
    `is the old form of cloudTypes; write "cloudTypes": [${written}]`,
    [
      { offset: entry.keyOffset, length: '"cloudType"'.length, text: '"cloudTypes"' },
      { offset: value.offset, length: value.end - value.offset, text: `[${written}]` },
    ],
  );
}

const sameKind = (kind: string): string => kind.toLowerCase().replaceAll(/[-_ ]/g, ' ');

function checkAddon({ meta, layer }: PackView, report: Report): void {
  const kind = meta.word('addonType').trim();
  if (layer === 'addon' && kind === '' && meta.names().every((name) => name.toLowerCase() !== 'addontype'))
    report('warning', meta, ['addonType'], `is missing; write what it is: ${addonTypes.join(', ')}`);
  if (kind === '') return;
  if (layer !== undefined && layer !== 'addon')
    report('warning', meta, ['addonType'], `has no effect in the layer ${layer}; leave it out`);
  else if (!addonTypes.some((known) => sameKind(known) === sameKind(kind)))
    report('warning', meta, ['addonType'], `"${kind}" is not documented${didYouMean(kind, addonTypes)}`);
}
