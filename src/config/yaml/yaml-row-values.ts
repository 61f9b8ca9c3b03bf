/** Reads one value of a configuration file by its row of the table of keys: types, coercions, checks. */
import { isMap, isScalar, isSeq } from 'yaml';
import type { LayerValue } from '../config.ts';
import type { MapRow, StringsRow } from '../keys/key-types.ts';
import type { Row } from '../keys/keys.ts';
import { oneStringAs, shellCommand } from '../keys/one-string.ts';
import { expectation } from '../keys/values.ts';
import type { YamlFaults } from './yaml-faults.ts';
import type { YamlMaps } from './yaml-maps.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import { isLoneAnchor, isNothing, isTemplate, missingBlankIn } from './yaml-nodes.ts';
import { ObjectReader } from './yaml-objects.ts';
import { ScalarReader } from './yaml-scalars.ts';

export class ValueReader {
  readonly #maps: YamlMaps;
  readonly #faults: YamlFaults;
  readonly #scalars: ScalarReader;
  readonly #lists: ObjectReader;

  constructor(maps: YamlMaps, faults: YamlFaults) {
    this.#maps = maps;
    this.#faults = faults;
    this.#scalars = new ScalarReader(maps, faults);
    this.#lists = new ObjectReader(maps, faults, this.#scalars);
  }

  /** undefined for a value that cannot be used. Faulty elements of lists and maps are left out. */
  read(row: Row, path: string, node: MaybeNode): LayerValue | undefined {
    if (isLoneAnchor(node)) {
      // A password that begins with &, most likely. As `null` it would remove what earlier sources gave.
      this.#faults.report(node, path, 'is an anchor (&) without a value; write text in quotes');
      return undefined;
    }
    if (isNothing(node)) return null;
    if (this.#scalars.foreign(path, node)) return undefined;
    if (isTemplate(node)) {
      this.#faults.wrongType(node, path, expectation(row.type));
      return undefined;
    }
    switch (row.type) {
      case 'boolean':
        return this.#booleanKey(path, node);
      case 'string':
        return this.#scalars.string(row, path, node);
      case 'strings':
        return this.#strings(row, path, node);
      case 'map':
        return this.#map(row, path, node);
      case 'objects':
        return this.#lists.read(row, path, node);
    }
  }

  #booleanKey(path: string, node: MaybeNode): boolean | undefined {
    const value = this.#scalars.boolean(path, node);
    if (value !== undefined && isScalar(node) && typeof node.value === 'string')
      this.#faults.report(node, path, `is taken for ${value}; write it without quotes`, { severity: 'note' });
    return value;
  }

  #strings(row: Row & StringsRow, path: string, node: MaybeNode): readonly string[] | undefined {
    if (isScalar(node)) return this.#oneString(row, path, node);
    const items = this.#scalars.items(path, node, row.type);
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
    if (!row.commands || !isSeq(node)) return this.#scalars.string(row, path, node);
    // As cloud-init has it: program and arguments.
    const words = node.items.map((item, index) =>
      this.#scalars.string(row, `${path}[${index}]`, this.#maps.resolve(item as MaybeNode)),
    );
    if (words.length === 0) this.#faults.report(node, path, 'expected a command, found an empty list');
    return words.length > 0 && words.every(isDefined) ? shellCommand(words) : undefined;
  }

  /** A string where a list belongs, which cannot mean anything else. */
  #oneString(row: Row & StringsRow, path: string, node: MaybeNode): readonly string[] | undefined {
    const text = this.#scalars.text(row, path, node);
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
      const text = problem === undefined ? this.#scalars.string(row, entry, resolved) : undefined;
      const fault = problem ?? (text === undefined ? undefined : row.checkEntry?.(name, text));
      if (fault !== undefined) this.#faults.report(key, problem === undefined ? entry : path, fault);
      return [name, fault === undefined ? text : undefined] as const;
    });
    return Object.fromEntries(
      read.filter((pair): pair is readonly [string, string | null] => pair[1] !== undefined),
    );
  }
}

const missingHyphenBlank = 'expected a list, found a string; write a blank behind the hyphen';
const isDefined = <T>(value: T | undefined): value is T => value !== undefined;
