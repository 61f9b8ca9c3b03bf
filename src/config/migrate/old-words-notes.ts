/** Finds the names of k3OS and k3s in the texts of a configuration, each with its place. Pure. */
import type { Document } from 'yaml';
import { visit } from 'yaml';
import type { Diagnostic, Place } from '../diagnostics.ts';
import { oldWords } from './old-words.ts';

export function notesOfOldWords(
  document: Document,
  text: string,
  placeOf: (offset: number) => Place,
): Diagnostic[] {
  const notes: Diagnostic[] = [];
  visit(document, {
    Scalar: (_, node) => {
      const [start, end] = node.range ?? [0, 0];
      const source = text.slice(start, end);
      for (const { pattern, name, advice } of oldWords) {
        const match = pattern.exec(source);
        if (match === null) continue;
        const offset = start + match.index + match[0].search(/[^\s;&|(]/);
        const message = `names ${name}, and is not changed: ${advice}`;
        notes.push({ severity: 'warning', place: placeOf(offset), message });
      }
    },
  });
  return notes;
}
