/** Where macros, `{{…}}`, stand in a text. Pure; one pass over the text. */

export interface Macro {
  readonly offset: number;
  /** What stands between the braces; undefined for one that is not closed. */
  readonly inside: string | undefined;
}

/** All that begin with two braces, those of charts among them. */
export function* macrosIn(text: string): Generator<Macro> {
  let close = 0;
  for (let begin = text.indexOf('{{'); begin >= 0; ) {
    // Looked for once where there is none: a text may hold a million openings.
    if (close >= 0 && close < begin + 2) close = text.indexOf('}}', begin + 2);
    const again = text.indexOf('{{', begin + 2);
    const closed = close >= 0 && (again < 0 || again >= close);
    yield { offset: begin, inside: closed ? text.slice(begin + 2, close) : undefined };
    begin = again;
  }
}

/** Whether a macro is meant for Palette, as its first letters say. */
export const isPalettes = (text: string, offset: number): boolean =>
  /^\{\{[\s.]*spectro/.test(text.slice(offset, offset + 40));

/** The name in `{{.spectro.var.NAME}}`; undefined for other macros. */
export const variableOf = (inside: string): string | undefined =>
  /^\s*\.spectro\.var\.([A-Za-z0-9_.-]+)\s*(?:\||$)/.exec(inside)?.[1];
