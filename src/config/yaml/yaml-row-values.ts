/** Reads one value of a configuration file by its row of the table of keys: types, coercions, checks. */
import { isCollection, isMap, isScalar, isSeq } from 'yaml';
import type { LayerValue, ObjectValue } from '../config.ts';
import type { FieldRow, MapRow, ObjectsRow, StringsRow } from '../keys/key-types.ts';
import type { Row } from '../keys/keys.ts';
import { oneStringAs, shellCommand } from '../keys/one-string.ts';
import { unknownField } from '../keys/unknown-key.ts';
import { expectation, findField } from '../keys/values.ts';
import { missingBlank, shownName } from '../shown-name.ts';
import type { YamlFaults } from './yaml-faults.ts';
import type { YamlMaps } from './yaml-maps.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import {
  booleanMeant,
  foreignTag,
  hasForeignTag,
  isBase64,
  isLoneAnchor,
  isNothing,
  isTemplate,
  missingBlankIn,
} from './yaml-nodes.ts';

export class ValueReader {
  readonly #maps: YamlMaps;
  readonly #faults: YamlFaults;

  constructor(maps: YamlMaps, faults: YamlFaults) {
    this.#maps = maps;
    this.#faults = faults;
  }

  /** undefined for a value that cannot be used. Faulty elements of lists and maps are left out. */
  read(row: Row, path: string, node: MaybeNode): LayerValue | undefined {
    if (isLoneAnchor(node)) {
      // A password that begins with &, most likely. As `null` it would remove what earlier sources gave.
      this.#faults.report(node, path, 'is an anchor (&) without a value; write text in quotes');
      return undefined;
    }
    if (isNothing(node)) return null;
    if (this.#foreign(path, node)) return undefined;
    if (isTemplate(node)) {
      this.#faults.wrongType(node, path, expectation(row.type));
      return undefined;
    }
    switch (row.type) {
      case 'boolean':
        return this.#booleanKey(path, node);
      case 'string':
        return this.#string(row, path, node);
      case 'strings':
        return this.#strings(row, path, node);
      case 'map':
        return this.#map(row, path, node);
      case 'objects':
        return this.#objects(path, node)
          ?.map((item, index) => this.#object(row, `${path}[${index}]`, item))
          .filter(isDefined);
    }
  }

  #booleanKey(path: string, node: MaybeNode): boolean | undefined {
    const value = this.#boolean(path, node);
    if (value !== undefined && isScalar(node) && typeof node.value === 'string')
      this.#faults.report(node, path, `is taken for ${value}; write it without quotes`, { severity: 'note' });
    return value;
  }

  #boolean(path: string, node: MaybeNode): boolean | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    const meant = booleanMeant(value);
    const advice = meant === undefined ? '' : `; write ${meant}`;
    this.#faults.wrongType(node, path, expectation('boolean'), advice);
    return undefined;
  }

