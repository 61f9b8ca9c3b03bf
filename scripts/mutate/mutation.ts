/** A single change of a source file that some test should notice. */

/** Critical: without it a power cut, a failure, a second process or another account finds what it must not find. */
export type MutationClass = 'critical' | 'other';

export interface Edit {
  /** What kind of change: `sync dropped`. */
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

export interface Mutation extends Edit {
  readonly class: MutationClass;
  /** Relative to the root of the project. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line where it begins, without the blanks around it. */
  readonly source: string;
}

export const applied = (text: string, { start, end, replacement }: Edit): string =>
  text.slice(0, start) + replacement + text.slice(end);

/** `await file.sync();` to nothing, in one line and not too long. */
export function shown(text: string, edit: Edit): string {
  const from = brief(text.slice(edit.start, edit.end));
  return edit.replacement === '' ? `${from} → nothing` : `${from} → ${brief(edit.replacement)}`;
}

function brief(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length <= 70 ? line : `${line.slice(0, 50)} … ${line.slice(-17)}`;
}
