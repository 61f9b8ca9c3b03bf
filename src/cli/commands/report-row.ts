/** A row of a report for people: what it is about, then the text, wrapped below its own beginning. */
import { wrap } from '../terminal/wrap.ts';

const labelWidth = 14;

export const labelOf = (label: string): string => label.padEnd(labelWidth);

/** With its end of line. */
export function reportRow(label: string, text: string, columns: number): string {
  const indent = ' '.repeat(labelWidth + 2);
  const lines = wrap(text, columns, indent);
  return `${`  ${labelOf(label)}${lines.slice(labelWidth + 2)}`.trimEnd()}\n`;
}
