/** Changes single values of a YAML text in their places: comments, the order of keys and every other byte stay. Pure. */
import { didYouMean } from '../../config/nearest.ts';
import type { Entry, Located } from '../../kubernetes/schema/located.ts';
import { plainWord } from '../../kubernetes/schema/scalars.ts';
import type { Edit } from '../edits.ts';

export type SetValue = string | number | boolean;

/** What changes the value at a path as macros write it, `options.system.uri`, `pack.content.images[0].image`; or why not. */
export function setEdit(
  text: string,
  root: Located,
  path: string,
  value: SetValue,
): { readonly edit: Edit } | { readonly fault: string } {
  const parts = path.split(/\.|(?=\[\d+\])/);
  const found = find(root, parts);
  if (found === undefined) return { fault: `is not in the values${didYouMean(path, known(root))}` };
  const { value: old, entry } = found;
  if (old.kind !== 'word') return { fault: `is a ${old.kind} there; only single values can be set` };
  const raw = text.slice(old.offset, old.end);
  if (entry !== undefined && raw.trim() === '') {
    // A key with nothing behind it.
    const offset = behindColon(text, entry);
    return { edit: { offset, length: 0, text: ` ${written(value, '')}` } };
  }
  // A block ends with its line.
  const end = raw.endsWith('\n') ? '\n' : '';
  return { edit: { offset: old.offset, length: old.end - old.offset, text: `${written(value, raw)}${end}` } };
}

interface Found {
  readonly value: Located;
  /** Of a value in a map. */
  readonly entry: NamedEntry | undefined;
}

interface NamedEntry extends Entry {
  readonly name: string;
}

/** Keys have dots in them. */
function find(root: Located, parts: readonly string[]): Found | undefined {
  for (let count = 1; count <= parts.length; count++) {
    const name = parts.slice(0, count).join('.');
    const next = step(root, name);
    if (next === undefined) continue;
    if (count === parts.length) return next;
    const found = find(next.value, parts.slice(count));
    if (found !== undefined) return found;
  }
  return undefined;
}

function step(root: Located, name: string): Found | undefined {
  if (root.kind === 'list') {
    const item = root.items[Number(/^\[(\d+)\]$/.exec(name)?.[1])];
    return item && { value: item, entry: undefined };
  }
  const entry = root.kind === 'map' ? root.entries.get(name) : undefined;
  if (entry === undefined || !isOwn(root, entry)) return undefined;
  return { value: entry.value, entry: { ...entry, name } };
}

/** What a merge key brings belongs to another map. */
const isOwn = ({ offset, end }: Located, { keyOffset }: Entry): boolean =>
  keyOffset >= offset && keyOffset < end;

/** Paths of single values, to say what may have been meant. */
const mostKnown = 500;

function known(root: Located): readonly string[] {
  const paths: string[] = [];
  const walk = (value: Located, path: string) => {
    if (paths.length >= mostKnown) return;
    if (value.kind === 'word') paths.push(path);
    else if (value.kind === 'list')
      for (const [index, item] of value.items.entries()) walk(item, `${path}[${index}]`);
    else
      for (const [name, entry] of value.entries)
        if (isOwn(value, entry)) walk(entry.value, path === '' ? name : `${path}.${name}`);
  };
  walk(root, '');
  return paths;
}

function behindColon(text: string, { keyOffset, name }: NamedEntry): number {
  const quoted = /["']/.test(text[keyOffset] ?? '');
  return text.indexOf(':', keyOffset + name.length + (quoted ? 2 : 0)) + 1;
}

/** Quoted as the old value was. */
function written(value: SetValue, old: string): string {
  if (typeof value !== 'string') return String(value);
  const inLine = !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(value);
  if (inLine && !/^["']/.test(old) && isPlain(value)) return value;
  if (inLine && !old.startsWith('"')) return `'${value.replaceAll("'", "''")}'`;
  return JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped);
}

/** Each half of a character of two, as JSON has it. */
const escaped = (sign: string): string =>
  [...Array(sign.length).keys()]
    .map((index) => `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');

/** Text in every version of YAML, inside of brackets, too. */
const isPlain = (value: string): boolean =>
  /^[A-Za-z0-9/](?:[\w./@+-]|:(?=[\w./@+-]))*$/.test(value) && typeof plainWord(value) === 'string';
