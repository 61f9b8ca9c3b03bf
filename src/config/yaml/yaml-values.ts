/** Reads the nodes of a configuration file by the table of keys: groups, keys, and what is neither. */
import type { Document, Node, YAMLMap } from 'yaml';
import { isMap } from 'yaml';
import type { LayerEntry } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import type { KeyName, Row } from '../keys/keys.ts';
import { findKey, isGroup } from '../keys/keys.ts';
import { findSpelling, rowsOf, unknownKey } from '../keys/unknown-key.ts';
import { missingBlank, shownName } from '../shown-name.ts';
import { YamlFaults } from './yaml-faults.ts';
import { YamlMaps } from './yaml-maps.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import { hasAnchor, isNothing, missingBlankIn } from './yaml-nodes.ts';
import { ValueReader } from './yaml-row-values.ts';

/** Right where somebody means it, and what a template leaves that was not filled in. */
const takesAway = 'has no value: it takes away what an earlier source gives';

export class YamlReader {
  readonly entries = new Map<KeyName, LayerEntry>();
  readonly #faults: YamlFaults;
  readonly #maps: YamlMaps;
  readonly #values: ValueReader;

  /** `placeOf` gives the place of an offset in the text; faults are added to `diagnostics`. */
  constructor(document: Document, placeOf: (offset: number) => Place, diagnostics: Diagnostic[]) {
    this.#faults = new YamlFaults(placeOf, diagnostics);
    this.#maps = new YamlMaps(document, this.#faults);
    this.#values = new ValueReader(this.#maps, this.#faults);
  }

  /** Reads a map whose entries are keys or groups of keys: the file (`prefix` empty), `bos`, `bos.install`. */
  readGroup(map: YAMLMap, prefix: string): void {
    const pairs = this.#faults.within(rowsOf(prefix), () => this.#maps.pairs(map, prefix));
    for (const { name, key, value } of pairs) {
      const full = prefix === '' ? name : `${prefix}.${name}`;
      const row = findKey(full);
      if (row !== undefined) this.#readKey(row, full, key, value);
      else if (isGroup(full)) this.#readInner(full, value);
      else this.#readUnknown(full, key, value);
    }
  }

  /** How many faults of each severity there were beyond those that are listed, and what they were about. */
  unlisted(): ReturnType<YamlFaults['unlisted']> {
    return this.#faults.unlisted();
  }

  #readInner(full: string, value: MaybeNode): void {
    const inner = this.#maps.resolve(value);
    if (isMap(inner)) this.readGroup(inner, full);
    else if (!isNothing(inner))
      this.#faults.within(rowsOf(full), () =>
        this.#faults.wrongType(inner, full, 'a map of keys', missingBlankIn(inner)),
      );
  }

  #readKey(row: Row, full: string, key: Node, node: MaybeNode): void {
    if (row.commandLineOnly) {
      // `bos.dcp` with what belongs beside it, most likely.
      const { about, message } = unknownKey('', {
        in: 'file',
        inner: this.#maps.namesBelow(node),
        quick: false,
      });
      if (about.length > 0) this.#faults.report(key, full, message, { about });
      else this.#faults.report(key, full, 'acts only on the kernel command line', { severity: 'warning' });
      return;
    }
    this.#faults.within([row], () => {
      const earlier = this.entries.get(row.name);
      if (earlier !== undefined) {
        this.#faults.report(key, full, `is given twice; the first is in line ${earlier.place.line}`);
        return;
      }
      const value = this.#values.read(row, full, this.#maps.resolve(node));
      if (value !== undefined) this.entries.set(row.name, { value, place: this.#faults.place(key) });
      if (value === null && row.decides === 'joining')
        this.#faults.report(key, full, takesAway, { severity: 'note' });
    });
  }

  /** A spelling of which there can be no doubt is taken, except where it decides what this machine joins. */
  #readUnknown(full: string, key: Node, value: MaybeNode): void {
    const spelt = findSpelling(full);
    const taken = spelt !== undefined && !spelt.commandLineOnly && spelt.decides !== 'joining';
    if (taken && !this.entries.has(spelt.name)) {
      this.#faults.report(key, full, `is taken for ${spelt.name}; write it so`, { severity: 'note' });
      this.#readKey(spelt, full, key, value);
      return;
    }
    // Explaining takes time that forty thousand unknown keys do not deserve.
    const isShared = hasAnchor(value);
    const quick = this.#faults.full || isShared;
    const inner = quick ? [] : this.#maps.namesBelow(value);
    const { severity, message, about } = unknownKey(full, { in: 'file', inner, quick });
    if (isShared && about.length === 0) {
      const counts = 'is not a key: it counts where something refers to it with *';
      this.#faults.report(key, shownName(full), counts, { severity: 'note' });
    } else {
      this.#faults.report(key, shownName(full), message + missingBlank(full), { severity, about });
    }
  }
}
