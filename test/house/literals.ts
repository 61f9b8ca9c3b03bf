/** The text literals of a source, for the tests of wording. Written for this code's style: Biome keeps it uniform. */

export interface Literal {
  /** What stands between the quotes, as written; in a template, with its `${…}`. */
  readonly text: string;
  /** Where its opening quote is. */
  readonly start: number;
  /** Behind its closing quote. */
  readonly end: number;
}

/** After one of these a slash begins a regular expression; after anything else it divides. */
const beforePattern = /(?:[(,=:[!&|?{};]|=>|\breturn)\s*$/;

/** Every literal in the order of the text; those inside the `${…}` of a template come as their own, too. */
export function literalsOf(code: string): Literal[] {
  const found: Literal[] = [];
  scan(code, 0, found);
  return found.sort((a, b) => a.start - b.start);
}

/** Reads code up to the brace that closes it, or to the end; gives the place behind. */
function scan(code: string, start: number, found: Literal[]): number {
  let depth = 0;
  for (let index = start; index < code.length; index += 1) {
    const character = code[index];
    if (character === '{') depth += 1;
    else if (character === '}') {
      if (depth === 0 && start > 0) return index + 1;
      depth -= 1;
    } else if (code.startsWith('//', index)) index = lineEnd(code, index);
    else if (code.startsWith('/*', index)) index = code.indexOf('*/', index) + 1;
    else if (character === '/' && beforePattern.test(code.slice(Math.max(0, index - 12), index)))
      index = patternEnd(code, index);
    else if (character === "'" || character === '"' || character === '`') {
      const end = character === '`' ? templateEnd(code, index, found) : quoteEnd(code, index, character);
      found.push({ text: code.slice(index + 1, end - 1), start: index, end });
      index = end - 1;
    }
  }
  return code.length;
}

const lineEnd = (code: string, index: number): number => (code.indexOf('\n', index) + 1 || code.length) - 1;

function quoteEnd(code: string, start: number, quote: string): number {
  let index = start + 1;
  while (index < code.length && code[index] !== quote) index += code[index] === '\\' ? 2 : 1;
  return index + 1;
}

function templateEnd(code: string, start: number, found: Literal[]): number {
  let index = start + 1;
  while (index < code.length && code[index] !== '`') {
    if (code.startsWith('${', index)) index = scan(code, index + 2, found);
    else index += code[index] === '\\' ? 2 : 1;
  }
  return index + 1;
}

function patternEnd(code: string, start: number): number {
  let inClass = false;
  for (let index = start + 1; index < code.length; index += 1) {
    const character = code[index];
    if (character === '\\') index += 1;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === '/' && !inClass) return index;
  }
  return code.length;
}
