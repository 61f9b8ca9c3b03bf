/**
 * The blocks and attributes of a Terraform file with their places (HCL native syntax specification, "Structural
 * Elements"), read on behind a block that is not closed. What an expression means is not looked into. Never throws for
 * what the text holds; takes time in proportion to it.
 */
import { HclCursor, Unreadable } from './hcl-cursor.ts';

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

export interface HclFault {
  readonly offset: number;
  readonly message: string;
}

export interface ReadHcl {
  readonly blocks: readonly HclBlock[];
  readonly faults: readonly HclFault[];
}

/** A cluster of an edge has four levels. */
const deepest = 50;
/** What stands at the left of a file of Terraform, and never inside of a block. */
const atTop = /^(?:data|resource|provider|variable|output|locals|module|terraform)\b/;

export function readHcl(text: string): ReadHcl {
  const reader = new Reader(text);
  const blocks: HclBlock[] = [];
  try {
    const body = reader.body(0);
    blocks.push(...body.blocks);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    reader.faults.push({ offset: error.offset, message: error.message });
  }
  return { blocks: blocks.length > 0 ? blocks : reader.top, faults: reader.faults };
}

interface Body {
  readonly attributes: Map<string, HclAttribute>;
  readonly blocks: HclBlock[];
}

class Reader {
  readonly faults: HclFault[] = [];
  /** Blocks at the top, also of a file that cannot be read to its end. */
  top: readonly HclBlock[] = [];
  readonly #cursor: HclCursor;

  constructor(text: string) {
    this.#cursor = new HclCursor(text);
  }

  /** Up to the brace that closes it, which is left, or to the end. */
  body(depth: number): Body {
    const cursor = this.#cursor;
    const body: Body = { attributes: new Map(), blocks: [] };
    if (depth === 0) this.top = body.blocks;
    if (depth > deepest) throw new Unreadable(cursor.offset, `is nested more than ${deepest} levels deep`);
    for (;;) {
      cursor.blanks();
      if (cursor.atEnd) return body;
      if (cursor.next === '}') {
        if (depth > 0) return body;
        this.faults.push({ offset: cursor.offset, message: 'closes a block that was not opened; remove it' });
        cursor.skip(1);
        continue;
      }
      // A block that was not closed ends where the next one of the file begins.
      if (depth > 0 && cursor.atLineStart && atTop.test(cursor.rest(12))) return body;
      this.#item(body, depth);
    }
  }

  #item(body: Body, depth: number): void {
    const cursor = this.#cursor;
    const offset = cursor.offset;
    const name = cursor.identifier();
    if (name === undefined) throw new Unreadable(offset, 'expected a name, of a block or an attribute');
    cursor.spaces();
    if (cursor.next === '=') {
      cursor.skip(1);
      cursor.spaces();
      const valueOffset = cursor.offset;
      const text = cursor.expression();
      if (body.attributes.has(name)) this.faults.push({ offset, message: `gives ${name} twice` });
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
      throw new Unreadable(cursor.offset, `expected = or { behind ${name}, found ${cursor.seen()}`);
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
    const line = cursor.lineBefore;
    this.faults.push({
      offset: head.offset,
      message: `opens a block that is not closed; write } in a line of its own behind line ${line}`,
    });
  }
}
