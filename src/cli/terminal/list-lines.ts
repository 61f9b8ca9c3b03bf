/** Lines of a list, such as faults of files: each is one line for programs, and wrapped for who reads a terminal. */
import type { Terminal } from '../command.ts';
import { wrap } from './wrap.ts';

const widest = 80;
/** What stands further in than the beginning of a line belongs to it. */
const hanging = '  ';

/** Each line of `text` behind `indent`, wrapped where stderr is a terminal; without an end of line. */
export function listLines(
  text: string,
  { stderrIsTty, columns }: Pick<Terminal, 'stderrIsTty' | 'columns'>,
  indent = '',
): string {
  const width = stderrIsTty ? Math.min(columns, widest) : Number.POSITIVE_INFINITY;
  return text
    .split('\n')
    .map((line) => hung(indent + line, width))
    .join('\n');
}

/** Writes the sentences of a result, and ends the line; wrapped where stdout is a terminal. */
export function tellResult({ out, stdoutIsTty, columns }: Terminal, text: string): void {
  out(`${stdoutIsTty ? wrap(text, Math.min(columns, widest)) : text}\n`);
}

/** A line that fits stays as it is, with its spaces. */
function hung(line: string, width: number): string {
  if (line.length <= width) return line;
  const start = /^ */.exec(line)?.[0] ?? '';
  const further = start + hanging;
  return start + wrap(line.slice(start.length), width, further).slice(further.length);
}
