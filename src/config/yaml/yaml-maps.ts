/** The maps of a file by name: aliases resolved, merge keys (`<<`) taken in, names that are given twice told. */
import type { Document, Node, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { pushAll } from '../../formats/long-lists.ts';
import { unfilledTemplate } from '../checks/templates.ts';
import { rowsOf } from '../keys/unknown-key.ts';
import { shownName } from '../shown-name.ts';
import type { YamlFaults } from './yaml-faults.ts';
import { aliasTargets, isTemplate, type MaybeNode } from './yaml-nodes.ts';

export interface NamedPair {
  readonly name: string;
  readonly key: Node;
  readonly value: MaybeNode;
}

/** Names that are looked at below an unknown key. */
const innerLimit = 500;

export class YamlMaps {
  readonly #document: Document;
  #targets: ReadonlyMap<Node, Node> | undefined;
  readonly #faults: YamlFaults;
  /** A map that is merged in many places is read once. */
  readonly #read = new Map<YAMLMap, readonly NamedPair[]>();
  readonly #reading = new Set<YAMLMap>();
  readonly #faulty = new Set<YAMLMap>();

  constructor(document: Document, faults: YamlFaults) {
    this.#document = document;
    this.#faults = faults;
  }

  /** An alias of nothing stays what it is, which fits nowhere: taken for nothing, it would remove a value. */
  resolve(node: MaybeNode): MaybeNode {
    if (!isAlias(node)) return node;
    this.#targets ??= aliasTargets(this.#document);
    return this.#targets.get(node) ?? node;
  }

  /** The pairs of a map, by name; a name given twice counts once, and its own names win over merged ones. */
  pairs(map: YAMLMap, path: string): readonly NamedPair[] {
    const before = this.#read.get(map);
    if (before !== undefined) return before;
    this.#reading.add(map);
    const found = new Map<string, NamedPair>();
    const merged: NamedPair[] = [];
    for (const { key: rawKey, value } of map.items) {
      const key = this.resolve(rawKey as MaybeNode);
      if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
        const problem = isTemplate(map) ? unfilledTemplate : 'expected a simple key before the colon';
        this.#fault(map, isTemplate(map) ? map : (key ?? map), path || undefined, problem);
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (name === '<<') pushAll(merged, this.#merged(map, key, value as MaybeNode, path));
      else if (found.has(name))
        this.#fault(map, key, shownName(path === '' ? name : `${path}.${name}`), 'is given twice');
      else found.set(name, { name, key, value: value as MaybeNode });
    }
    for (const pair of merged) if (!found.has(pair.name)) found.set(pair.name, pair);
    this.#reading.delete(map);
    const pairs = [...found.values()];
    this.#read.set(map, pairs);
    return pairs;
  }

  /** YAML's merge key (yaml.org/type/merge): a map, or a list of maps of which the earlier win. */
  #merged(into: YAMLMap, key: Node, value: MaybeNode, path: string): readonly NamedPair[] {
    const source = this.resolve(value);
    const maps = isSeq(source) ? source.items.map((item) => this.resolve(item as MaybeNode)) : [source];
    return maps.flatMap((map) => {
      const shown = path === '' ? '<<' : `${path}.<<`;
      if (isMap(map) && !this.#reading.has(map)) {
        const pairs = this.pairs(map, path);
        if (this.#faulty.has(map)) this.#faulty.add(into);
        return pairs;
      }
      const problem = isMap(map) ? 'merges a map into itself' : 'expected a map, or a list of maps, to merge';
      this.#fault(into, key, shown, problem);
      return [];
    });
  }

  /** Whether something in the map was lost, and told: a key that is given twice, or is none. */
  isFaulty(map: YAMLMap): boolean {
    return this.#faulty.has(map);
  }

  #fault(map: YAMLMap, node: MaybeNode, key: string | undefined, message: string): void {
    this.#faulty.add(map);
    const about = rowsOf(key ?? '').map(({ name, decides }) => (decides === undefined ? [] : [name]));
    this.#faults.report(node, key, message, about.length === 0 ? {} : { about: about.flat() });
  }

  /** Names of keys at any depth below a node; for explaining a key that is not known. */
  namesBelow(node: MaybeNode): string[] {
    const names: string[] = [];
    const seen = new Set<Node>();
    const queue: MaybeNode[] = [node];
    while (queue.length > 0 && names.length < innerLimit && seen.size < innerLimit) {
      const inner = this.resolve(queue.pop());
      if (!isMap(inner) && !isSeq(inner)) continue;
      if (seen.has(inner)) continue;
      seen.add(inner);
      if (isSeq(inner)) queue.push(...(inner.items.slice(0, innerLimit) as MaybeNode[]));
      else
        for (const { key, value } of inner.items.slice(0, innerLimit)) {
          if (isScalar(key)) names.push(String(key.value));
          queue.push(value as MaybeNode);
        }
    }
    return names;
  }
}
