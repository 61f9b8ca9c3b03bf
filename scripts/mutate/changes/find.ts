/** Every mutation of a file, and a sample of many that is the same for the same seed. */
import { randomFrom } from '../../random.ts';
import type { Edit, Mutation, MutationClass } from '../mutation.ts';
import { syntaxOf } from '../syntax.ts';
import { criticalEdits, orderEdits } from './critical.ts';
import type { Effects } from './effects.ts';
import { ordinaryEdits } from './ordinary.ts';

/**
 * In the order of the text. What is critical is not counted as ordinary too: an order is critical where one of the two
 * may have an effect, and ordinary where both only look.
 */
export function mutationsOf(file: string, text: string, effects: Effects = () => true): Mutation[] {
  const syntax = syntaxOf(text);
  const found = new Map<string, Mutation>();
  const keep = (edits: readonly Edit[], kind: MutationClass) => {
    for (const edit of edits) {
      const key = `${edit.start}-${edit.end}-${edit.replacement}`;
      const span = `${edit.start}-${edit.end}`;
      if (found.has(key) || (kind === 'other' && critical.has(span))) continue;
      if (kind === 'critical') critical.add(span);
      found.set(key, { ...edit, class: kind, file, ...placeOf(text, edit.start) });
    }
  };
  const critical = new Set<string>();
  syntax.walk((node, parents) =>
    keep(
      criticalEdits(node, parents, syntax, (statement) => effects(file, statement)),
      'critical',
    ),
  );
  syntax.walk((node, parents) => {
    keep(ordinaryEdits(node, parents, syntax), 'other');
    keep(
      orderEdits(node, syntax, () => true),
      'other',
    );
  });
  return [...found.values()].toSorted((a, b) => a.start - b.start || a.end - b.end);
}

function placeOf(text: string, offset: number): { line: number; source: string } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const end = text.indexOf('\n', offset);
  return {
    line: before.split('\n').length,
    source: text.slice(start, end === -1 ? text.length : end).trim(),
  };
}

/** `count` of them, drawn with a seed, in their old order. */
export function sampleOf<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = randomFrom(seed);
  const drawn = all.map((item, index) => ({ item, index, draw: random(2 ** 32) }));
  return drawn
    .toSorted((a, b) => a.draw - b.draw)
    .slice(0, count)
    .toSorted((a, b) => a.index - b.index)
    .map(({ item }) => item);
}
