/** A YAML document as values that know where they stand. Aliases are followed, merge keys (`<<`) taken in. */
import type { Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { OverBudget } from '../../config/yaml/budgeted-document.ts';
import { aliasTargets, type MaybeNode } from '../../config/yaml/yaml-nodes.ts';
import { pushAll } from '../../formats/long-lists.ts';
import { type Word, wordOf } from './scalars.ts';

export interface LocatedMap {
  readonly kind: 'map';
  readonly offset: number;
  /** Behind its last character; so for all of them. */
  readonly end: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly keyOffset: number;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly offset: number;
  readonly end: number;
  readonly items: readonly Located[];
}

export interface LocatedWord {
  readonly kind: 'word';
  readonly offset: number;
  readonly end: number;
  readonly value: Word;
}

export type Located = LocatedMap | LocatedList | LocatedWord;

/** Values of one document, those that aliases repeat among them. */
const mostValues = 100_000;
/** A Plan has eight levels. */
const deepest = 50;

interface Range {
  readonly offset: number;
  readonly end: number;
}

/** What is wrong with the text while it is read: a key given twice, an alias of nothing. */
export type Fault = (offset: number, message: string) => void;

/** The values of a document. Throws OverBudget when aliases make too many of them, or one that holds itself. */
export function locate(document: Document, fault: Fault): Located {
  return new Locator(document, fault).read(document.contents as MaybeNode, 0);
}

class Locator {
  readonly #document: Document;
  readonly #fault: Fault;
  #targets: ReadonlyMap<Node, Node> | undefined;
  #count = 0;

  constructor(document: Document, fault: Fault) {
    this.#document = document;
    this.#fault = fault;
  }

  read(given: MaybeNode, depth: number): Located {
    const [offset = 0, end = offset] = given?.range ?? [];
    const range = { offset, end };
    this.#count += 1;
    if (this.#count > mostValues)
      throw new OverBudget(`has more than ${mostValues} values, with those that aliases repeat`, offset);
    if (depth > deepest) throw new OverBudget(`is nested more than ${deepest} levels deep`, offset);
    const node = this.#resolve(given);
    if (isMap(node)) return this.#map(node, range, depth);
    if (isSeq(node)) return this.#list(node, range, depth);
    if (isAlias(node)) this.#fault(offset, 'refers to an anchor that is not there; write text in quotes');
    const value = isScalar(node) ? wordOf(node as Scalar) : null;
    return { kind: 'word', ...range, value };
  }

  #list(node: YAMLSeq, range: Range, depth: number): LocatedList {
    const items = node.items.map((item) => this.read(item as MaybeNode, depth + 1));
    return { kind: 'list', ...range, items };
  }

  #map(node: YAMLMap, range: Range, depth: number): LocatedMap {
    const entries = new Map<string, Entry>();
    const merged: Located[] = [];
    for (const { key: rawKey, value } of node.items) {
      const key = this.#resolve(rawKey as MaybeNode);
      const keyOffset = (rawKey as MaybeNode)?.range?.[0] ?? range.offset;
      if (!isScalar(key)) {
        this.#fault(keyOffset, 'expected a simple key before the colon');
        continue;
      }
      const name = key.type === 'PLAIN' ? (key.source ?? String(key.value)) : String(key.value);
      const read = this.read(value as MaybeNode, depth + 1);
      if (name === '<<' && key.type === 'PLAIN') pushAll(merged, read.kind === 'list' ? read.items : [read]);
      else if (entries.has(name)) this.#fault(keyOffset, `gives ${name} twice; one of them would be lost`);
      else entries.set(name, { keyOffset, value: read });
    }
    for (const map of merged) {
      if (map.kind !== 'map') this.#fault(map.offset, 'expected a map, or a list of maps, to merge');
      else for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'map', ...range, entries };
  }

  #resolve(node: MaybeNode): MaybeNode {
    if (!isAlias(node)) return node;
    this.#targets ??= aliasTargets(this.#document);
    return this.#targets.get(node) ?? node;
  }
}

/** The value at a path; undefined where there is none, or where something else than maps leads there. */
export function valueAt(root: Located, path: readonly (string | number)[]): Located | undefined {
  let found: Located | undefined = root;
  for (const part of path) {
    if (found?.kind === 'map' && typeof part === 'string') found = found.entries.get(part)?.value;
    else if (found?.kind === 'list' && typeof part === 'number') found = found.items[part];
    else return undefined;
  }
  return found;
}

/** Where to point for a path: at the value, at the key of a map or list, or at what is nearest above a missing one. */
export function offsetAt(root: Located, path: readonly (string | number)[]): number {
  let found: Located = root;
  let offset = root.offset;
  for (const part of path) {
    const entry: Entry | undefined =
      found.kind === 'map' && typeof part === 'string' ? found.entries.get(part) : undefined;
    const next: Located | undefined =
      found.kind === 'list' && typeof part === 'number' ? found.items[part] : entry?.value;
    if (next === undefined) return offset;
    offset = entry !== undefined && next.kind !== 'word' ? entry.keyOffset : next.offset;
    // A key with nothing behind it: the library's place of nothing is somewhere after it.
    if (entry !== undefined && next.kind === 'word' && next.value === null) offset = entry.keyOffset;
    found = next;
  }
  return offset;
}
