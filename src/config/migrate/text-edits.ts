/** Changes of a text at places that are known: all that is not named stays as it is, comments and layout too. Pure. */

export interface TextEdit {
  /** In UTF-16 units from 0. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The edits in any order; of two for one place the first counts. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let done = 0;
  const places = new Set<string>();
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => a.start - b.start)) {
    // What is referred to in several places is found in each.
    if (start < done || places.has(`${start}:${end}`)) continue;
    places.add(`${start}:${end}`);
    result += text.slice(done, start) + replacement;
    done = end;
  }
  return result + text.slice(done);
}
