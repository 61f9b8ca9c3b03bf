/** Reads lists of objects of a configuration file, at any depth: each object counts as a whole or not at all. */
import { isMap, isScalar } from 'yaml';
import type { FieldRow, FieldValue, ObjectsRow, ObjectValue } from '../keys/key-types.ts';
import type { Row } from '../keys/keys.ts';
import { unknownField } from '../keys/unknown-key.ts';
import { findField } from '../keys/values.ts';
import { missingBlank, shownName } from '../shown-name.ts';
import type { YamlFaults } from './yaml-faults.ts';
import type { YamlMaps } from './yaml-maps.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import { isBase64, isNothing } from './yaml-nodes.ts';
import type { ScalarReader } from './yaml-scalars.ts';

/** An object that is being read. */
interface Reading {
  readonly row: Row & ObjectsRow;
  /** Whether all of it could be read. */
  whole: boolean;
  /** The nodes of its fields, by their names in it: `vlan.id`, `routes[0].via`. */
  readonly nodes: Map<string, MaybeNode>;
}

export class ObjectReader {
  readonly #maps: YamlMaps;
  readonly #faults: YamlFaults;
  readonly #scalars: ScalarReader;

  constructor(maps: YamlMaps, faults: YamlFaults, scalars: ScalarReader) {
    this.#maps = maps;
    this.#faults = faults;
    this.#scalars = scalars;
  }

  /** undefined when the list cannot be used. */
  read(row: Row & ObjectsRow, path: string, node: MaybeNode): readonly ObjectValue[] | undefined {
    const read = this.#items(path, node)?.map((item, index) => this.#object(row, `${path}[${index}]`, item));
    const good = read?.filter(isDefined);
    if (read === undefined || good === undefined || row.checkList === undefined) return good?.map(objectOf);
    if (good.length < read.length) return undefined;
    const fault = row.checkList(good.map(objectOf));
    if (fault === undefined) return good.map(objectOf);
    const at = good[fault.index];
    this.#faults.report(nodeOf(at?.nodes, fault.field) ?? node, placeOf(path, fault), fault.message);
    return undefined;
  }

