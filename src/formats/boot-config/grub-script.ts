/**
 * GRUB's script language as text with places: commands, their words, and which block each command is in. Only what
 * finding and changing a menu needs; nothing is run. The rules are those of grub-core/script/yylex.l: quotes and
 * backslashes, `#` to the end of a line, `;` and line ends between commands, braces that end a word.
 * A text is bytes as latin1, so that places are bytes and what is not UTF-8 stays as it is.
 */
import { requireRoom } from './most-commands.ts';

export interface GrubWord {
  /** Without quotes, as GRUB sees it; undefined when variables decide. */
  readonly value: string | undefined;
  /** The same with each variable as `${name}`. */
  readonly pattern: string;
  /** Bytes of the text. */
  readonly start: number;
  readonly end: number;
}

export interface GrubCommand {
  /** At least one. */
  readonly words: readonly GrubWord[];
  /** The commands in whose braces this one stands, outermost first. */
  readonly parents: readonly GrubCommand[];
  /** Run in any case, when the text is: not in braces, nor between `if` and `fi`. */
  readonly unconditional: boolean;
  /** Behind the last word, or behind the closing brace when it has a block. */
  readonly end: number;
}

interface OpenCommand extends GrubCommand {
  end: number;
}

const deepest = 20;

const opening = new Set(['if', 'while', 'until']);
const between = new Set(['then', 'else', 'elif', 'do', '!']);
const closing = new Set(['fi', 'done']);

/**
 * All commands of a text, in order. What makes no sense to GRUB makes some here. Throws OpsError `menu-too-long` (refused) for
 * more commands than any menu has.
 */
export function parseGrubScript(text: string): GrubCommand[] {
  const commands: GrubCommand[] = [];
  const blocks: (OpenCommand | undefined)[] = [];
  let parents: readonly GrubCommand[] = [];
  let words: GrubWord[] = [];
  let depth = 0;
  let position = 0;

  const endCommand = (): OpenCommand | undefined => {
    let first = 0;
    for (; first < words.length; first += 1) {
      const name = words[first]?.pattern ?? '';
      if (opening.has(name)) depth += 1;
      else if (closing.has(name)) depth = Math.max(0, depth - 1);
      else if (!between.has(name)) break;
    }
    words = first === 0 ? words : words.slice(first);
    const last = words.at(-1);
    if (last === undefined) return undefined;
    const unconditional = depth === 0 && blocks.length === 0;
    const command: OpenCommand = { words, parents, unconditional, end: last.end };
    // `for` has words of its own before its `do`.
    if (words[0]?.pattern === 'for') depth += 1;
    requireRoom(commands.length);
    commands.push(command);
    words = [];
    return command;
  };

  while (position < text.length) {
    const char = text[position] ?? '';
    if (char === '\\' && /^\r*\n/.test(text.slice(position + 1, position + 3)))
      position = text.indexOf('\n', position) + 1;
    else if (' \t\r'.includes(char)) position += 1;
    else if (char === '#') position = lineEnd(text, position);
    else if (char === '{') {
      const command = endCommand();
      blocks.push(command);
      // What is nested deeper than any menu counts as being in the last of these.
      if (command !== undefined && blocks.length <= deepest) parents = [...parents, command];
      position += 1;
    } else if (char === '}') {
      endCommand();
      position += 1;
      const block = blocks.pop();
      if (block !== undefined) block.end = position;
      if (parents.at(-1) === block) parents = parents.slice(0, -1);
    } else if ('\n;&|<>'.includes(char)) {
      endCommand();
      position += 1;
    } else {
      const word = readWord(text, position);
      words.push(word);
      position = word.end;
    }
  }
  endCommand();
  return commands;
}

const lineEnd = (text: string, position: number): number => {
  const end = text.indexOf('\n', position);
  return end < 0 ? text.length : end;
};

/** Characters of a variable with its braces; people write ten. */
const longestVariable = 80;

const variable = /^\$(?:\{([^}\n]*)\}|([A-Za-z_][A-Za-z0-9_]*)|(\d+|[?*@#]))/;

/** Of a word, quoted or not: what stands for itself. */
const plain = /[^ \t\r\n{}|&;<>"'\\$]+/y;

/** The word that begins at `start`. An open quote goes on to the end of the text. */
function readWord(text: string, start: number): GrubWord {
  let pattern = '';
  let fixed = true;
  let inDouble = false;
  let position = start;
  while (position < text.length) {
    plain.lastIndex = position;
    const run = plain.exec(text)?.[0] ?? '';
    pattern += run;
    position += run.length;
    const char = text[position] ?? '';
    if (!inDouble && ' \t\n{}|&;<>'.includes(char)) break;
    if (char === '\r') position += 1;
    else if (char === '"') {
      inDouble = !inDouble;
      position += 1;
    } else if (char === "'" && !inDouble) {
      const end = text.indexOf("'", position + 1);
      const stop = end < 0 ? text.length : end;
      pattern += text.slice(position + 1, stop);
      position = stop + 1;
    } else if (char === '\\') {
      const next = text[position + 1] ?? '';
      if (text.startsWith('\r\n', position + 1)) position += 1;
      else if (next === '\n') pattern += '';
      else if (inDouble && !'$"\\'.includes(next)) pattern += `\\${next}`;
      else pattern += next;
      position += 2;
    } else if (char === '$') {
      const match = variable.exec(text.slice(position, position + longestVariable));
      if (match !== null) {
        pattern += `\${${match[1] ?? match[2] ?? match[3]}}`;
        fixed = false;
      } else if (text[position + 1] !== '"') {
        pattern += '$';
        fixed = false;
      }
      position += match?.[0].length ?? 1;
    } else {
      pattern += char;
      position += 1;
    }
  }
  const seen = /[\x80-\xff]/.test(pattern) ? Buffer.from(pattern, 'latin1').toString('utf8') : pattern;
  return { value: fixed ? seen : undefined, pattern: seen, start, end: Math.min(position, text.length) };
}

/** Any text without a line end as one word of GRUB's script language. */
export const grubText = (text: string): string =>
  /^[A-Za-z0-9_./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
