/** What differs between two texts of YAML, key by key. Pure. */
import { pathText } from '../../../kubernetes/schema/check-schema.ts';
import type { Located, LocatedWord } from '../../../kubernetes/schema/located.ts';
import { isSecretName } from '../../pack/rules/secrets.ts';
import { readYaml } from '../../yaml/read-yaml.ts';

export interface ValueChange {
  /** Empty for the text as a whole. */
  readonly path: string;
  /** undefined where the key is not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Neither must be shown. */
  readonly secret: boolean;
}

type Path = readonly (string | number)[];

interface Leaf {
  readonly text: string;
  readonly secret: boolean;
}

/** Texts inside of texts, such as the configuration of a k3s in the values of its pack. */
const deepest = 3;

/**
 * In the order of the keys of the first text, then of the second. undefined for texts that differ in comments and layout
 * alone; a text that is not YAML is compared as a whole.
 */
export function valueChanges(before: string, after: string): readonly ValueChange[] | undefined {
  if (before === after) return [];
  const [old, current] = [readYaml(before), readYaml(after)];
  if (old.root === undefined || current.root === undefined)
    return [{ path: '', before: lineCount(before), after: lineCount(after), secret: false }];
  const [a, b] = [new Map<string, Leaf>(), new Map<string, Leaf>()];
  leaves(before, old.root, [], false, a, 0);
  leaves(after, current.root, [], false, b, 0);
  const changes: ValueChange[] = [];
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(path), b.get(path)];
    if (one?.text !== other?.text)
      changes.push({
        ...{ path, before: one?.text, after: other?.text },
        secret: one?.secret === true || other?.secret === true,
      });
  }
  return changes.length === 0 ? undefined : changes;
}

const lineCount = (text: string): string => {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return text === '' ? 'nothing' : lines === 1 ? '1 line' : `${lines} lines`;
};

function leaves(
  source: string,
  value: Located,
  path: Path,
  secret: boolean,
  found: Map<string, Leaf>,
  depth: number,
): void {
  if (value.kind === 'word') {
    word(source, value, path, secret, found, depth);
    return;
  }
  const entries: readonly (readonly [string | number, Located])[] =
    value.kind === 'list'
      ? value.items.map((item, index) => [index, item])
      : [...value.entries].map(([name, entry]) => [name, entry.value]);
  if (entries.length === 0) found.set(pathText(path), { text: value.kind === 'list' ? '[]' : '{}', secret });
  for (const [name, inner] of entries)
    leaves(source, inner, [...path, name], secret || isSecretName(String(name)), found, depth);
}

function word(
  source: string,
  { value, offset, end }: LocatedWord,
  path: Path,
  secret: boolean,
  found: Map<string, Leaf>,
  depth: number,
): void {
  // A macro without quotes is what it is written as.
  const text = typeof value === 'string' && /[\ue000]/.test(value) ? source.slice(offset, end) : value;
  const inner =
    typeof text === 'string' && text.includes('\n') && depth < deepest ? readYaml(text).root : undefined;
  if (inner?.kind === 'map') leaves(String(text), inner, path, secret, found, depth + 1);
  else found.set(pathText(path), { text: text === null ? 'nothing' : JSON.stringify(text), secret });
}
