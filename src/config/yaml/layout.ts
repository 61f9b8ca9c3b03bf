/**
 * The first line of a file whose indentation fits nothing above it: the parser tells of it in its own terms, and
 * often at another line. Looked for only in a file that is no YAML. Pure.
 */
import type { Lexeme } from './lexemes.ts';
import type { Misreading } from './misreadings.ts';
import { blankAdvice } from './missing-blanks.ts';

interface Open {
  readonly column: number;
  readonly kind: 'map' | 'list';
  /** Its last entry has no value yet. */
  waiting: boolean;
}

interface Item {
  readonly column: number;
  readonly kind: 'map' | 'list' | 'text';
  readonly waiting: boolean;
}

/** `all` is the text in its lexemes. */
export function layoutFault(text: string, all: Iterable<Lexeme>): Misreading | undefined {
  const inside = linesInside(all);
  const stack: Open[] = [];
  const seen: Open[] = [];
  let first: Misreading | undefined;
  let before:
    | { readonly column: number; readonly isElement: boolean; readonly fault: Misreading | undefined }
    | undefined;
  let lineStart = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const items = inside.has(index) ? [] : itemsOf(line);
    for (const item of items) {
      const offset = lineStart + item.column;
      first ??= { offset, message: `${by(item.column)}; expected 0, like the keys below it` };
      const fault = place(stack, seen, item);
      // The file begins too far in, or the line above was to be a key.
      if (fault !== undefined) {
        if (item.column === 0 && stack.length === 0) return first;
        // What stands beside the text of an element begins in its column.
        const fits = before !== undefined && (!before.isElement || before.column === item.column);
        return (fits ? before?.fault : undefined) ?? { offset, message: fault };
      }
    }
    const last = items.at(-1);
    if (last?.kind === 'text') {
      const fault = noKey(line, lineStart + last.column);
      before = { column: last.column, isElement: items.length > 1, fault };
    } else if (last !== undefined) before = undefined;
    lineStart += line.length + 1;
  }
  return undefined;
}

/** A line of text above a key that it was to hold, or to stand beside. */
function noKey(line: string, offset: number): Misreading | undefined {
  const isWord = /^[\w.-]+$/.test(line.trim());
  const advice = blankAdvice(line) ?? (isWord ? 'write a colon behind a key' : undefined);
  return advice === undefined ? undefined : { offset, message: `is text to YAML; ${advice}` };
}

const by = (column: number): string => `is indented by ${column === 1 ? 'a blank' : `${column} blanks`}`;

/** Lines that begin inside of a text or of brackets, from 0. */
function linesInside(all: Iterable<Lexeme>): ReadonlySet<number> {
  const inside = new Set<number>();
  let line = 0;
  let depth = 0;
  for (const { source, kind } of all) {
    const breaks = source.includes('\n') ? source.split('\n').length - 1 : 0;
    if (kind === 'sign' && /^[[{]$/.test(source)) depth += 1;
    else if (kind === 'sign' && /^[\]}]$/.test(source)) depth = Math.max(0, depth - 1);
    else if (source === '\u0018') depth = 0;
    const isInside = kind === 'quoted' || kind === 'block' || depth > 0;
    if (isInside) for (let next = 1; next <= breaks; next += 1) inside.add(line + next);
    // A block begins with its line, and ends with one.
    if (kind === 'block' && source !== '') inside.add(line);
    line += breaks;
    if (kind === 'block' && source.endsWith('\n')) inside.delete(line);
  }
  return inside;
}

/** Hyphens, then a key or a text. */
function itemsOf(line: string): Item[] {
  if (/^\s*(?:#|$)|^(?:---|\.\.\.|%)/.test(line)) return [];
  const items: Item[] = [];
  let column = line.length - line.trimStart().length;
  let rest = line.slice(column);
  for (let hyphen = /^-(?: +|$)/.exec(rest); hyphen !== null; hyphen = /^-(?: +|$)/.exec(rest)) {
    items.push({ column, kind: 'list', waiting: true });
    column += hyphen[0].length;
    rest = line.slice(column);
  }
  if (rest === '') return items;
  const given = behindKey(rest.trimEnd());
  if (given === undefined) return [...items, { column, kind: 'text', waiting: false }];
  const value = given.replace(/^[&!]\S+\s*/, '').replace(/^#.*/, '');
  return [...items, { column, kind: 'map', waiting: value === '' }];
}

/** What stands behind the key of a line; undefined without a key. */
function behindKey(line: string): string | undefined {
  const quoted = /^(?:"[^"]*"|'[^']*') *:(?: +(.*)|)$/.exec(line);
  if (quoted !== null) return quoted[1] ?? '';
  if (!/^[^\s"'[{#&*!|>]/.test(line)) return undefined;
  const sign = line.slice(1).search(/:(?: |$)/) + 1;
  return sign === 0 || line.slice(0, sign).includes('#')
    ? undefined
    : line.slice(sign + 1).replace(/^ +/, '');
}

/** Puts the item where it belongs; what is wrong with its column, if nothing takes it. */
function place(stack: Open[], seen: Open[], item: Item): string | undefined {
  while ((stack.at(-1)?.column ?? -1) > item.column) stack.pop();
  let top = stack.at(-1);
  if (item.kind === 'text') {
    if (top !== undefined) top.waiting = false;
    return undefined;
  }
  // A list may begin in the column of the key that it belongs to.
  if (top?.column === item.column && top.kind === 'list' && item.kind === 'map') {
    stack.pop();
    top = stack.at(-1);
  }
  if (top?.column === item.column && top.kind === item.kind) {
    top.waiting = item.waiting;
    return undefined;
  }
  const isFirst = seen.length === 0;
  if (!isFirst && top?.waiting !== true) return said(seen, item);
  if (top !== undefined) top.waiting = false;
  const opened = { ...item, kind: item.kind };
  stack.push(opened);
  seen.push(opened);
  return undefined;
}

function said(seen: readonly Open[], { column, kind }: Item): string | undefined {
  const columns = [...new Set(seen.filter((open) => open.kind === kind).map((open) => open.column))];
  const distance = Math.min(...columns.map((other) => Math.abs(other - column)));
  const nearest = columns.filter((other) => Math.abs(other - column) === distance);
  if (nearest.length === 0 || distance === 0) return undefined;
  const expected = nearest.toSorted((a, b) => a - b).join(' or ');
  const what = kind === 'map' ? 'keys' : 'hyphens';
  return `${by(column)}; expected ${expected}, like the ${what} above it`;
}
