/**
 * What a word is in YAML as kubectl reads it: YAML 1.1 as gopkg.in/yaml.v2 has it, where `yes` and `on` are true and 0400
 * is octal. The library of this project reads YAML 1.2, in which these are other values. Pure.
 */
import type { Scalar } from 'yaml';

export type Word = string | number | boolean | null;

const booleans = new Map<string, boolean>([
  ...['y', 'yes', 'true', 'on'].flatMap((word) => spellings(word).map((one) => [one, true] as const)),
  ...['n', 'no', 'false', 'off'].flatMap((word) => spellings(word).map((one) => [one, false] as const)),
]);
const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

function spellings(word: string): readonly string[] {
  const capital = `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
  return [...new Set([word, capital, word.toUpperCase()])];
}

/** The value of a scalar; text where it stands in quotes or as a block, or has a tag that says so. */
export function wordOf(node: Scalar): Word {
  const { type, tag, value } = node;
  if (type !== 'PLAIN' || tag === 'tag:yaml.org,2002:str') return value === null ? null : String(value);
  return plainWord(node.source ?? (value === null ? '' : String(value)));
}

/** The value of a plain text. */
export function plainWord(source: string): Word {
  if (nulls.has(source)) return null;
  const known = booleans.get(source);
  if (known !== undefined) return known;
  return integer(source.replaceAll('_', '')) ?? (float.test(source) ? Number(source) : source);
}

function integer(source: string): number | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(source) ?? [];
  const factor = sign === '-' ? -1 : 1;
  if (/^(?:0|[1-9][0-9]*)$/.test(digits)) return factor * Number(digits);
  if (/^0x[0-9a-fA-F]+$/.test(digits) || /^0b[01]+$/.test(digits)) return factor * Number(digits);
  const [, octal] = /^0o?([0-7]+)$/.exec(digits) ?? [];
  return octal === undefined ? undefined : factor * Number.parseInt(octal, 8);
}
