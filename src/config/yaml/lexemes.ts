/** Cuts a YAML text into the library's lexemes, each with its place; of text in quotes also as libyaml takes it. */
import { CST, Lexer } from 'yaml';
import { withoutTrailing } from '../../formats/trailing.ts';

export interface Lexeme {
  readonly source: string;
  /** In UTF-16 units from 0. */
  readonly offset: number;
  /** `sign` is whatever is no text: brackets, colons, white space, comments, anchors. */
  readonly kind: 'sign' | 'plain' | 'quoted' | 'block';
}

/**
 * How text in quotes goes on in the next line: indented, as YAML has it, or in any column, as libyaml takes it. The
 * second form is what becomes of a text that ends with a line break when a template puts it between two quotes.
 */
export type Quotes = 'indented' | 'anywhere';

interface Inside {
  indentNext: number;
  parseQuotedScalar: () => Generator<string, unknown>;
}

function lexerFor(quotes: Quotes): Lexer {
  const lexer = new Lexer();
  if (quotes === 'indented') return lexer;
  // The library has no setting for it; test/corpus/config/quotes.test.ts notices when this stops to work.
  const inside = lexer as unknown as Inside;
  const asUsual = inside.parseQuotedScalar;
  inside.parseQuotedScalar = function* parseAnywhere(this: Inside) {
    const before = this.indentNext;
    this.indentNext = 0;
    const next = yield* asUsual.call(this);
    this.indentNext = before;
    return next;
  };
  return lexer;
}

export function* lexemes(text: string, quotes: Quotes = 'indented'): Generator<Lexeme> {
  let offset = 0;
  let announced = false;
  let afterHeader = false;
  for (const source of lexerFor(quotes).lex(text)) {
    // The lexer announces what is plain text or a block, whatever it begins with.
    if (source === CST.SCALAR) {
      announced = true;
      continue;
    }
    const isQuoted = !announced && /^["']/.test(source);
    const kind = announced ? (afterHeader ? 'block' : 'plain') : isQuoted ? 'quoted' : 'sign';
    yield { source, offset, kind };
    if (announced) afterHeader = false;
    else if (/^[|>]/.test(source)) afterHeader = true;
    announced = false;
    // Two signs of the lexer stand for nothing in the text.
    if (source !== CST.DOCUMENT && source !== CST.FLOW_END) offset += source.length;
  }
}

/** Whether a quoted lexeme ends with its quote. */
export function isClosed({ source }: Lexeme): boolean {
  const quote = source[0] ?? '';
  if (source.length < 2 || !source.endsWith(quote)) return false;
  if (quote === "'") return /^'(?:[^']|'')*'$/.test(source);
  const text = source.slice(1, -1);
  return (text.length - withoutTrailing(text, '\\').length) % 2 === 0;
}
