/**
 * The blocks and attributes of a Terraform file with their places (HCL native syntax specification, "Structural
 * Elements"), read on behind what is not closed. What an expression means is not looked into. Never throws for
 * what the text holds; takes time in proportion to it.
 */
import { atTop, HclCursor, type HclFault, Unreadable } from './hcl-cursor.ts';

export interface HclAttribute {
  readonly offset: number;
  readonly valueOffset: number;
  /** Of a text in quotes that holds no template; undefined for everything else. */
  readonly text: string | undefined;
}

export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly offset: number;
  readonly attributes: ReadonlyMap<string, HclAttribute>;
  readonly blocks: readonly HclBlock[];
}

export interface ReadHcl {
  readonly blocks: readonly HclBlock[];
  readonly faults: readonly HclFault[];
}

/** A cluster of an edge has four levels. */
const deepest = 50;
/** Behind so many it is something else than Terraform; each may have cost a look at the whole text. */
const mostFaults = 30;

export function readHcl(text: string): ReadHcl {
  const reader = new Reader(text);
  const { blocks } = reader.body(0);
  return { blocks, faults: reader.faults };
}

interface Body {
  readonly attributes: Map<string, HclAttribute>;
  readonly blocks: HclBlock[];
}

class Reader {
  readonly faults: HclFault[] = [];
  readonly #cursor: HclCursor;
  /** Where the last fault began behind which something was left out. */
  #leftOut = -1;

  constructor(text: string) {
    this.#cursor = new HclCursor(text, (fault) => this.#tell(fault));
  }

  #tell(fault: HclFault): void {
    if (this.faults.length >= mostFaults) return;
    this.faults.push(fault);
    if (this.faults.length !== mostFaults) return;
    const message = 'is not read further; fix what is listed first';
    this.faults.push({ offset: fault.offset, message });
    this.#goOn(new Unreadable(fault.offset, '', 'nowhere'));
  }

  #goOn(error: Unreadable): void {
    this.#leftOut = Math.max(this.#leftOut, error.offset);
    this.#cursor.resume(error);
  }

  /** Up to the brace that closes it, which is left, or to the end. */
  body(depth: number): Body {
    const cursor = this.#cursor;
    const body: Body = { attributes: new Map(), blocks: [] };
    if (depth > deepest)
      throw new Unreadable(cursor.offset, `is nested more than ${deepest} levels deep`, 'nowhere');
    for (;;) {
      try {
        cursor.blanks();
        if (cursor.atEnd) return body;
        if (cursor.next === '}' && depth > 0) return body;
        // A block that was not closed ends where the next one of the file begins.
        if (depth > 0 && cursor.atLineStart && atTop.test(cursor.rest(12))) return body;
        if (cursor.next === '}') this.#unopened();
        else this.#item(body, depth);
      } catch (error) {
        this.#recover(error);
      }
    }
  }

  #unopened(): void {
    const { offset } = this.#cursor;
    this.#cursor.skip(1);
    this.#tell({ offset, message: 'closes a block that was not opened; remove it' });
  }

  /** A fault behind which another was told already follows from that one. */
  #recover(error: unknown): void {
    if (!(error instanceof Unreadable)) throw error;
    const follows = this.faults.some(({ offset }) => offset >= error.offset) || this.#sameLine(error);
    this.#goOn(error);
    if (!follows) this.#tell({ offset: error.offset, message: error.message });
  }

  #sameLine({ offset }: Unreadable): boolean {
    const last = this.faults.at(-1);
    return last !== undefined && this.#cursor.inOneLine(last.offset, offset);
  }

  #item(body: Body, depth: number): void {
    const cursor = this.#cursor;
    const offset = cursor.offset;
    const name = cursor.identifier();
    // At the top it may be no Terraform at all.
    const resume = depth === 0 ? 'block' : 'line';
    if (name === undefined)
      throw new Unreadable(offset, 'expected a name, of a block or an attribute', resume);
    cursor.spaces();
    if (cursor.next === '=') {
      cursor.skip(1);
      cursor.spaces();
      const valueOffset = cursor.offset;
      const text = cursor.expression();
      if (body.attributes.has(name)) this.#tell({ offset, message: `gives ${name} twice` });
      else body.attributes.set(name, { offset, valueOffset, text });
      return;
    }
    const labels: string[] = [];
    for (;;) {
      cursor.spaces();
      const label = cursor.next === '"' ? cursor.label() : cursor.identifier();
      if (label === undefined) break;
      labels.push(label);
    }
    if (cursor.next !== '{')
      throw new Unreadable(cursor.offset, `expected = or { behind ${name}, found ${cursor.seen()}`, resume);
    this.#block(body, depth, { type: name, labels, offset });
  }

  #block(body: Body, depth: number, head: Pick<HclBlock, 'type' | 'labels' | 'offset'>): void {
    const cursor = this.#cursor;
    cursor.skip(1);
    const inner = this.body(depth + 1);
    body.blocks.push({ ...head, ...inner });
    if (cursor.next === '}') {
      cursor.skip(1);
      return;
    }
    if (this.#leftOut >= head.offset) return;
    const line = cursor.lineBefore;
    this.#tell({
      offset: head.offset,
      message: `opens a block that is not closed; write } in a line of its own behind line ${line}`,
    });
  }
}
