/**
 * A configuration of k3OS as one of Bhojpur OS: keys get their names here, and forms that could be misread their
 * canonical one, each at its place in the text, so that comments and layout stay. What only a person can decide is
 * named. What has been migrated once is not changed again. Pure.
 */
import type { Document, Node, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { Diagnostic, Place } from '../diagnostics.ts';
import { findKey, isGroup, type Row } from '../keys/keys.ts';
import { oneStringAs } from '../keys/one-string.ts';
import { parseWithinBudget } from '../yaml/budgeted-document.ts';
import { aliasTargets, type MaybeNode } from '../yaml/yaml-nodes.ts';
import { newName } from './new-names.ts';
import { notesOfOldWords } from './old-words-notes.ts';
import { applyEdits, type TextEdit } from './text-edits.ts';

export interface Migrated {
  readonly text: string;
  /** What was changed, and what a person has to look at; the places are those of the old text. */
  readonly notes: readonly Diagnostic[];
}

/** Throws OverBudget. A text that is no map of keys stays as it is: checking it says why. */
export function migrateConfig(text: string, file: string): Migrated {
  const lineCounter = new LineCounter();
  const { document } = parseWithinBudget(text, lineCounter);
  const { contents } = document;
  if (document.errors.length > 0 || !isMap(contents)) return { text, notes: [] };
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  const migration = new Migration(document, text, placeOf);
  migration.group(contents, '');
  const notes = [...migration.notes, ...notesOfOldWords(document, text, placeOf)];
  return { text: applyEdits(text, migration.edits), notes: notes.toSorted(byPlace) };
}

const byPlace = ({ place: a }: Diagnostic, { place: b }: Diagnostic): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

class Migration {
  readonly edits: TextEdit[] = [];
  readonly notes: Diagnostic[] = [];
  readonly #text: string;
  readonly #targets: ReadonlyMap<Node, Node>;
  readonly #placeOf: (offset: number) => Place;
  /** A map that is merged or referred to in many places is changed once. */
  readonly #seen = new Set<YAMLMap>();

  constructor(document: Document, text: string, placeOf: (offset: number) => Place) {
    this.#text = text;
    this.#targets = aliasTargets(document);
    this.#placeOf = placeOf;
  }

  /** A map of keys: the file (`prefix` empty), `bos`, `bos.install`; `old` is the prefix as it is written. */
  group(map: YAMLMap, prefix: string, old = prefix): void {
    if (this.#seen.has(map)) return;
    this.#seen.add(map);
    const names = map.items.map(({ key }) =>
      isScalar(key) && typeof key.value === 'string' ? key.value : '',
    );
    const taken = new Set(names);
    map.items.forEach(({ key, value }, index) => {
      const name = names[index] ?? '';
      const node = this.#resolve(value as MaybeNode);
      if (name === '<<') this.#merged(node, prefix, old);
      if (name === '' || name === '<<' || !isScalar(key)) return;
      const wanted = newName(name, prefix);
      const shown = old === '' ? name : `${old}.${name}`;
      if (wanted !== name && taken.has(wanted)) {
        this.#note(key, shown, `is ${wanted} here, which is there too: join them by hand`, 'warning');
        return;
      }
      if (wanted !== name) {
        taken.add(wanted);
        this.#rename(key, shown, wanted);
      }
      this.#below(prefix === '' ? wanted : `${prefix}.${wanted}`, shown, node, node === value);
    });
  }

  /** What the key holds. `own`: it stands there, and is no alias. */
  #below(full: string, shown: string, node: MaybeNode, own: boolean): void {
    if (isGroup(full)) {
      if (isMap(node)) this.group(node, full, shown);
      return;
    }
    const row = findKey(full);
    if (row === undefined) return;
    if (own && row.type === 'strings') this.#asList(row, shown, node);
    if (row.name === 'write_files' && isSeq(node))
      for (const item of node.items) this.#filePath(shown, this.#resolve(item as MaybeNode));
  }

  #merged(node: MaybeNode, prefix: string, old: string): void {
    const maps = isSeq(node) ? node.items.map((item) => this.#resolve(item as MaybeNode)) : [node];
    for (const map of maps) if (isMap(map)) this.group(map, prefix, old);
  }

  #rename(key: Node, shown: string, wanted: string): void {
    const [start, end] = key.range ?? [0, 0];
    const source = this.#text.slice(start, end);
    const quote = /^["']/.exec(source)?.[0] ?? '';
    // An anchor on a key is nobody's; what is written in an odd way stays, and checking it says so.
    if (source.startsWith('&') || source.includes('\n')) return;
    this.edits.push({ start, end, text: `${quote}${wanted}${quote}` });
    this.#note(key, shown, `is now ${wanted}`);
  }

  /** One string, in one line, where a list belongs. */
  #asList(row: Extract<Row, { type: 'strings' }>, full: string, node: MaybeNode): void {
    if (!isScalar(node) || typeof node.value !== 'string' || node.value === '' || node.tag !== undefined)
      return;
    const [start, end] = node.range ?? [0, 0];
    if (this.#text.slice(start, end).includes('\n') || node.anchor !== undefined) return;
    // A hyphen without its blank is a mistake, which checking finds.
    if (row.commands === true && /^-\S/.test(node.value)) return;
    const elements = oneStringAs(row, node.value);
    if (typeof elements === 'string') return;
    this.edits.push({ start, end, text: JSON.stringify(elements).replaceAll('","', '", "') });
    this.#note(node, full, 'is now a list');
  }

  /** k3OS took them from the root. */
  #filePath(full: string, item: MaybeNode): void {
    const pair = isMap(item)
      ? item.items.find(({ key }) => isScalar(key) && key.value === 'path')
      : undefined;
    const node = pair?.value as MaybeNode;
    if (!isScalar(node) || typeof node.value !== 'string' || !/^\w[\w.-]*\//.test(node.value)) return;
    const [start] = node.range ?? [0];
    const at = /["']/.test(this.#text[start] ?? '') ? start + 1 : start;
    this.edits.push({ start: at, end: at, text: '/' });
    this.#note(node, `${full}.path`, 'now begins with /');
  }

  #resolve(node: MaybeNode): MaybeNode {
    return (node && this.#targets.get(node)) ?? node;
  }

  #note(node: Node, key: string, message: string, severity: Diagnostic['severity'] = 'note'): void {
    this.notes.push({ severity, place: this.#placeOf(node.range?.[0] ?? 0), key, message });
  }
}
