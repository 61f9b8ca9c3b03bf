/** What makes examples of Palette's documentation unreadable as YAML, and how each is mended. Pure. */
import type { Edit } from '../edits.ts';

interface Mistake {
  readonly offset: number;
  readonly message: string;
  readonly edits?: readonly Edit[];
}

/** The first of them in a text that is no YAML; undefined when there is none. */
export function documentedMistake(text: string): Mistake | undefined {
  let offset = 0;
  let before: Line | undefined;
  for (const raw of text.split('\n')) {
    const placeholder = /^\s*(<[^<>\n]+>)\s*$/.exec(raw);
    if (placeholder !== null)
      return {
        offset: offset + raw.indexOf('<'),
        message: 'is a placeholder of the documentation; write your own values in its place',
      };
    const line = lineOf(raw, offset);
    if (before !== undefined && line?.key === before.key && line.indent > before.indent)
      return givenTwice(text, before, line);
    if (raw.trim() !== '' && !/^\s*#/.test(raw)) before = line;
    offset += raw.length + 1;
  }
  return undefined;
}

interface Line {
  readonly offset: number;
  readonly indent: number;
  readonly key: string;
  readonly value: string;
  readonly length: number;
}

function lineOf(raw: string, offset: number): Line | undefined {
  const [, blanks = '', key, value = ''] =
    /^([ ]*)([\w.-]+):(?:[ \t]+(.*))?$/s.exec(raw.replace(/\r$/, '')) ?? [];
  return key === undefined
    ? undefined
    : { offset, indent: blanks.length, key, value: value.trim(), length: raw.length };
}

/** `system.uri: ""` and, deeper below it, `system.uri: IMAGE`. */
function givenTwice(text: string, first: Line, second: Line): Mistake {
  const empty = /^(?:""|'')?$/.test(first.value);
  const rest = text.slice(second.offset + second.indent, second.offset + second.length);
  const mended = `${' '.repeat(first.indent)}${rest}`;
  const length = second.offset + second.length - first.offset;
  return {
    offset: second.offset + second.indent,
    message: `gives ${first.key} again, indented below itself; keep one line, indented by ${first.indent}`,
    ...(empty ? { edits: [{ offset: first.offset, length, text: mended }] } : {}),
  };
}
