/** Reads the nodes of a configuration file by the table of keys: types, coercions, unknown keys, places. */
import type { Document, Node, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { LayerEntry, LayerValue, ObjectValue } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import type { FieldRow, ObjectsRow } from '../keys/key-types.ts';
import type { KeyName, Row } from '../keys/keys.ts';
import { allNames, findKey, isGroup } from '../keys/keys.ts';
import { checkString, expectation } from '../keys/values.ts';
import { didYouMean } from '../nearest.ts';
import { missingBlank, shownName } from '../shown-name.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import {
  aliasTargets,
  booleanMeant,
  describe,
  foreignTag,
  hasForeignTag,
  isBase64,
  isLoneAnchor,
  isNothing,
} from './yaml-nodes.ts';

/** Faults of one severity that are listed; nobody reads more, and a broken file can have tens of thousands. */
const reportLimit = 100;

interface NamedPair {
  readonly name: string;
  readonly key: Node;
  readonly value: MaybeNode;
}

export class YamlReader {
  readonly entries = new Map<KeyName, LayerEntry>();
  readonly #document: Document;
  #targets: ReadonlyMap<Node, Node> | undefined;
  readonly #placeOf: (offset: number) => Place;
  readonly #diagnostics: Diagnostic[];
  readonly #counts = { error: 0, warning: 0 };

  /** `placeOf` gives the place of an offset in the text; faults are added to `diagnostics`. */
  constructor(document: Document, placeOf: (offset: number) => Place, diagnostics: Diagnostic[]) {
    this.#document = document;
    this.#placeOf = placeOf;
    this.#diagnostics = diagnostics;
  }

  /** Reads a map whose entries are keys or groups of keys: the file (`prefix` empty), `bos`, `bos.install`. */
  readGroup(map: YAMLMap, prefix: string): void {
    for (const { name, key, value } of this.#pairs(map, prefix)) {
      const full = prefix === '' ? name : `${prefix}.${name}`;
      const row = findKey(full);
      if (row !== undefined) {
        this.#readKey(row, full, key, value);
      } else if (isGroup(full)) {
        const inner = this.#resolve(value);
        if (isMap(inner)) this.readGroup(inner, full);
        else if (!isNothing(inner)) this.#wrongType(full, inner, 'a map of keys');
      } else {
        this.#unknownKey(key, full, full, allNames());
      }
    }
  }

