/** Reads the single values of a configuration file, and the elements of its lists: types, coercions, checks. */
import { isCollection, isScalar, isSeq } from 'yaml';
import type { FieldRow } from '../keys/key-types.ts';
import type { Row } from '../keys/keys.ts';
import { expectation } from '../keys/values.ts';
import type { YamlFaults } from './yaml-faults.ts';
import type { YamlMaps } from './yaml-maps.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import { booleanMeant, foreignTag, hasForeignTag } from './yaml-nodes.ts';

/** Each method reports what is wrong, and returns undefined for what cannot be used. */
export class ScalarReader {
  readonly #maps: YamlMaps;
  readonly #faults: YamlFaults;

  constructor(maps: YamlMaps, faults: YamlFaults) {
    this.#maps = maps;
    this.#faults = faults;
  }

  boolean(path: string, node: MaybeNode): boolean | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    const meant = booleanMeant(value);
    const advice = meant === undefined ? '' : `; write ${meant}`;
    this.#faults.wrongType(node, path, expectation('boolean'), advice);
    return undefined;
  }

  string(row: Row | FieldRow, path: string, node: MaybeNode): string | undefined {
    const text = this.text(row, path, node);
    if (text === undefined) return undefined;
    const problem = this.#faults.check(row, path, node, text);
    if (problem === undefined) return text;
    this.#faults.report(node, path, problem);
    return undefined;
  }

  /** Numbers become strings as they were written: 0644 stays 0644. */
  text(row: Row | FieldRow, path: string, node: MaybeNode): string | undefined {
    if (this.foreign(path, node)) return undefined;
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

  items(path: string, node: MaybeNode, type: 'strings' | 'objects'): MaybeNode[] | undefined {
    if (isSeq(node)) return node.items.map((item) => this.#maps.resolve(item as MaybeNode));
    this.#faults.wrongType(node, path, expectation(type));
    return undefined;
  }

  /** Whether the value has a tag that means nothing here; that is reported. */
  foreign(path: string, node: MaybeNode): boolean {
    if (!hasForeignTag(node)) return false;
    this.#faults.report(node, path, foreignTag);
    return true;
  }
}
