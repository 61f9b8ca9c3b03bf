/**
 * JSON (RFC 8259) as values that know where they stand, read on behind the mistakes that people make in it: a comma too
 * many or too few, comments, names and texts without the right quotes. No library was taken: jsonc-parser 3.3.1, the
 * one with places, recurses as deep as the text wants, and does not tell a comma too many from a value that is missing.
 */
import type { Entry, Located } from '../../kubernetes/schema/located.ts';
import { type JsonFault, JsonText, mostFaults, tooManyFaults, Unreadable } from './json-text.ts';

export interface ParsedJson {
  /** As much as could be read. */
  readonly root: Located | undefined;
  /** Whether all of the text was read: else what is missing in `root` may stand further on. */
  readonly complete: boolean;
  readonly faults: readonly JsonFault[];
}

/** A pack.json has four levels. */
const deepest = 50;

/** Never throws for what the text holds; takes time in proportion to it. */
export function parseJson(text: string): ParsedJson {
  const reader = new Reader(text);
  try {
    return { root: reader.document(), complete: true, faults: reader.text.faults };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    reader.text.fault(error.offset, error.message);
    return { root: reader.top, complete: false, faults: reader.text.faults };
  }
}

class Reader {
  readonly text: JsonText;
  /** The outermost value, also while it is being read. */
  top: Located | undefined;

  constructor(text: string) {
    this.text = new JsonText(text);
  }

  document(): Located {
    const { text } = this;
    text.byteOrderMark();
    text.blanks();
    const root = this.#value(0);
    text.blanks();
    if (!text.atEnd) text.fault(text.position, 'stands behind the end of the JSON; remove it');
    return root;
  }

  #value(depth: number): Located {
    const { text } = this;
    if (text.faults.length >= mostFaults) throw tooManyFaults(text.position);
    if (depth > deepest) throw new Unreadable(text.position, `is nested more than ${deepest} levels deep`);
    const begin = text.position;
    if (text.next === '{') return this.#object(begin, depth);
    if (text.next === '[') return this.#array(begin, depth);
    const value = text.word('value');
    if (value === undefined) throw new Unreadable(begin, `expected a value${text.seen()}`);
    return this.#noted(depth, { kind: 'word', offset: begin, end: text.position, value: value.value });
  }

  #object(offset: number, depth: number): Located {
    const { text } = this;
    const entries = new Map<string, Entry>();
    const map = this.#noted(depth, { kind: 'map', offset, end: text.length, entries });
    this.#members(offset, '}', () => {
      const keyOffset = text.position;
      const key = text.word('key');
      if (key === undefined) throw new Unreadable(keyOffset, `expected a key in quotes${text.seen()}`);
      const name = String(key.value);
      text.blanks();
      if (!text.take(':')) this.#colon(name);
      text.blanks();
      const value = this.#value(depth + 1);
      if (entries.has(name)) text.fault(keyOffset, `gives ${name} twice; one of them would be lost`);
      else entries.set(name, { keyOffset, value });
    });
    return this.#noted(depth, { ...map, end: text.position });
  }

  #colon(name: string): void {
    const { text } = this;
    if (text.next !== '=')
      throw new Unreadable(text.position, `expected a colon behind ${name}${text.seen()}`);
    text.fault(text.position, 'is written : in JSON', [{ offset: text.position, length: 1, text: ':' }]);
    text.take('=');
  }

  #array(offset: number, depth: number): Located {
    const items: Located[] = [];
    this.#noted(depth, { kind: 'list', offset, end: this.text.length, items });
    this.#members(offset, ']', () => void items.push(this.#value(depth + 1)));
    return this.#noted(depth, { kind: 'list', offset, end: this.text.position, items });
  }

  /** Members between brackets, with a comma between two. */
  #members(offset: number, closing: string, member: () => void): void {
    const { text } = this;
    text.take(text.next);
    for (let comma: number | undefined; ; ) {
      text.blanks();
      if (text.take(closing)) {
        if (comma !== undefined)
          text.fault(comma, `is a comma with nothing behind it, before ${closing}; remove it`, [
            { offset: comma, length: 1, text: '' },
          ]);
        return;
      }
      const open = closing === '}' ? '{' : '[';
      if (text.atEnd)
        throw new Unreadable(offset, `opens ${open}, which is not closed; write ${closing} at its end`);
      if (text.next === ',') throw new Unreadable(text.position, 'is a comma with nothing before it');
      member();
      const behind = text.position;
      text.blanks();
      comma = text.position;
      if (text.take(',')) continue;
      comma = undefined;
      if (text.atEnd || text.next === closing) continue;
      if (!/["'\w{[]/.test(text.next)) throw new Unreadable(text.position, `expected a comma${text.seen()}`);
      const edits = [{ offset: behind, length: 0, text: ',' }];
      text.fault(behind, 'ends without a comma, but more follows; write one', edits);
    }
  }

  #noted<T extends Located>(depth: number, value: T): T {
    if (depth === 0) this.top = value;
    return value;
  }
}