  #string(row: Row | FieldRow, path: string, node: MaybeNode): string | undefined {
    const text = this.#text(row, path, node);
    if (text === undefined) return undefined;
    const problem = this.#faults.check(row, path, node, text);
    if (problem === undefined) return text;
    this.#faults.report(node, path, problem);
    return undefined;
  }

  /** Numbers become strings as they were written: 0644 stays 0644. */
  #text(row: Row | FieldRow, path: string, node: MaybeNode): string | undefined {
    if (this.#foreign(path, node)) return undefined;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'string') return value;
    if (isScalar(node) && (typeof value === 'number' || typeof value === 'bigint'))
      return node.source ?? `${value}`;
    if (isScalar(node) && typeof value === 'boolean' && 'words' in row && row.words)
      return node.source ?? `${value}`;
    const quotable =
      typeof value === 'boolean' ||
      ('commands' in row && isCollection(node)) ||
      this.#faults.isLineWithColon(node);
    const type = row.type === 'mode' || row.type === 'boolean' ? row.type : 'string';
    this.#faults.wrongType(node, path, expectation(type), quotable ? '; write it in quotes' : '');
    return undefined;
  }

  #strings(row: Row & StringsRow, path: string, node: MaybeNode): readonly string[] | undefined {
    if (isScalar(node)) return this.#oneString(row, path, node);
    const items = this.#items(path, node, row.type);
    const read = items?.map((item, index) => this.#element(row, `${path}[${index}]`, item));
    const values = read?.filter(isDefined);
    if (read === undefined || values === undefined || row.checkWhole === undefined) return values;
    // What is left of a command without one of its arguments is another command.
    if (values.length < read.length) return undefined;
    const problem = row.checkWhole(values);
    if (problem === undefined) return values;
    this.#faults.report(node, path, problem);
    return undefined;
  }

  #element(row: Row & StringsRow, path: string, node: MaybeNode): string | undefined {
    if (!row.commands || !isSeq(node)) return this.#string(row, path, node);
    // As cloud-init has it: program and arguments.
    const words = node.items.map((item, index) =>
      this.#string(row, `${path}[${index}]`, this.#maps.resolve(item as MaybeNode)),
    );
    if (words.length === 0) this.#faults.report(node, path, 'expected a command, found an empty list');
    return words.length > 0 && words.every(isDefined) ? shellCommand(words) : undefined;
  }

  /** A string where a list belongs, which cannot mean anything else. */
  #oneString(row: Row & StringsRow, path: string, node: MaybeNode): readonly string[] | undefined {
    const text = this.#text(row, path, node);
    if (text === undefined) return undefined;
    const taken = row.commands === true && /^-\S/.test(text) ? missingHyphenBlank : oneStringAs(row, text);
    const parts = typeof taken === 'string' ? [] : taken;
    const problem =
      typeof taken === 'string'
        ? taken
        : (parts.map((part) => this.#faults.check(row, path, node, part)).find(isDefined) ??
          row.checkWhole?.(parts));
    if (problem !== undefined) {
      this.#faults.report(node, path, problem);
      return undefined;
    }
    this.#faults.report(node, path, 'is taken for a list; write each element behind a hyphen', {
      severity: 'note',
    });
    return parts;
  }

  #items(path: string, node: MaybeNode, type: 'strings' | 'objects'): MaybeNode[] | undefined {
    if (isSeq(node)) return node.items.map((item) => this.#maps.resolve(item as MaybeNode));
    this.#faults.wrongType(node, path, expectation(type));
    return undefined;
  }

  /** One object in place of the list cannot mean anything else. */
  #objects(path: string, node: MaybeNode): MaybeNode[] | undefined {
    if (!isMap(node)) return this.#items(path, node, 'objects');
    this.#faults.report(node, path, 'is taken for a list; write it behind a hyphen', { severity: 'note' });
    return [node];
  }

  /** `NAME=VALUE` in a list, as other programs have it. */
  #assignments(
    row: Row & MapRow,
    path: string,
    node: MaybeNode,
  ): Readonly<Record<string, string>> | undefined {
    if (!isSeq(node) || node.items.length === 0) return undefined;
    const texts = node.items.map((item) => this.#maps.resolve(item as MaybeNode));
    const pairs = texts.map((item) => {
      const text = isScalar(item) && typeof item.value === 'string' ? item.value : '';
      const equals = text.indexOf('=');
      return equals > 0 ? ([text.slice(0, equals), text.slice(equals + 1)] as const) : undefined;
    });
    if (!pairs.every(isDefined)) return undefined;
    this.#faults.report(node, path, 'is taken for a map; write NAME: VALUE', { severity: 'note' });
    const good = pairs.filter(([name, value], index) => {
      const entry = `${path}[${name}]`;
      const fault = this.#faults.check(row, entry, texts[index], value) ?? row.checkEntry?.(name, value);
      if (fault !== undefined) this.#faults.report(texts[index], entry, fault);
      return fault === undefined;
    });
    return Object.fromEntries(good);
  }

  #map(
    row: Row & MapRow,
    path: string,
    node: MaybeNode,
  ): Readonly<Record<string, string | null>> | undefined {
    const assigned = this.#assignments(row, path, node);
    if (assigned !== undefined) return assigned;
    if (!isMap(node)) {
      this.#faults.wrongType(node, path, expectation('map'), missingBlankIn(node));
      return undefined;
    }
    const read = this.#maps.pairs(node, path).map(({ name, key, value }) => {
      const problem = name === '' ? 'expected a name before the colon' : undefined;
      const resolved = this.#maps.resolve(value);
      const entry = `${path}[${name}]`;
      if (problem === undefined && isNothing(resolved)) return [name, null] as const;
      const text = problem === undefined ? this.#string(row, entry, resolved) : undefined;
      const fault = problem ?? (text === undefined ? undefined : row.checkEntry?.(name, text));
      if (fault !== undefined) this.#faults.report(key, problem === undefined ? entry : path, fault);
      return [name, fault === undefined ? text : undefined] as const;
    });
    return Object.fromEntries(
      read.filter((pair): pair is readonly [string, string | null] => pair[1] !== undefined),
    );
  }

  /** A file written with a fault in its owner or mode would be worse than none: all fields or no object. */
  #object(row: Row & ObjectsRow, path: string, node: MaybeNode): ObjectValue | undefined {
    if (this.#foreign(path, node)) return undefined;
    if (!isMap(node)) {
      this.#faults.wrongType(node, path, `a map with ${row.fields.map(({ name }) => name).join(', ')}`);
      return undefined;
    }
    const object: Record<string, string | Uint8Array> = {};
    const nodes = new Map<string, MaybeNode>();
    const pairs = this.#maps.pairs(node, path);
    let whole = !this.#maps.isFaulty(node);
    for (const { name, key, value } of pairs) {
      const field = findField(row, name);
      const resolved = this.#maps.resolve(value);
      if (field === undefined) {
        const known = row.fields.map((candidate) => candidate.name);
        this.#faults.report(
          key,
          shownName(`${path}.${name}`),
          unknownField(name, known) + missingBlank(name),
        );
        whole = false;
      } else if (nodes.has(field.name)) {
        this.#faults.report(key, `${path}.${name}`, `is ${field.name}, which is given twice`);
        whole = false;
      } else if (!isNothing(resolved) || field.required) {
        nodes.set(field.name, resolved);
        const read = this.#faults.within(field.decides ? [row] : [], () =>
          this.#field(field, `${path}.${name}`, resolved),
        );
        if (read === undefined) whole = false;
        else object[field.name] = read;
      }
    }
    return whole && this.#isComplete(row, path, node, object, nodes) ? object : undefined;
  }

  #isComplete(
    row: Row & ObjectsRow,
    path: string,
    node: MaybeNode,
    object: ObjectValue,
    nodes: ReadonlyMap<string, MaybeNode>,
  ): boolean {
    const missing = row.fields.find(({ name, required }) => required && !Object.hasOwn(object, name));
    if (missing !== undefined) {
      this.#faults.report(node, path, `expected the key ${missing.name}`);
      return false;
    }
    const fault = row.checkObject?.(object);
    if (fault === undefined) return true;
    const field = findField(row, fault.field);
    this.#faults.within(field?.decides ? [row] : [], () =>
      this.#faults.report(nodes.get(fault.field) ?? node, `${path}.${fault.field}`, fault.message),
    );
    return false;
  }

  #field(field: FieldRow, path: string, node: MaybeNode): string | Uint8Array | undefined {
    if (field.type === 'content' && isScalar(node) && node.value instanceof Uint8Array) {
      if (isBase64(node.source ?? '')) return new Uint8Array(node.value);
      this.#faults.report(node, path, 'expected base64 after !!binary');
      return undefined;
    }
    if (field.type === 'boolean') return this.#boolean(path, node)?.toString();
    const text = this.#string(field, path, node);
    const doubt = text === undefined ? undefined : field.warn?.(text);
    if (doubt !== undefined) this.#faults.report(node, path, doubt, { severity: 'warning', about: [] });
    return text;
  }

  /** Whether the value has a tag that means nothing here; that is reported. */
  #foreign(path: string, node: MaybeNode): boolean {
    if (!hasForeignTag(node)) return false;
    this.#faults.report(node, path, foreignTag);
    return true;
  }
}

const missingHyphenBlank = 'expected a list, found a string; write a blank behind the hyphen';
const isDefined = <T>(value: T | undefined): value is T => value !== undefined;
