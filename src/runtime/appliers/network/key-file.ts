/**
 * The text of a key file as GLib reads it (connman's main.conf, settings and *.config): one value changed in place,
 * every other line kept as it is. Pure. The rules are GLib's g_key_file_load_from_data, without flags: blanks before
 * a line and around `=` do not count, of a key that stands twice the last one holds, a group may come in pieces.
 */
import { withoutTrailing } from '../../../formats/trailing.ts';

type Line =
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'key'; readonly key: string; readonly raw: string }
  | { readonly kind: 'comment' | 'broken' };

/** The decoded value, undefined when the key is not there. */
export function readKey(text: string, group: string, key: string): string | undefined {
  const hit = placed(text).findLast((line) => line.group === group && keyOf(line.parsed) === key);
  return hit?.parsed.kind === 'key' ? decodeValue(hit.parsed.raw) : undefined;
}

/** The text with `key` of `group` set to `value`; with undefined, without the key. A value that is there changes nothing. */
export function setKey(text: string, group: string, key: string, value: string | undefined): string {
  const lines = placed(text);
  const [first, ...more] = lines.filter((line) => line.group === group && keyOf(line.parsed) === key);
  if (first === undefined) return value === undefined ? text : withNewKey(lines, text, group, key, value);
  if (more.length === 0 && value !== undefined && readKey(text, group, key) === value) return text;
  const others = lines.filter((line) => !more.includes(line) && (value !== undefined || line !== first));
  return join(others.map((line) => (line === first ? entry(key, value ?? '', line.text) : line.text)));
}

/** The number of the first line, from 1, that makes GLib refuse the whole file; undefined when it reads it. */
export function brokenLine(text: string): number | undefined {
  const index = placed(text).findIndex(
    ({ parsed, group }) => parsed.kind === 'broken' || (parsed.kind === 'key' && group === undefined),
  );
  return index === -1 ? undefined : index + 1;
}

/** A value as it stands behind `=`: blanks at either end, which a reader may drop, and line ends are escaped. */
export function encodeValue(value: string): string {
  const text = value.replace(/[\\\n\r\t]/g, (character) => escapes.get(character) ?? character);
  const begin = /^ */.exec(text)?.[0].length ?? 0;
  const end = Math.max(begin, withoutTrailing(text, ' ').length);
  return '\\s'.repeat(begin) + text.slice(begin, end) + '\\s'.repeat(text.length - end);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
const meanings: Readonly<Record<string, string>> = { s: ' ', n: '\n', r: '\r', t: '\t', '\\': '\\' };

const decodeValue = (raw: string): string =>
  raw.replace(/\\([snrt\\])/g, (_, letter: string) => meanings[letter] ?? letter);

interface PlacedLine {
  /** Without its line feed; a carriage return before that is part of it. */
  readonly text: string;
  readonly parsed: Line;
  readonly group: string | undefined;
}

function placed(text: string): PlacedLine[] {
  let group: string | undefined;
  return text.split('\n').map((line) => {
    const parsed = parseLine(line);
    if (parsed.kind === 'group') group = parsed.name;
    return { text: line, parsed, group };
  });
}

function parseLine(line: string): Line {
  const start = line.replace(/\r$/, '').replace(/^[ \t\f\r]+/, '');
  if (start === '' || start.startsWith('#')) return { kind: 'comment' };
  const [, name] = /^\[([^[\]]+)\][ \t]*$/.exec(start) ?? [];
  if (name !== undefined) return { kind: 'group', name };
  const equals = start.indexOf('=');
  if (equals < 1 || start.startsWith('[')) return { kind: 'broken' };
  const raw = start.slice(equals + 1).replace(/^[ \t\f\r]+/, '');
  return { kind: 'key', key: start.slice(0, equals).trimEnd(), raw };
}

const keyOf = (line: Line): string | undefined => (line.kind === 'key' ? line.key : undefined);

/** Ends as `like` does. */
const entry = (key: string, value: string, like: string): string =>
  `${key}=${encodeValue(value)}${like.endsWith('\r') ? '\r' : ''}`;

const join = (lines: readonly string[]): string => lines.join('\n');

/** Behind the last key of the group, or behind its head; in a group of its own at the end when there is none. */
function withNewKey(lines: readonly PlacedLine[], text: string, group: string, key: string, value: string) {
  const after = lines.findLastIndex((line) => line.group === group && /^(group|key)$/.test(line.parsed.kind));
  const anchor = lines[after];
  if (anchor !== undefined) {
    const texts = lines.map((line) => line.text);
    return join(texts.toSpliced(after + 1, 0, entry(key, value, anchor.text)));
  }
  const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  return `${text}${gap}[${group}]\n${entry(key, value, '')}\n`;
}
