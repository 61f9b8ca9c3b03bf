/** What a console has shown, as plain text: no escape sequences, one kind of line end, and a place read up to. */
import { withoutTrailing } from '../formats/trailing.ts';

/**
 * Escape sequences as ECMA-48 has them (section 5.4: control sequences; section 5.6: control strings such as
 * OSC) and the short ones of a VT100. `unfinished` is the start of one at the end of a chunk.
 */
const ESC = '\\x1b';
const sequenceOrLineEnd = new RegExp(
  [
    `${ESC}\\[[0-?]*[ -/]*[@-~]`,
    `${ESC}[\\]PX^_][^\\x07\\x1b]*(?:\\x07|${ESC}\\\\)`,
    `${ESC}[ -/]+[0-~]`,
    `${ESC}[0-OQ-WYZ\\\\\`-~]`,
    '\\r+\\n?',
  ].join('|'),
  'g',
);
const unfinished = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*|[\\]PX^_][^\\x07\\x1b]{0,1000}${ESC}?|[ -/]*)$`);
/** Control characters that move nothing a reader of text sees; tab and newline stay. */
const controls = /[^\P{Cc}\t\n]/gu;

/** The text without escape sequences, with `\n` as its only line end. */
export function plainText(text: string): string {
  return text
    .replace(sequenceOrLineEnd, (found) => (found.startsWith('\r') ? '\n' : ''))
    .replace(controls, '');
}

export interface Match {
  /** What matched. */
  readonly text: string;
  /** The groups of a regular expression, from 1 on as index 0. */
  readonly groups: readonly string[];
  /** What was shown between the match before and this one. */
  readonly before: string;
}

export class Transcript {
  #text = '';
  /** The end of the last chunk, when it may go on in the next one. */
  #rest = '';
  #position = 0;

  /** Adds what the console showed next, in chunks cut anywhere. */
  append(chunk: string): void {
    const text = this.#rest + chunk;
    const cut = unfinished.exec(text)?.index ?? withoutTrailing(text, '\r').length;
    this.#rest = text.slice(cut);
    this.#text += plainText(text.slice(0, cut));
  }

  /** The first place after the last match; moves behind it. */
  take(pattern: string | RegExp): Match | undefined {
    const ahead = this.#text.slice(this.#position);
    const found =
      typeof pattern === 'string'
        ? { index: ahead.indexOf(pattern), text: pattern, groups: [] }
        : searched(ahead, pattern);
    if (found === undefined || found.index < 0) return undefined;
    this.#position += found.index + found.text.length;
    return { text: found.text, groups: found.groups, before: ahead.slice(0, found.index) };
  }

  /** Goes to the end: what was shown so far does not match any more. */
  skip(): void {
    this.#position = this.#text.length;
  }

  /** Everything that was shown. */
  get text(): string {
    return this.#text;
  }

  /** The last lines, without empty ones. */
  tail(lines: number): string[] {
    const shown = this.#text.slice(-20_000).split('\n');
    return shown
      .map((line) => line.trimEnd())
      .filter(Boolean)
      .slice(-lines);
  }
}

function searched(text: string, pattern: RegExp) {
  // A sticky or global expression would carry its place from one search to the next.
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(text);
  if (match === null) return undefined;
  return { index: match.index, text: match[0], groups: match.slice(1).map((group) => group ?? '') };
}
