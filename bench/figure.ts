/** What a figure is: something the project promises, and how it is measured on this machine. */
import type { Bench } from './bench.ts';

/** One line of the table. */
export interface Row {
  readonly figure: string;
  /** What is to be reached, in words: `at most 1.8 ×`. */
  readonly asked: string;
  readonly measured: string;
  /** Left out when nothing could be measured. */
  readonly met?: boolean;
}

export interface Measurement {
  readonly rows: readonly Row[];
  /** The numbers that the rows were made from, a line each. */
  readonly raw: readonly string[];
  readonly pictures?: readonly Picture[];
}

/** What `--write` puts beside the pages. */
export interface Picture {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
}

export interface Figure {
  /** The name it is called by on the command line; also that of its file. */
  readonly name: string;
  readonly title: string;
  /** How it is measured and what counts, in plain words: paragraphs for the page. */
  readonly method: readonly string[];
  measure(bench: Bench): Promise<Measurement>;
}
