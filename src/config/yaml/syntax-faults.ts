/**
 * What is wrong with a file that is no YAML, in words for the person who wrote it: the place of the mistake instead of
 * the one where the parser noticed it, and what to write. Never a piece of the text, which may be a secret. Pure.
 */
import type { YAMLError } from 'yaml';
import { templateIn } from '../checks/templates.ts';
import { layoutFault } from './layout.ts';
import { isClosed, type Lexeme, lexemes } from './lexemes.ts';
import type { Misreading } from './misreadings.ts';
import { holdsKey, openQuote } from './misreadings.ts';
import { blankAdvice } from './missing-blanks.ts';
import { foreignTag } from './yaml-nodes.ts';

/** One mistake can make the parser stumble over every later line. */
const syntaxErrorLimit = 5;

export function syntaxFaults(text: string, errors: readonly YAMLError[]): readonly Misreading[] {
  const [first] = errors;
  if (first === undefined) return [];
  // Cutting a text up costs most of all that is done here: once for every look at it.
  const cause = explained(text, first, [...lexemes(text)]);
  // What the parser says of the rest follows from the first mistake.
  if (cause !== undefined) return [cause];
  return errors
    .slice(0, syntaxErrorLimit)
    .map((error) => ({ offset: error.pos[0], message: syntaxMessage(error) }));
}

function explained(text: string, error: YAMLError, all: readonly Lexeme[]): Misreading | undefined {
  const simple =
    unclosedQuote(text, error, all) ??
    unfilledTemplate(text, error) ??
    textBehindQuote(error, all) ??
    textBehindBracket(text, error) ??
    unclosedBracket(error, all);
  if (simple !== undefined || !layoutCodes.includes(error.code)) return simple;
  const layout = layoutFault(text, all);
  return missingBlank(text, error, layout) ?? nested(text, error, layout, all);
}

function unclosedQuote(text: string, error: YAMLError, all: readonly Lexeme[]): Misreading | undefined {
  const [offset] = error.pos;
  for (const lexeme of all) {
    if (lexeme.offset > offset) return undefined;
    if (lexeme.kind !== 'quoted') continue;
    if (!isClosed(lexeme) || holdsKey(text, lexeme))
      return { offset: lexeme.offset, message: openQuote(lexeme) };
  }
  return undefined;
}

