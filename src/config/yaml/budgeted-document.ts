/**
 * A YAML document, parsed within a budget: depth, aliases and pieces are counted while the text is cut into tokens,
 * before anything is built of them. The library alone takes minutes and gigabytes for two megabytes of brackets.
 */
import type { Document, YAMLError } from 'yaml';
import { Composer, CST, LineCounter, Parser } from 'yaml';
import { lexemes, type Quotes } from './lexemes.ts';

/** What one file may ask for: far above what people write, and little enough for a small machine at boot. */
export const yamlBudget = {
  bytes: 2 * 1024 * 1024,
  /** Collections inside each other; a configuration has four. */
  depth: 50,
  /** Enough for people, too few for a file that expands to gigabytes. */
  aliases: 100,
  /** Words, brackets, colons, spaces, line ends outside of texts; a quoted text or a block is one word. */
  tokens: 50_000,
  /** Of the whole file, with those of texts. */
  lines: 100_000,
  /** Characters of one text in quotes, which the library takes letter by letter; a block may be as long as the file. */
  quoted: 1024 * 1024,
  /** Backslashes in double quotes that begin no escape: the library makes an Error of each. */
  escapes: 1000,
  /** After so many tokens that fit nowhere the rest is not read: what comes of it is not used anyway. */
  faults: 20,
} as const;

/** What a text may ask for; `expected` says what it should be, `a configuration`. */
export interface YamlBudget {
  readonly depth: number;
  readonly aliases: number;
  readonly tokens: number;
  readonly lines: number;
  readonly quoted: number;
  readonly escapes: number;
  readonly faults: number;
  readonly expected: string;
}

/** Hundreds of objects of a cluster in one text, or the values of a large chart. */
export const manifestBudget: YamlBudget = {
  ...{ depth: 50, aliases: 100, tokens: 100_000, lines: 100_000, quoted: 1024 * 1024 },
  ...{ escapes: 1000, faults: 20 },
  expected: 'manifests of Kubernetes',
};

const ofConfiguration: YamlBudget = { ...yamlBudget, expected: 'a configuration' };

/** The file asks for more; the message says what it does, and `offset` where in the text. */
export class OverBudget extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export interface BudgetedDocument {
  readonly document: Document;
  /** Where another document begins, if one does. */
  readonly another: number | undefined;
  /** How the text in quotes was taken. */
  readonly quotes: Quotes;
}

/** The first document of a text. Throws OverBudget. */
export function parseWithinBudget(text: string, lineCounter: LineCounter): BudgetedDocument {
  const strict = withoutTraces(() => compose(text, lineCounter, 'indented'));
  if (!strict.document.errors.some(isOpenQuote)) return strict;
  const lenient = withoutTraces(() => compose(text, new LineCounter(), 'anywhere'));
  return lenient.document.errors.length === 0 ? lenient : strict;
}

/** The library makes an Error of each fault, and where it was made is most of its price: a text can have thousands. */
function withoutTraces<T>(work: () => T): T {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = usual;
  }
}

const isOpenQuote = ({ code, message }: YAMLError): boolean =>
  code === 'MISSING_CHAR' && message.startsWith('Missing closing');

/**
 * All documents of a text, the empty ones among them, each with the faults that the library found in it. Duplicate keys
 * are not among these. Throws OverBudget.
 */
export function documentsWithinBudget(
  text: string,
  lineCounter: LineCounter,
  budget: YamlBudget,
): readonly Document[] {
  return withoutTraces(() => [...composed(text, lineCounter, 'indented', budget)]);
}

function composed(text: string, lineCounter: LineCounter, quotes: Quotes, budget: YamlBudget) {
  // Duplicate keys are found by the reader: the library's own check takes quadratic time. What it warns of it would print
  // itself.
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false,
    customTags: ['binary'],
    logLevel: 'error',
  });
  return composer.compose(
    budgeted(text, lineCounter, quotes, budget),
    true,
    text.length,
  ) as Generator<Document>;
}

