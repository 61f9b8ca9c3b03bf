/** Finds the known name that somebody who mistyped most likely meant. */

/**
 * The nearest candidate within a third of the word's length; else one whose last part is that near to the word's
 * last part, for a key in the wrong place.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  return closest(word, candidates, (name) => name) ?? closest(lastPart(word), candidates, lastPart);
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function closest(
  word: string,
  candidates: readonly string[],
  seenAs: (candidate: string) => string,
): string | undefined {
  // No name has capitals: they are typing errors all the same, and cheap ones.
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, seenAs(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours, in UTF-16 units (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const substituted = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const best = Math.min(cell(i, j - 1) + 1, cell(i - 1, j) + 1, substituted);
      row.push(swapped ? Math.min(best, cell(i - 2, j - 2) + 1) : best);
    }
  }
  return cell(a.length, b.length);
}

/** `; did you mean bos.token?`, or nothing. Long words are nobody's typing errors. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found = word.length > 64 ? undefined : nearest(word, candidates);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