/** In the line of the error; a template in the middle of a value makes brackets of its braces. */
function unfilledTemplate(text: string, error: YAMLError): Misreading | undefined {
  const { start, line } = lineAt(text, error.pos[0]);
  const found = templateIn(line) ?? (/^\s*(?:\{%|<%)/.test(line) ? 'a template ({% … %})' : undefined);
  const column = line.search(/\{\{|\{%|<%/);
  if (found === undefined || column < 0) return undefined;
  return { offset: start + column, message: `holds ${found} that is not filled in; fill it in first` };
}

function textBehindQuote({ code, pos }: YAMLError, all: readonly Lexeme[]): Misreading | undefined {
  if (code !== 'UNEXPECTED_TOKEN') return undefined;
  let quoted: Lexeme | undefined;
  for (const lexeme of all) {
    if (lexeme.offset >= pos[0]) break;
    if (lexeme.kind !== 'sign' || lexeme.source.trim() !== '')
      quoted = lexeme.kind === 'quoted' ? lexeme : undefined;
  }
  if (quoted === undefined) return undefined;
  const advice = "write all of it in '…', each ' in it twice";
  return { offset: quoted.offset, message: `ends at its second quote, but text follows; ${advice}` };
}

/** A command that begins with a test: `[ -e /x ] || touch /x`. */
function textBehindBracket(text: string, { code, pos }: YAMLError): Misreading | undefined {
  const { start, line } = lineAt(text, pos[0]);
  const [, before] = /^(\s*(?:- +)+|\s*[\w.-]+: +)\[.*\] *[^\s,\]}#:]/.exec(line) ?? [];
  if (before === undefined || (code !== 'UNEXPECTED_TOKEN' && code !== 'MISSING_CHAR')) return undefined;
  return {
    offset: start + before.length,
    message: 'begins with [, which makes a list of it; write it in quotes',
  };
}

function unclosedBracket({ message }: YAMLError, all: readonly Lexeme[]): Misreading | undefined {
  const [, closing] = /end with a ([\]}])$/.exec(message) ?? [];
  if (closing === undefined) return undefined;
  const open: Lexeme[] = [];
  for (const lexeme of all) {
    if (lexeme.kind !== 'sign') continue;
    if (/^[[{]$/.test(lexeme.source)) open.push(lexeme);
    else if (/^[\]}]$/.test(lexeme.source)) open.pop();
    else if (lexeme.source === '\u0018' && open.length > 0) break;
  }
  const [first] = open;
  if (first === undefined) return undefined;
  const end = first.source === '[' ? ']' : '}';
  return {
    offset: first.offset,
    message: `opens ${first.source}, which is not closed; write ${end} at its end`,
  };
}

/** Of a line that is not where it should be, or not what. */
const layoutCodes: readonly YAMLError['code'][] = [
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTILINE_IMPLICIT_KEY',
  'BAD_INDENT',
  'MISSING_CHAR',
  'UNEXPECTED_TOKEN',
];

/** `hostname:x`, `-ls`: the line is text to YAML. */
function missingBlank(
  text: string,
  { code, pos }: YAMLError,
  layout: Misreading | undefined,
): Misreading | undefined {
  if (code !== 'MULTILINE_IMPLICIT_KEY' && code !== 'MISSING_CHAR') return undefined;
  const { start, line } = lineAt(text, pos[0]);
  if (layout?.message.startsWith('is indented')) return layout;
  const advice = blankAdvice(line);
  const [before = ''] = /^\s*(?:- +)*/.exec(line) ?? [];
  const column = before.length;
  if (advice !== undefined) return { offset: start + column, message: `is text to YAML; ${advice}` };
  const isText = code === 'MULTILINE_IMPLICIT_KEY' && /^\s*[\w.-]+(?: [^:#]*)?$/.test(line);
  const expected = 'expected a key and a colon, such as "hostname: myhost"';
  return isText ? { offset: start + column, message: expected } : undefined;
}

/** A key deeper or less deep than those beside it, or a colon in the text of a value. */
function nested(
  text: string,
  { code, pos }: YAMLError,
  layout: Misreading | undefined,
  all: readonly Lexeme[],
): Misreading | undefined {
  const { start, line } = lineAt(text, pos[0]);
  const rest = line.slice(pos[0] - start);
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && /^[^"'[{].*:(?:\s|$)/.test(rest))
    return { offset: pos[0], message: 'holds a colon with a blank behind it; write the value in quotes' };
  return layout ?? outOfBlock(text, pos[0], all);
}

/** A line of a block that is indented less than its first one. */
function outOfBlock(text: string, offset: number, all: readonly Lexeme[]): Misreading | undefined {
  const { start, line } = lineAt(text, offset);
  for (const { kind, source, offset: begin } of all) {
    if (begin > start) return undefined;
    if (kind === 'block' && begin + source.length === start)
      return {
        offset: start + line.search(/\S|$/),
        message: 'is indented less than the text above it; line it up',
      };
  }
  return undefined;
}

/** The library's words without what they quote from the file: it may be a piece of a secret, or megabytes. */
export function syntaxMessage({ code, message }: Pick<YAMLError, 'code' | 'message'>): string {
  if (code === 'TAG_RESOLVE_FAILED') return foreignTag;
  const words = message
    .replace(/(\w): .*$/s, '$1')
    .replace(/^(.* (?:directive|escape sequence|YAML version)) .*$/s, '$1');
  return `${words}${adviceFor[code] ?? ''}`;
}

const adviceFor: Partial<Record<YAMLError['code'], string>> = {
  BAD_SCALAR_START: '; write text in quotes',
  TAB_AS_INDENT: '; write blanks',
  BAD_DQ_ESCAPE: String.raw`; write \\ for a backslash, or the text in single quotes`,
};

function lineAt(text: string, offset: number): { readonly start: number; readonly line: string } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return { start, line: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '') };
}
