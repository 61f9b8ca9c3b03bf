/** `pack:` with nothing behind it and its keys beside it: an example of the documentation, which YAML reads without a word. */
import type { Entry, Located, LocatedMap } from '../../../kubernetes/schema/located.ts';
import type { Edit } from '../../edits.ts';
import type { PackRule } from '../pack-view.ts';
import { packKeys } from '../schema/values.ts';

const step = 2;

export const nestingRules: PackRule = ({ values }, report) => {
  const { root, source: text } = values;
  const beside = besidePack(root);
  const pack = root.kind === 'map' ? root.entries.get('pack') : undefined;
  if (root.kind !== 'map' || pack === undefined || beside.length === 0) return;
  report(
    'error',
    values,
    pack.keyOffset,
    `pack has nothing in it, and ${beside.join(', ')} beside it; indent ${beside.length === 1 ? 'that' : 'these'} below pack:\n${shown(beside)}`,
    indented(text, root, beside),
  );
};

/** Keys that belong below an empty `pack` and stand beside it. */
export function besidePack(root: Located): readonly string[] {
  const pack = root.kind === 'map' ? root.entries.get('pack') : undefined;
  if (root.kind !== 'map' || pack === undefined || !isEmpty(pack)) return [];
  const content = root.entries.get('content');
  const images = content !== undefined && isEmpty(content) && root.entries.has('images') ? ['images'] : [];
  return [...packKeys.filter((name) => root.entries.has(name)), ...images];
}

const isEmpty = ({ value }: Entry): boolean => value.kind === 'word' && value.value === null;

/** How it is meant. */
const shown = (names: readonly string[]): string =>
  ['    pack:', ...names.map((name) => `    ${' '.repeat(depthOf(name))}${name}: …`)].join('\n');

const depthOf = (name: string): number => (name === 'images' ? 2 * step : step);

/** The lines of these keys, moved in; none when something else stands between, since order would change the meaning. */
function indented(text: string, root: LocatedMap, names: readonly string[]): readonly Edit[] {
  const order = [...root.entries];
  const begin = order.findIndex(([name]) => name === 'pack');
  const moved = order.slice(begin + 1, begin + 1 + names.length);
  if (!moved.every(([name]) => names.includes(name))) return [];
  if (
    names.includes('images') &&
    order[order.findIndex(([name]) => name === 'content') + 1]?.[0] !== 'images'
  )
    return [];
  const after = order[begin + 1 + names.length]?.[1].keyOffset ?? text.length;
  const edits: Edit[] = [];
  for (const [index, [name, { keyOffset }]] of moved.entries()) {
    const next = moved[index + 1]?.[1].keyOffset ?? after;
    // Up to the line of the next key, which may be indented.
    const end = next === text.length ? next : lineStart(text, next);
    const blanks = ' '.repeat(depthOf(name));
    for (let line = lineStart(text, keyOffset); line < end; ) {
      const below = text.indexOf('\n', line) + 1 || text.length;
      if (text.slice(line, below).trim() !== '') edits.push({ offset: line, length: 0, text: blanks });
      line = below;
    }
  }
  return edits;
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
