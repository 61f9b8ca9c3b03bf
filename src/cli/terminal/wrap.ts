/**
 * Breaks plain text into lines at spaces, but not between a number and its unit. A word longer than a line stays
 * whole: paths are copied from screens.
 */
export function wrap(text: string, columns: number, indent = ''): string {
  return text
    .split('\n')
    .flatMap((paragraph) => linesOf(paragraph, columns - indent.length))
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n');
}

function linesOf(paragraph: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(paragraph)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const number = /^\W*\d[\d.,]*$/;
const unit = /^(%|([kMGT]i?)?B(\/s)?|bytes|m?s|min|h|seconds?|minutes?|hours?)\W*$/;

/** What a line is made of: words, and numbers with their units. */
function wordsOf(paragraph: string): string[] {
  const words: string[] = [];
  for (const word of paragraph.split(' ')) {
    const before = words.at(-1);
    if (before !== undefined && number.test(before) && unit.test(word)) {
      words[words.length - 1] = `${before} ${word}`;
    } else {
      words.push(word);
    }
  }
  return words;
}

/** A command line in several, each but the last ending in a backslash, as a shell takes it. */
export function wrapCommandLine(line: string, columns: number, indent = ''): string {
  const [first = '', ...rest] = wrap(line, columns - indent.length - 4).split('\n');
  return [first, ...rest.map((part) => `  ${part}`)].map((part) => indent + part).join(' \\\n');
}