  /** One object in place of the list cannot mean anything else. */
  #items(path: string, node: MaybeNode): MaybeNode[] | undefined {
    if (!isMap(node)) return this.#scalars.items(path, node, 'objects');
    this.#faults.report(node, path, 'is taken for a list; write it behind a hyphen', { severity: 'note' });
    return [node];
  }

  /** A file written with a fault in its owner or mode would be worse than none: all fields or no object. */
  #object(
    row: Row & ObjectsRow,
    path: string,
    node: MaybeNode,
  ): { readonly object: ObjectValue; readonly nodes: Reading['nodes'] } | undefined {
    const reading: Reading = { row, whole: true, nodes: new Map() };
    const object = this.#fields(row.fields, reading, [path, ''], node);
    if (object === undefined || !reading.whole) return undefined;
    const fault = row.checkObject?.(object);
    if (fault === undefined) return { object, nodes: reading.nodes };
    const field = findField(row.fields, fault.field.replace(/[.[].*$/, ''));
    this.#faults.within(field?.decides ? [row] : [], () =>
      this.#faults.report(
        nodeOf(reading.nodes, fault.field) ?? node,
        `${path}.${fault.field}`,
        fault.message,
      ),
    );
    return undefined;
  }

  /** The fields of a map, whose object is at `path` and which is `inner` in it; undefined when it is not whole. */
  #fields(
    fields: readonly FieldRow[],
    reading: Reading,
    [path, inner]: readonly [string, string],
    node: MaybeNode,
  ): ObjectValue | undefined {
    const shown = path + inner;
    if (this.#scalars.foreign(shown, node)) return undefined;
    if (!isMap(node)) {
      this.#faults.wrongType(node, shown, `a map with ${fields.map(({ name }) => name).join(', ')}`);
      return undefined;
    }
    const object: Record<string, FieldValue> = {};
    const given = new Set<string>();
    const pairs = this.#maps.pairs(node, shown);
    if (this.#maps.isFaulty(node)) reading.whole = false;
    for (const { name, key, value } of pairs) {
      const field = findField(fields, name);
      const resolved = this.#maps.resolve(value);
      if (field === undefined) {
        const known = fields.map((candidate) => candidate.name);
        const advice = unknownField(name, known) + missingBlank(name);
        this.#faults.report(key, shownName(`${shown}.${name}`), advice);
        reading.whole = false;
      } else if (given.has(field.name)) {
        this.#faults.report(key, `${shown}.${name}`, `is ${field.name}, which is given twice`);
        reading.whole = false;
      } else if (!isNothing(resolved) || field.required) {
        given.add(field.name);
        reading.nodes.set(`${inner}.${field.name}`, resolved);
        const read = this.#faults.within(field.decides ? [reading.row] : [], () =>
          this.#field(field, reading, [path, `${inner}.${name}`], resolved),
        );
        if (read === undefined) reading.whole = false;
        else object[field.name] = read;
      }
    }
    if (!reading.whole) return undefined;
    const missing = fields.find(({ name, required }) => required && !Object.hasOwn(object, name));
    if (missing === undefined) return object;
    this.#faults.report(node, shown, `expected the key ${missing.name}`);
    return undefined;
  }

  #field(
    field: FieldRow,
    reading: Reading,
    [path, inner]: readonly [string, string],
    node: MaybeNode,
  ): FieldValue | undefined {
    const shown = path + inner;
    if (field.type === 'object') return this.#fields(field.fields ?? [], reading, [path, inner], node);
    if (field.type === 'objects' || field.type === 'strings')
      return this.#list(field, reading, [path, inner], node);
    if (field.type === 'content' && isScalar(node) && node.value instanceof Uint8Array) {
      if (isBase64(node.source ?? '')) return new Uint8Array(node.value);
      this.#faults.report(node, shown, 'expected base64 after !!binary');
      return undefined;
    }
    if (field.type === 'boolean') return this.#scalars.boolean(shown, node)?.toString();
    const text = this.#scalars.string(field, shown, node);
    const doubt = text === undefined ? undefined : field.warn?.(text);
    if (doubt !== undefined) this.#faults.report(node, shown, doubt, { severity: 'warning', about: [] });
    return text;
  }

  /** One element in place of the list is taken for it. */
  #list(
    field: FieldRow,
    reading: Reading,
    [path, inner]: readonly [string, string],
    node: MaybeNode,
  ): readonly string[] | readonly ObjectValue[] | undefined {
    const ofObjects = field.type === 'objects';
    if (this.#scalars.foreign(path + inner, node)) return undefined;
    const isOne = ofObjects ? isMap(node) : isScalar(node);
    const items = isOne ? [node] : this.#scalars.items(path + inner, node, ofObjects ? 'objects' : 'strings');
    if (isOne) {
      const advice = 'is taken for a list; write each element behind a hyphen';
      this.#faults.report(node, path + inner, advice, { severity: 'note' });
    }
    const read = items?.map((item, index) => {
      const here = `${inner}[${index}]`;
      reading.nodes.set(here, item);
      return ofObjects
        ? this.#fields(field.fields ?? [], reading, [path, here], item)
        : this.#scalars.string(field, path + here, item);
    });
    const good = read?.filter(isDefined);
    return good?.length === read?.length ? (good as string[] | ObjectValue[]) : undefined;
  }
}

const objectOf = ({ object }: { readonly object: ObjectValue }): ObjectValue => object;

const placeOf = (path: string, { index, field }: { index: number; field: string }): string =>
  `${path}[${index}]${field === '' ? '' : `.${field}`}`;

/** The node at which a fault is told: the field, or what it would be in. */
function nodeOf(nodes: Reading['nodes'] | undefined, field: string): MaybeNode {
  const exact = nodes?.get(`.${field}`);
  const outer = field.replace(/(\.[^.[]*|\[\d+\])$/, '');
  return exact ?? (outer === field || outer === '' ? undefined : nodeOf(nodes, outer));
}

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;
