/** What a node of a configuration file is: in words, and where YAML takes for its own what was meant as text. */
import type { Document, Node } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import { blankAdvice } from './missing-blanks.ts';

export type MaybeNode = Node | null | undefined;

export const isNothing = (node: MaybeNode): boolean =>
  node === null || node === undefined || (isScalar(node) && node.value === null);

/** A plain password that begins with `!` is the likeliest reason. */
export const foreignTag = 'begins with !, which is a tag in YAML; write text in quotes';

const knownTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'binary', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

export function hasForeignTag(node: MaybeNode): boolean {
  const tag = isAlias(node) ? undefined : node?.tag;
  return tag !== undefined && !knownTags.has(tag);
}

/** `{{ name }}`, which YAML takes for a map in a map. */
export function isTemplate(node: MaybeNode): boolean {
  const key = isMap(node) && node.flow === true && node.items.length === 1 ? node.items[0]?.key : undefined;
  return isMap(key) && key.flow === true;
}

/** `&name` with nothing behind it. */
export const isLoneAnchor = (node: MaybeNode): boolean =>
  isScalar(node) && node.value === null && node.anchor !== undefined;

/** `&name` on the value, or on one of those in it: something to be referred to. */
export function hasAnchor(node: MaybeNode): boolean {
  if (node === null || node === undefined || isAlias(node)) return false;
  if (node.anchor !== undefined) return true;
  if (isSeq(node))
    return node.items.some((item) => isNode(item) && !isAlias(item) && item.anchor !== undefined);
  return (
    isMap(node) &&
    node.items.some(({ value }) => isNode(value) && !isAlias(value) && value.anchor !== undefined)
  );
}

/** What other formats call them, YAML 1.1 among these; here they are text. */
const otherBooleans = new Map<unknown, boolean>([
  ...['yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['no', 'n', 'off'].map((word) => [word, false] as const),
]);

/** What a text that stands where true or false belongs most likely means. */
export const booleanMeant = (value: unknown): boolean | undefined =>
  typeof value === 'string' ? otherBooleans.get(value.toLowerCase()) : undefined;

/** The library's decoder skips what is no base64 and gives the rest. */
export const isBase64 = (text: string): boolean =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replaceAll(/\s+/g, ''));

/** What a node is, in words; never its value, which may be a secret. */
export function describe(node: MaybeNode): string {
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (isAlias(node)) return 'an alias (*) of nothing; write text in quotes';
  const value = isScalar(node) ? node.value : null;
  if (value === null || value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return '!!binary';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? 'a string' : 'a number';
}

/** What each alias stands for: the last node before it with this anchor. The library looks through all for each. */
export function aliasTargets(document: Document): ReadonlyMap<Node, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchored.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

/** What to do about a text where a map belongs: `token:x` below `bos:`. */
export function missingBlankIn(node: MaybeNode): string {
  const isPlain = isScalar(node) && node.type === 'PLAIN' && typeof node.value === 'string';
  const advice = isPlain ? blankAdvice(String(node.value)) : undefined;
  return advice === undefined ? '' : `; ${advice}`;
}
