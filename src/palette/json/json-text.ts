/** The words and blanks of a JSON text, and what is wrong with them. Moves on with every call. */
import type { Edit } from '../edits.ts';

export interface JsonFault {
  readonly offset: number;
  readonly message: string;
  /** What mends it, where that is plain. */
  readonly edits?: readonly Edit[];
}

export interface JsonWord {
  readonly value: string | number | boolean | null;
}

const constants: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
/** As other languages spell them. */
const foreign: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  yes: 'true',
  no: 'false',
};
const closingQuotes: Readonly<Record<string, string>> = { "'": "'", '“': '”', '”': '”', '„': '“' };

/** What comes behind so many faults is no JSON anyway. */
export const mostFaults = 100;

/** From here on nothing is certain. */
export class Unreadable extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

export const tooManyFaults = (offset: number) => new Unreadable(offset, 'has too many faults to go on');

export class JsonText {
  readonly faults: JsonFault[] = [];
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#position;
  }

  get length(): number {
    return this.#text.length;
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.#text[this.#position] ?? '';
  }

  fault(offset: number, message: string, edits?: readonly Edit[]): void {
    this.faults.push({ offset, message, ...(edits === undefined ? {} : { edits }) });
  }

  /** True when the next character was this one. */
  take(character: string): boolean {
    if (this.atEnd || this.next !== character) return false;
    this.#position += 1;
    return true;
  }

  /** `, found "x"`: what stands there instead. Never more than a sign or a name. */
  seen(): string {
    if (this.atEnd) return ', found the end of the file';
    const [name] = /^[A-Za-z_][\w.-]{0,30}/.exec(this.#text.slice(this.#position, this.#position + 32)) ?? [];
    return `, found ${name ?? this.next}`;
  }

  byteOrderMark(): void {
    if (!this.take('\ufeff')) return;
    this.fault(0, 'begins with a byte order mark, which JSON does not have; remove it', [
      { offset: 0, length: 1, text: '' },
    ]);
  }

  /** Passes over white space, and over comments, which JSON does not have. Throws Unreadable for too many of them. */
  blanks(): void {
    for (;;) {
      const begin = this.#position;
      const code = this.#text.charCodeAt(begin);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.#position += 1;
      else if (!this.#comment(begin)) return;
    }
  }

  #comment(begin: number): boolean {
    const opening = this.#text.startsWith('#', begin) ? '#' : this.#text.slice(begin, begin + 2);
    if (opening !== '//' && opening !== '/*' && opening !== '#') return false;
    if (this.faults.length >= mostFaults) throw tooManyFaults(begin);
    const closing = opening === '/*' ? '*/' : '\n';
    const found = this.#text.indexOf(closing, begin + opening.length);
    const end = found < 0 ? this.#text.length : found + (closing === '*/' ? 2 : 0);
    this.#position = end;
    this.fault(begin, 'is a comment, which JSON does not have; remove it', [
      { offset: begin, length: end - begin, text: '' },
    ]);
    return true;
  }

  /** A text, a number, true, false or null; undefined for what is none of them, nor meant so. */
  word(what: 'key' | 'value'): JsonWord | undefined {
    if (this.next === '"') return this.#quoted();
    const closing = closingQuotes[this.next];
    if (closing !== undefined) return this.#otherQuotes(closing);
    const begin = this.#position;
    let end = begin;
    while (/[\w.+-]/.test(this.#text[end] ?? '')) end += 1;
    if (end === begin) return undefined;
    const raw = this.#text.slice(begin, end);
    this.#position = end;
    if (what === 'value') {
      const constant = Object.hasOwn(constants, raw) ? constants[raw] : undefined;
      if (constant !== undefined) return { value: constant };
      if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(raw)) return { value: Number(raw) };
      const meant = Object.hasOwn(foreign, raw) ? foreign[raw] : undefined;
      if (meant !== undefined) {
        this.fault(begin, `is written ${meant} in JSON`, [
          { offset: begin, length: raw.length, text: meant },
        ]);
        return { value: constants[meant] ?? null };
      }
    }
    this.fault(begin, `is not in quotes; write "${raw.slice(0, 40)}"`, [
      { offset: begin, length: raw.length, text: JSON.stringify(raw) },
    ]);
    return { value: raw };
  }

  #quoted(): JsonWord {
    const text = this.#text;
    const begin = this.#position;
    let end = begin + 1;
    let broken: number | undefined;
    for (; end < text.length && text[end] !== '"'; end += text[end] === '\\' ? 2 : 1) {
      if (text.charCodeAt(end) < 0x20) broken ??= end;
      // A quote that is not closed ends with its line: what follows is read all the same.
      if (text[end] === '\n') break;
    }
    if (text[end] !== '"') {
      this.#position = Math.min(end, text.length);
      const edits = [{ offset: this.#position, length: 0, text: '"' }];
      this.fault(
        begin,
        'opens a quote that is not closed in its line; write " at the end of the text',
        edits,
      );
      return { value: text.slice(begin + 1, this.#position) };
    }
    this.#position = end + 1;
    const raw = text.slice(begin, end + 1);
    if (broken !== undefined) {
      const tab = text[broken] === '\t';
      const edits = tab ? { edits: [{ offset: broken, length: 1, text: String.raw`\t` }] } : {};
      this.faults.push({
        ...{ offset: broken, message: 'is a control character in a text, which JSON does not have' },
        ...edits,
      });
      return { value: raw.slice(1, -1) };
    }
    try {
      return { value: JSON.parse(raw) as string };
    } catch {
      const bad = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|(\\)/g;
      const offset = [...raw.matchAll(bad)].find(([, lone]) => lone !== undefined)?.index ?? 0;
      this.fault(begin + offset, String.raw`is a backslash that means nothing here; write \\`, [
        { offset: begin + offset, length: 1, text: String.raw`\\` },
      ]);
      return { value: raw.slice(1, -1) };
    }
  }

  #otherQuotes(closing: string): JsonWord {
    const begin = this.#position;
    const line = this.#text.indexOf('\n', begin);
    const last = line < 0 ? this.#text.length : line;
    const found = this.#text.indexOf(closing, begin + 1);
    const end = found < 0 || found > last ? last : found;
    const value = this.#text.slice(begin + 1, end);
    this.#position = end === found ? end + 1 : end;
    this.fault(begin, `stands in ${this.#text[begin]}${closing}; JSON has "…" alone`, [
      { offset: begin, length: this.#position - begin, text: JSON.stringify(value) },
    ]);
    return { value };
  }
}
