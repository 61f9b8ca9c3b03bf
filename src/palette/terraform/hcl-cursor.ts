/** Moves over the words of a Terraform file: names, texts with templates in them, heredocs, comments, brackets. */

/**
 * Where to read on behind a fault: at the next line that begins something, at the next block of the file, or not at all,
 * as the rest belongs to what is wrong.
 */
export type Resume = 'line' | 'block' | 'nowhere';

/** Up to `resume` nothing is certain. */
export class Unreadable extends Error {
  readonly offset: number;
  readonly resume: Resume;

  constructor(offset: number, message: string, resume: Resume) {
    super(message);
    this.offset = offset;
    this.resume = resume;
  }
}

export interface HclFault {
  readonly offset: number;
  readonly message: string;
}

/** What stands at the left of a file of Terraform, and never inside of a block. */
const topWords = 'data|resource|provider|variable|output|locals|module|terraform';
export const atTop = new RegExp(`^(?:${topWords})\\b`);
const topLine = new RegExp(`^(?:${topWords})\\b`, 'gm');
/** A line that begins an attribute or a block, or ends one. */
const itemLine = /^[ \t]*(?:\p{L}[\p{L}\p{N}_-]*[ \t]*(?:=|\{|")|\}[ \t\r]*$)/gmu;

/** Brackets and templates inside each other. */
const deepest = 200;
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

export class HclCursor {
  readonly #text: string;
  readonly #tell: (fault: HclFault) => void;
  offset = 0;

  /** `tell` is for faults behind which it goes on at once. */
  constructor(text: string, tell: (fault: HclFault) => void) {
    this.#text = text;
    this.#tell = tell;
  }

  get atEnd(): boolean {
    return this.offset >= this.#text.length;
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.#text[this.offset] ?? '';
  }

  get atLineStart(): boolean {
    return this.offset === 0 || this.#text[this.offset - 1] === '\n';
  }

  /** The number of the last line before this place that holds something. */
  get lineBefore(): number {
    let last = this.offset;
    while (last > 0 && /\s/.test(this.#text[last - 1] ?? '')) last -= 1;
    // Blocks inside each other ask at one place, the end of the file mostly: no copy of the text for each.
    let lines = 1;
    for (let end = this.#text.indexOf('\n'); end >= 0 && end < last; end = this.#text.indexOf('\n', end + 1))
      lines += 1;
    return lines;
  }

  rest(length: number): string {
    return this.#text.slice(this.offset, this.offset + length);
  }

  inOneLine(from: number, to: number): boolean {
    return from <= to && !this.#text.slice(from, to).includes('\n');
  }

  /** To where a fault that begins at `offset` leaves off. */
  resume({ offset, resume }: Unreadable): void {
    const pattern = resume === 'line' ? itemLine : resume === 'block' ? topLine : undefined;
    if (pattern === undefined) this.offset = this.#text.length;
    else {
      pattern.lastIndex = this.#lineEnd(offset);
      this.offset = pattern.exec(this.#text)?.index ?? this.#text.length;
    }
  }

  #lineEnd(offset: number): number {
    const found = this.#text.indexOf('\n', offset);
    return found < 0 ? this.#text.length : found + 1;
  }

  skip(length: number): void {
    this.offset += length;
  }

  seen(): string {
    if (this.atEnd) return 'the end of the file';
    return this.next === '\n' || this.next === '\r' ? 'the end of the line' : this.next;
  }

  /** Blanks, line ends and comments. */
  blanks(): void {
    for (;;) {
      this.spaces();
      if (this.next === '\n' || this.next === '\r' || this.next === '\ufeff') this.skip(1);
      else if (!this.#comment()) return;
    }
  }

  /** Blanks within a line. */
  spaces(): void {
    while (this.next === ' ' || this.next === '\t') this.skip(1);
  }

  #comment(): boolean {
    const begin = this.offset;
    const opening = this.next === '#' ? '#' : this.rest(2);
    if (opening !== '#' && opening !== '//' && opening !== '/*') return false;
    const end = opening === '/*' ? '*/' : '\n';
    const found = this.#text.indexOf(end, begin + opening.length);
    if (found < 0 && opening === '/*')
      throw new Unreadable(begin, 'opens a comment that is not closed; write */', 'nowhere');
    this.offset = found < 0 ? this.#text.length : found + (opening === '/*' ? 2 : 0);
    return true;
  }

  identifier(): string | undefined {
    const pattern = /[\p{L}_][\p{L}\p{N}\p{M}_-]*/uy;
    pattern.lastIndex = this.offset;
    const [name] = pattern.exec(this.#text) ?? [];
    if (name !== undefined) this.skip(name.length);
    return name;
  }

  label(): string {
    return this.#quoted(0, /\{[ \t\r]*$/) ?? '';
  }

  /** To the end of its line, or behind its brackets. Gives its text if it is one in quotes without a template. */
  expression(): string | undefined {
    const begin = this.offset;
    let words = 0;
    let text: string | undefined;
    for (;;) {
      this.spaces();
      if (this.atEnd || this.next === '\n' || this.next === '\r' || this.next === '}') break;
      if (this.#comment()) continue;
      text = this.#word(0);
      words += 1;
    }
    if (words === 0) throw new Unreadable(begin, 'expected a value behind the =', 'line');
    return words === 1 ? text : undefined;
  }

  /** One piece of an expression. */
  #word(depth: number): string | undefined {
    if (depth > deepest)
      throw new Unreadable(this.offset, `is nested more than ${deepest} levels deep`, 'nowhere');
    if (this.next === '"') return this.#quoted(depth, depth > 0 ? /[\])]+,?[ \t\r]*$/ : undefined);
    if (this.rest(2) === '<<' && this.#heredoc()) return undefined;
    const close = closing[this.next];
    if (close !== undefined) this.#brackets(close, depth);
    else if (!this.#comment()) this.skip(1);
    return undefined;
  }

  #brackets(close: string, depth: number): void {
    const begin = this.offset;
    this.skip(1);
    while (this.next !== close) {
      if (this.atEnd || /^[)\]}]$/.test(this.next))
        throw new Unreadable(begin, `opens a bracket that is not closed; write ${close}`, 'line');
      this.#word(depth + 1);
    }
    this.skip(1);
  }

  /** Of one that is not closed, what matches `after` at the end of its line is taken for what stands behind it. */
  #quoted(depth: number, after?: RegExp): string | undefined {
    const begin = this.offset;
    const pieces: string[] = [];
    let template = false;
    this.skip(1);
    for (;;) {
      const sign = this.next;
      if (this.atEnd || sign === '\n') return this.#unclosedQuote(begin, after);
      if (sign === '"') break;
      const two = this.rest(2);
      if (sign === '\\') {
        pieces.push(escapes[two[1] ?? ''] ?? two);
        this.skip(2);
      } else if (/^(?:\$\$|%%)$/.test(two) && this.rest(3).endsWith('{')) {
        pieces.push(`${sign}{`);
        this.skip(3);
      } else if (two === '${' || two === '%{') {
        template = true;
        this.skip(1);
        this.#brackets('}', depth + 1);
      } else {
        pieces.push(sign);
        this.skip(1);
      }
    }
    this.skip(1);
    return template ? undefined : pieces.join('');
  }

  /** Reads on as if it were closed at the end of the line that it is opened in. */
  #unclosedQuote(begin: number, after: RegExp | undefined): undefined {
    const found = this.#text.indexOf('\n', begin);
    const end = found < 0 ? this.#text.length : found;
    // Longer ends of a line are not looked for.
    const tail = this.#text.slice(Math.max(begin + 1, end - 40), end);
    this.offset = end - (after?.exec(tail)?.[0].length ?? 0);
    this.#tell({
      offset: begin,
      message: 'opens a quote that is not closed in its line; write " at the end of the text',
    });
  }

  /** False when the two signs begin something else. */
  #heredoc(): boolean {
    const begin = this.offset;
    const pattern = /<<-?([\p{L}_][\p{L}\p{N}_-]*)\r?\n/uy;
    pattern.lastIndex = begin;
    const [opening, marker = ''] = pattern.exec(this.#text) ?? [];
    if (opening === undefined) return false;
    for (let line = begin + opening.length; line < this.#text.length; ) {
      const found = this.#text.indexOf('\n', line);
      const end = found < 0 ? this.#text.length : found;
      if (this.#text.slice(line, end).trim() === marker) {
        this.offset = end;
        return true;
      }
      line = end + 1;
    }
    throw new Unreadable(
      begin,
      `opens a text that is not closed; write ${marker} in a line of its own`,
      'block',
    );
  }
}
