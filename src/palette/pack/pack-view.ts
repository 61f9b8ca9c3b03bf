/** A pack as its rules see it: its texts as values by path, its files, and a place to report what is wrong. */
import type { Path } from '../../kubernetes/schema/check-schema.ts';
import type { Located } from '../../kubernetes/schema/located.ts';
import { LocatedView } from '../../kubernetes/schema/located-view.ts';
import type { Edit } from '../edits.ts';
import type { PackContent } from './pack-content.ts';

/** One text of the pack. */
export class PackText extends LocatedView {
  /** `pack.json`: its path in the pack. */
  readonly file: string;
  readonly source: string;

  constructor(file: string, source: string, root: Located) {
    super(root);
    this.file = file;
    this.source = source;
  }

  /** The text at a path; empty where there is none. */
  word(...path: Path): string {
    return this.text(...path) ?? '';
  }

  /** What replaces the value at a path. */
  replaced(path: Path, by: (raw: string) => string): readonly Edit[] {
    const value = this.at(...path);
    if (value === undefined) return [];
    const { offset, end } = value;
    return [{ offset, length: end - offset, text: by(this.source.slice(offset, end)) }];
  }
}

export interface PackView {
  readonly meta: PackText;
  /** An empty one where the file cannot be read. */
  readonly values: PackText;
  readonly presets: PackText | undefined;
  readonly parameters: PackText | undefined;
  readonly content: PackContent;
  /** Name, layer and clouds, as far as they can be read. */
  readonly name: string | undefined;
  readonly layer: string | undefined;
  readonly clouds: readonly string[];
}

export type Severity = 'error' | 'warning';

/** A place in a text: a path, an offset, or the text as a whole. */
export type Spot = Path | number | undefined;

/** Reports what is wrong in a text, or in a file by its path, and what mends it. */
export type Report = (
  severity: Severity,
  where: PackText | string,
  spot: Spot,
  message: string,
  edits?: readonly Edit[],
) => void;

export type PackRule = (pack: PackView, report: Report) => void;