function compose(text: string, lineCounter: LineCounter, quotes: Quotes): BudgetedDocument {
  const documents = composed(text, lineCounter, quotes, ofConfiguration);
  const first = documents.next().value;
  if (first === undefined) throw new Error('the YAML library gave no document');
  const second = documents.next().value;
  return { document: first, another: second?.range?.[0], quotes };
}

/** The value of a text that has no keys of ours. Throws for whatever is wrong with it. */
export function valueWithinBudget(text: string): unknown {
  const { document } = parseWithinBudget(text, new LineCounter());
  // The rest of the library's words quotes the text.
  for (const { message } of document.errors) throw new Error(message.replace(/(\w): .*$/s, '$1'));
  return document.toJS({ maxAliasCount: yamlBudget.aliases });
}

/** What the library's Parser.parse yields, with a look at each token. */
function* budgeted(
  text: string,
  lineCounter: LineCounter,
  quotes: Quotes,
  budget: YamlBudget,
): Generator<CST.Token> {
  const sources = withinBudget(text, quotes, budget);
  const parser = new Parser(lineCounter.addNewLine);
  lineCounter.addNewLine(0);
  let faults = 0;
  for (const source of sources) {
    for (const token of parser.next(source)) {
      if (token.type === 'error') faults += 1;
      yield token;
    }
    if (faults > budget.faults) return;
    if (parser.stack.length > budget.depth) throw new OverBudget(tooDeep(budget), parser.offset);
  }
  yield* parser.end();
}

const tooDeep = ({ depth }: YamlBudget) => `is nested more than ${depth} levels deep`;

/** What may stand behind a backslash in double quotes (YAML 1.2.2, section 5.7). */
const escapes = '0abt\tnvfre "/\\N_LPxuU\r\n';

function oddEscapes(quoted: string): number {
  let odd = 0;
  for (let at = quoted.indexOf('\\'); at >= 0; at = quoted.indexOf('\\', at + 2))
    if (!escapes.includes(quoted[at + 1] ?? ' ')) odd += 1;
  return odd;
}

/** The library's lexemes of a text; what they alone tell is told before the much dearer rest is made of them. */
function withinBudget(text: string, quotes: Quotes, budget: YamlBudget): readonly string[] {
  const refuse = (message: string, offset: number): never => {
    throw new OverBudget(message, offset);
  };
  let lines = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines += 1;
  if (lines > budget.lines)
    refuse(`has ${lines} lines; expected at most ${budget.lines}; shorten or split it`, 0);
  const sources: string[] = [];
  let tokens = 0;
  let aliases = 0;
  let odd = 0;
  let depth = 0;
  for (const { source, offset, kind } of lexemes(text, quotes)) {
    // What the lexer announces, the parser wants to be told.
    if (kind === 'plain' || kind === 'block') sources.push(CST.SCALAR);
    sources.push(source);
    tokens += 1;
    if (tokens > budget.tokens)
      refuse(
        `has more than ${budget.tokens} words and punctuation marks; expected ${budget.expected}; shorten or split it`,
        offset,
      );
    if (kind === 'quoted' && source.length > budget.quoted)
      refuse(
        `has a text of more than ${budget.quoted} characters in quotes; write it as a block (|)`,
        offset,
      );
    if (kind === 'quoted' && source.startsWith('"')) odd += oddEscapes(source);
    if (odd > budget.escapes)
      refuse(
        `has more than ${budget.escapes} backslashes in double quotes that YAML does not know; use single quotes, or write each twice`,
        offset,
      );
    if (kind !== 'sign') continue;
    if (source.startsWith('*')) aliases += 1;
    if (aliases > budget.aliases)
      refuse(`uses more than ${budget.aliases} aliases; write the values out`, offset);
    if (/^[[\]{}]$/.test(source)) depth += /[[{]/.test(source) ? 1 : -1;
    if (depth > budget.depth) refuse(tooDeep(budget), offset);
  }
  return sources;
}
