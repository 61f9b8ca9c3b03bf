/** The OS pack of other clouds, `generic-byoi`: an image of the cloud, and what is in it. */
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { PackRule } from '../pack-view.ts';

export const genericPack = 'generic-byoi';
export const imageKeys = ['osImageOverride', 'osName', 'osVersion'] as const;

export const byoiRules: PackRule = ({ name, values }, report) => {
  if (values.root.kind !== 'map') return;
  for (const key of imageKeys) {
    const value = values.at('pack', key);
    const atTop = values.at(key) !== undefined;
    if (value?.kind === 'word' && value.value !== null && typeof value.value !== 'string') {
      const found = typeof value.value === 'number' ? `the number ${value.value}` : String(value.value);
      report(
        'error',
        values,
        ['pack', key],
        `expected text, found ${found}; write it in quotes`,
        values.replaced(['pack', key], (raw) => `"${raw.trim()}"`),
      );
    } else if (name !== genericPack) continue;
    else if (value === undefined && atTop)
      report('error', values, [key], 'belongs below pack; indent it there');
    else if (value === undefined || (value.kind === 'word' && (value.value ?? '') === ''))
      report('error', values, ['pack', key], 'is missing; the pack needs it');
    else if (value.kind !== 'word') report('error', values, ['pack', key], 'expected text');
    else if (/\s/.test(String(value.value).trim()) && !hasMacro(String(value.value)))
      report('warning', values, ['pack', key], 'has blanks in it');
  }
};
