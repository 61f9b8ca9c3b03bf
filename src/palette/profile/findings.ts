/** Texts that a profile is made of, and the faults that are found in them: each with its place, told once. */
import { LineCounter } from 'yaml';
import type { Diagnostic } from '../../config/diagnostics.ts';

/** A file, or a text inside of one. */
export class SourceText {
  /** As the person named it. */
  readonly name: string;
  readonly text: string;
  #lines: LineCounter | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** From 1, in UTF-16 units. */
  place(offset: number): { readonly line: number; readonly column: number } {
    if (this.#lines === undefined) {
      const lines = new LineCounter();
      lines.addNewLine(0);
      for (let end = this.text.indexOf('\n'); end >= 0; end = this.text.indexOf('\n', end + 1))
        lines.addNewLine(end + 1);
      this.#lines = lines;
    }
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

/** Where something stands. */
export interface At {
  readonly source: SourceText;
  readonly offset: number;
}

/** A value with its place. */
export interface Spotted<T> {
  readonly value: T;
  readonly at: At;
}

/** A text inside of a text: YAML in a string of JSON, or in a block of YAML. */
export interface TextPart {
  readonly text: string;
  /** Where the character at this offset of the inner text stands. */
  at(offset: number): At;
}

export type ProfileFinding = Diagnostic & { readonly severity: 'error' | 'warning' };
export type Tell = (severity: 'error' | 'warning', at: At, message: string, key?: string) => void;

/** Faults of one profile that are listed. */
const reportLimit = 200;
/** Those that are kept to be sorted; the others are counted. */
const keptLimit = 2000;

export class Findings {
  readonly #found: ProfileFinding[] = [];
  readonly #told = new Set<string>();
  readonly #unkept = { error: 0, warning: 0 };

  readonly tell: Tell = (severity, { source, offset }, message, key) => {
    if (this.#found.length >= keptLimit) {
      this.#unkept[severity] += 1;
      return;
    }
    this.add({
      ...{ severity, message, place: { file: source.name, ...source.place(offset) } },
      ...(key === undefined || key === '' ? {} : { key }),
    });
  };

  add(finding: ProfileFinding): void {
    const { place, message } = finding;
    // What an alias repeats is one fault, as is what two rules find.
    const id = JSON.stringify([place.file, place.line, place.column, message]);
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.#found.push(finding);
  }

  /** Those of `first` before all others, then by file and place; no more than anybody reads. */
  listed(first: string): readonly ProfileFinding[] {
    const files = [...new Set(this.#found.map(({ place }) => place.file))];
    const rank = (file: string) => (file === first ? -1 : files.indexOf(file));
    const sorted = this.#found.toSorted(
      ({ place: a }, { place: b }) =>
        rank(a.file) - rank(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
    const beyond = sorted.slice(reportLimit);
    if (beyond.length === 0) return sorted;
    const errors = this.#unkept.error + beyond.filter(({ severity }) => severity === 'error').length;
    const all = beyond.length + this.#unkept.error + this.#unkept.warning;
    const message = `${all} more faults, ${errors} of them errors`;
    return [
      ...sorted.slice(0, reportLimit),
      { severity: errors > 0 ? 'error' : 'warning', place: { file: first }, message },
    ];
  }
}
