/** Texts inside of texts: where a character of YAML stands that is a string of JSON, or a block of other YAML. Pure. */
import type { LocatedWord } from '../../../kubernetes/schema/located.ts';
import type { At, SourceText, TextPart } from '../findings.ts';

/** A whole file. */
export const wholeText = (source: SourceText): TextPart => ({
  text: source.text,
  at: (offset) => ({ source, offset }),
});

/** Characters between two places that are remembered: values can have millions. */
const step = 1024;

/** A string of JSON (RFC 8259, section 7). */
export function jsonPart(source: SourceText, { offset, end }: LocatedWord, text: string): TextPart {
  const raw = source.text;
  let known: number[] | undefined;
  const places = () => {
    if (known !== undefined) return known;
    known = [];
    for (let at = offset + 1, count = 0; at < end; count += 1) {
      if (count % step === 0) known.push(at);
      at += lengthOf(raw, at);
    }
    return known;
  };
  return {
    text,
    at: (inner) => {
      // One without its quotes is a mistake that was told already.
      if (raw[offset] !== '"') return { source, offset };
      let at = places()[Math.floor(inner / step)] ?? end - 1;
      for (let count = inner - (inner % step); count < inner && at < end - 1; count += 1)
        at += lengthOf(raw, at);
      return { source, offset: at };
    },
  };
}

/** Of what one UTF-16 unit is written as. */
const lengthOf = (raw: string, at: number): number => (raw[at] !== '\\' ? 1 : raw[at + 1] === 'u' ? 6 : 2);

/** A text of YAML: exact for blocks (`|`) and for what is written as it is, else where it begins. */
export function yamlPart(source: SourceText, { offset, end }: LocatedWord, text: string): TextPart {
  const raw = source.text.slice(offset, end);
  const begin: At = { source, offset };
  if (raw.startsWith('|')) return { text, at: blockPlaces(source, offset, raw, text) };
  const quoted = /^["']/.test(raw) && raw.slice(1, 1 + text.length) === text;
  if (!quoted && raw !== text) return { text, at: () => begin };
  return { text, at: (inner) => ({ source, offset: offset + (quoted ? 1 : 0) + inner }) };
}

function blockPlaces(source: SourceText, offset: number, raw: string, text: string): (inner: number) => At {
  const lines = text.split('\n');
  const rawLines = raw.split('\n').slice(1);
  const first = lines.findIndex((line) => line.trim() !== '');
  const indent = Math.max(
    0,
    (rawLines[first] ?? '').replace(/\r$/, '').length - (lines[first] ?? '').replace(/\r$/, '').length,
  );
  const begins = (all: readonly string[], from: number) => {
    const found = [from];
    for (const line of all) found.push((found.at(-1) ?? 0) + line.length + 1);
    return found;
  };
  const inner = begins(lines, 0);
  const outer = begins(rawLines, offset + raw.indexOf('\n') + 1);
  return (at) => {
    const line = lineOf(inner, at);
    const column = at - (inner[line] ?? 0);
    const start = outer[line] ?? offset;
    return { source, offset: Math.min(start + indent + column, source.text.length) };
  };
}

/** The last of the sorted beginnings that is not behind `at`. */
function lineOf(begins: readonly number[], at: number): number {
  let [low, high] = [0, begins.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((begins[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
