/**
 * The configuration of ISOLINUX and its siblings as text with places: one directive on each line, a keyword in any
 * case and the rest as it stands (syslinux.cfg; Syslinux wiki, "Config" and "Menu"). A text is bytes as latin1, so that
 * places are bytes and what is not UTF-8 stays as it is.
 */
import { requireRoom } from './most-commands.ts';

export interface IsolinuxLine {
  /** In lower case; `menu` has its second word too: `menu label`. */
  readonly keyword: string;
  /** What follows, without white space around it. */
  readonly value: string;
  /** The same as it stands in the text, one character for each byte. */
  readonly raw: string;
  /** Where the keyword begins, and where the value does; without a value that is its end. */
  readonly start: number;
  readonly valueStart: number;
  /** Behind the value or, without one, the keyword; white space and the line end come after it. */
  readonly end: number;
  /** White space before the keyword, and what ends the line: `\n`, `\r\n`, or nothing for the last one. */
  readonly indent: string;
  readonly eol: string;
}

/** The directives of a text in order, comments and empty lines left out. Throws OpsError `menu-too-long` (refused). */
export function parseIsolinux(text: string): IsolinuxLine[] {
  const lines: IsolinuxLine[] = [];
  for (let from = 0; from < text.length; ) {
    const found = /\r?\n|\r/g;
    found.lastIndex = from;
    const eol = found.exec(text);
    const next = eol === null ? text.length : eol.index + eol[0].length;
    const line = directive(text, from, eol?.index ?? text.length, eol?.[0] ?? '');
    if (line !== undefined) {
      requireRoom(lines.length);
      lines.push(line);
    }
    from = next;
  }
  return lines;
}

function directive(text: string, from: number, to: number, eol: string): IsolinuxLine | undefined {
  const body = text.slice(from, to).trim();
  const start = text.indexOf(body, from);
  const head = /^(menu[ \t]+\S+|\S+)[ \t]*/i.exec(body);
  if (head === null || body.startsWith('#')) return undefined;
  const raw = body.slice(head[0].length);
  return {
    keyword: (head[1] ?? '').toLowerCase().replace(/[ \t]+/g, ' '),
    value: Buffer.from(raw, 'latin1').toString('utf8'),
    raw,
    start,
    valueStart: start + head[0].length,
    end: start + body.length,
    indent: text.slice(from, start),
    eol,
  };
}
