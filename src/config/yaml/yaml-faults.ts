/** Gathers the faults that are found while a file is read: each with its place, and not more than anybody reads. */
import { isMap } from 'yaml';
import { unfilledTemplate } from '../checks/templates.ts';
import { typographicAround } from '../checks/typographic-quotes.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import type { FieldRow, KeyRow } from '../keys/key-types.ts';
import type { Row } from '../keys/keys.ts';
import { checkString } from '../keys/values.ts';
import type { MaybeNode } from './yaml-nodes.ts';
import { describe, isTemplate } from './yaml-nodes.ts';

/** Faults of one severity that are listed; a broken file can have tens of thousands. */
const reportLimit = 100;

export interface FaultOptions {
  readonly severity?: Diagnostic['severity'];
  /** Other keys than those that are being read. */
  readonly about?: readonly Row['name'][];
}

export class YamlFaults {
  readonly #placeOf: (offset: number) => Place;
  readonly #diagnostics: Diagnostic[];
  readonly #counts = { error: 0, warning: 0, note: 0 };
  /** Keys that a lost fault may have been about. */
  readonly #unlistedAbout = new Set<Row['name']>();
  #about: readonly Row['name'][] = [];

  /** `placeOf` gives the place of an offset in the text; faults are added to `diagnostics`. */
  constructor(placeOf: (offset: number) => Place, diagnostics: Diagnostic[]) {
    this.#placeOf = placeOf;
    this.#diagnostics = diagnostics;
  }

  /** Runs `read`; the faults that it reports are about these keys. */
  within<T>(about: readonly Row[], read: () => T): T {
    const before = this.#about;
    this.#about = about.filter((row) => row.decides !== undefined).map((row) => row.name);
    try {
      return read();
    } finally {
      this.#about = before;
    }
  }

  /** What is wrong with a text; where it may be meant after all, that is only warned of. */
  check(row: KeyRow | FieldRow, path: string, node: MaybeNode, text: string): string | undefined {
    const quotes = typographicAround(row, text);
    const problem = checkString(row, text);
    if (problem !== undefined) return quotes ?? problem;
    // What is being read decides something that no machine may guess.
    if (quotes === undefined || this.#about.length > 0) return quotes;
    this.report(node, path, quotes, { severity: 'warning' });
    return undefined;
  }

  report(node: MaybeNode, key: string | undefined, message: string, options: FaultOptions = {}): void {
    const { severity = 'error', about = this.#about } = options;
    this.#counts[severity] += 1;
    if (this.#counts[severity] > reportLimit) {
      for (const name of about) this.#unlistedAbout.add(name);
      return;
    }
    this.#diagnostics.push({
      severity,
      place: this.place(node),
      ...(key === undefined ? {} : { key }),
      message,
      ...(about.length === 0 || severity === 'note' ? {} : { about }),
    });
  }

  wrongType(node: MaybeNode, key: string, expected: string, advice = ''): void {
    if (isTemplate(node)) this.report(node, key, unfilledTemplate);
    else this.report(node, key, `expected ${expected}, found ${describe(node)}${advice}`);
  }

  /** `echo foo: bar`, a map to YAML. */
  isLineWithColon(node: MaybeNode): boolean {
    if (!isMap(node) || node.flow === true || node.items.length !== 1) return false;
    const [start, end] = node.range ?? [0, 0];
    return this.#placeOf(start).line === this.#placeOf(Math.max(start, end - 1)).line;
  }

  /** Whether so many are listed that looking for advice takes time which the rest does not deserve. */
  get full(): boolean {
    return this.#counts.warning + this.#counts.error >= reportLimit;
  }

  /** What there was beyond those that are listed. */
  unlisted(): { readonly error: number; readonly warning: number; readonly about: readonly Row['name'][] } {
    const beyond = (count: number) => Math.max(0, count - reportLimit);
    const { error, warning } = this.#counts;
    return { error: beyond(error), warning: beyond(warning), about: [...this.#unlistedAbout] };
  }

  place(node: MaybeNode): Place {
    return this.#placeOf(node?.range?.[0] ?? 0);
  }
}