  /** How many faults of each severity there were beyond those that are listed. */
  unlisted(): { readonly error: number; readonly warning: number } {
    const beyond = (count: number) => Math.max(0, count - reportLimit);
    return { error: beyond(this.#counts.error), warning: beyond(this.#counts.warning) };
  }

  #readKey(row: Row, full: string, key: Node, node: MaybeNode): void {
    if (row.commandLineOnly) {
      this.#report('warning', key, full, 'acts only on the kernel command line');
      return;
    }
    const earlier = this.entries.get(row.name);
    if (earlier !== undefined) {
      this.#report('error', key, full, `is given twice; the first is in line ${earlier.place.line}`);
      return;
    }
    const value = this.#value(row, full, this.#resolve(node));
    if (value !== undefined) this.entries.set(row.name, { value, place: this.#place(key) });
  }

  /** undefined for a value that cannot be used. Faulty elements of lists and maps are left out. */
  #value(row: Row, path: string, node: MaybeNode): LayerValue | undefined {
    if (isLoneAnchor(node)) {
      // A password that begins with &, most likely. As `null` it would remove what earlier sources gave.
      this.#report('error', node, path, 'is an anchor (&) without a value; write text in quotes');
      return undefined;
    }
    if (isNothing(node)) return null;
    if (this.#foreign(path, node)) return undefined;
    switch (row.type) {
      case 'boolean':
        return this.#boolean(path, node);
      case 'string':
        return this.#string(row, path, node);
      case 'strings': {
        const items = this.#items(path, node, row.type);
        return items?.map((item, index) => this.#string(row, `${path}[${index}]`, item)).filter(isDefined);
      }
      case 'map':
        return this.#map(row, path, node);
      case 'objects': {
        const items = this.#items(path, node, row.type);
        return items?.map((item, index) => this.#object(row, `${path}[${index}]`, item)).filter(isDefined);
      }
    }
  }

  #boolean(path: string, node: MaybeNode): boolean | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    const meant = booleanMeant(value);
    const advice = meant === undefined ? '' : `; write ${meant}`;
    this.#wrongType(path, node, expectation('boolean'), advice);
    return undefined;
  }

  /** Numbers become strings as they were written: 0644 stays 0644. */
  #string(row: Row | FieldRow, path: string, node: MaybeNode): string | undefined {
    if (this.#foreign(path, node)) return undefined;
    const value = isScalar(node) ? node.value : undefined;
    let text: string;
    if (typeof value === 'string') text = value;
    else if (isScalar(node) && (typeof value === 'number' || typeof value === 'bigint'))
      text = node.source ?? `${value}`;
    else {
      const scalar = typeof value === 'boolean' ? '; write it in quotes' : '';
      this.#wrongType(path, node, expectation(row.type === 'mode' ? 'mode' : 'string'), scalar);
      return undefined;
    }
    const problem = checkString(row, text);
    if (problem === undefined) return text;
    this.#report('error', node, path, problem);
    return undefined;
  }

  #items(path: string, node: MaybeNode, type: 'strings' | 'objects'): MaybeNode[] | undefined {
    if (isSeq(node)) return node.items.map((item) => this.#resolve(item as MaybeNode));
    this.#wrongType(path, node, expectation(type));
    return undefined;
  }

  #map(row: Row, path: string, node: MaybeNode): Readonly<Record<string, string | null>> | undefined {
    if (!isMap(node)) {
      this.#wrongType(path, node, expectation('map'));
      return undefined;
    }
    const read = this.#pairs(node, path).map(({ name, key, value }): [string, string | null | undefined] => {
      if (name === '') {
        this.#report('error', key, path, 'expected a name before the colon');
        return [name, undefined];
      }
      const resolved = this.#resolve(value);
      return [name, isNothing(resolved) ? null : this.#string(row, `${path}[${name}]`, resolved)];
    });
    return Object.fromEntries(read.filter((pair): pair is [string, string | null] => pair[1] !== undefined));
  }

  #object(row: ObjectsRow, path: string, node: MaybeNode): ObjectValue | undefined {
    if (this.#foreign(path, node)) return undefined;
    if (!isMap(node)) {
      this.#wrongType(path, node, `a map with ${row.fields.map(({ name }) => name).join(', ')}`);
      return undefined;
    }
    const fields: readonly FieldRow[] = row.fields;
    const object: Record<string, string | Uint8Array> = {};
    // A file written with a fault in its owner or mode would be worse than none: all fields or no object.
    let whole = true;
    for (const { name, key, value } of this.#pairs(node, path)) {
      const field = fields.find((candidate) => candidate.name === name);
      if (field === undefined) {
        const known = fields.map((candidate) => candidate.name);
        this.#unknownKey(key, `${path}.${name}`, name, known);
        continue;
      }
      const resolved = this.#resolve(value);
      if (isNothing(resolved) && !field.required) continue;
      const read = this.#field(field, `${path}.${name}`, resolved);
      if (read === undefined) whole = false;
      else object[name] = read;
    }
    for (const { name, required } of fields) {
      if (!required || !whole || Object.hasOwn(object, name)) continue;
      this.#report('error', node, path, `expected the key ${name}`);
      whole = false;
    }
    return whole ? object : undefined;
  }

  #field(field: FieldRow, path: string, node: MaybeNode): string | Uint8Array | undefined {
    if (field.type === 'content' && isScalar(node) && node.value instanceof Uint8Array) {
      if (isBase64(node.source ?? '')) return new Uint8Array(node.value);
      this.#report('error', node, path, 'expected base64 after !!binary');
      return undefined;
    }
    return this.#string(field, path, node);
  }

  /** The pairs of a map, by name; a name given twice counts once. */
  #pairs(map: YAMLMap, path: string): NamedPair[] {
    const found = new Map<string, NamedPair>();
    for (const { key: rawKey, value } of map.items) {
      const key = this.#resolve(rawKey as MaybeNode);
      if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
        this.#report('error', key ?? map, path || undefined, 'expected a simple key before the colon');
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (found.has(name))
        this.#report('error', key, shownName(path === '' ? name : `${path}.${name}`), 'is given twice');
      else found.set(name, { name, key, value: value as MaybeNode });
    }
    return [...found.values()];
  }

  /** An alias of nothing stays what it is, which fits nowhere: taken for nothing, it would remove a value. */
  #resolve(node: MaybeNode): MaybeNode {
    if (!isAlias(node)) return node;
    this.#targets ??= aliasTargets(this.#document);
    return this.#targets.get(node) ?? node;
  }

  /** Whether the value has a tag that means nothing here; that is reported. */
  #foreign(path: string, node: MaybeNode): boolean {
    if (!hasForeignTag(node)) return false;
    this.#report('error', node, path, foreignTag);
    return true;
  }

  #wrongType(path: string, node: MaybeNode, expected: string, advice = ''): void {
    this.#report('error', node, path, `expected ${expected}, found ${describe(node)}${advice}`);
  }

  #unknownKey(node: MaybeNode, key: string, word: string, known: readonly string[]): void {
    // Looking for the nearest of all names takes time that forty thousand unknown keys do not deserve.
    const guess =
      this.#counts.warning < reportLimit && shownName(word) === word ? didYouMean(word, known) : '';
    this.#report('warning', node, shownName(key), `is not a key${guess}${missingBlank(word)}`);
  }

  #report(severity: Diagnostic['severity'], node: MaybeNode, key: string | undefined, message: string): void {
    this.#counts[severity] += 1;
    if (this.#counts[severity] > reportLimit) return;
    this.#diagnostics.push({
      severity,
      place: this.#place(node),
      ...(key === undefined ? {} : { key }),
      message,
    });
  }

  #place(node: MaybeNode): Place {
    return this.#placeOf(node?.range?.[0] ?? 0);
  }
}

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;
