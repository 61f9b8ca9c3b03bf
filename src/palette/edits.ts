/** Changes of a text that mend a fault: each one piece, in UTF-16 units. Pure. */

export interface Edit {
  readonly offset: number;
  /** Of what is taken away. */
  readonly length: number;
  readonly text: string;
}

/** The text with the changes. Of two that touch the same place the first one counts. */
export function edited(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let end = 0;
  for (const edit of edits.toSorted((a, b) => a.offset - b.offset)) {
    if (edit.offset < end) continue;
    pieces.push(text.slice(end, edit.offset), edit.text);
    end = edit.offset + edit.length;
  }
  return pieces.join('') + text.slice(end);
}
