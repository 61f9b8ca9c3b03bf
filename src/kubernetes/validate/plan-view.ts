/** A Plan as its rules see it: values by path, of the type that is asked for, and a place to report what is wrong. */
import type { Path } from '../schema/check-schema.ts';
import { type Located, valueAt } from '../schema/located.ts';
import { type Operator, operators, type Requirement } from '../values/selector.ts';

export type Severity = 'error' | 'warning';

/** Reports what is wrong with the value at a path, or what is missing there. */
export type Report = (severity: Severity, path: Path, message: string) => void;

export type Rule = (plan: PlanView, report: Report) => void;

export class PlanView {
  readonly root: Located;

  constructor(root: Located) {
    this.root = root;
  }

  /** Whether something stands there; a key with nothing behind it counts as left out. */
  has(...path: Path): boolean {
    const value = valueAt(this.root, path);
    return value !== undefined && !(value.kind === 'word' && value.value === null);
  }

  text(...path: Path): string | undefined {
    const value = this.#word(path);
    return typeof value === 'string' ? value : undefined;
  }

  number(...path: Path): number | undefined {
    const value = this.#word(path);
    return typeof value === 'number' ? value : undefined;
  }

  flag(...path: Path): boolean | undefined {
    const value = this.#word(path);
    return typeof value === 'boolean' ? value : undefined;
  }

  /** The path of each entry of a list; empty when it is not a list. */
  items(...path: Path): readonly Path[] {
    const value = valueAt(this.root, path);
    return value?.kind === 'list' ? value.items.map((_, index) => [...path, index]) : [];
  }

  /** The strings of a list; other values are left out. */
  texts(...path: Path): readonly string[] {
    return this.items(...path).flatMap((item) => this.text(...item) ?? []);
  }

  /** The names of a map. */
  names(...path: Path): readonly string[] {
    const value = valueAt(this.root, path);
    return value?.kind === 'map' ? [...value.entries.keys()] : [];
  }

  /** What a label selector requires; of what is faulty, as much as can be read. */
  requirements(...path: Path): readonly Requirement[] {
    const labels = this.names(...path, 'matchLabels').flatMap((key): Requirement[] => {
      const value = this.text(...path, 'matchLabels', key);
      return value === undefined ? [] : [{ key, operator: 'In', values: [value] }];
    });
    const expressions = this.items(...path, 'matchExpressions').flatMap((item): Requirement[] => {
      const key = this.text(...item, 'key');
      const operator = operators.find((name): name is Operator => name === this.text(...item, 'operator'));
      return key === undefined || operator === undefined
        ? []
        : [{ key, operator, values: this.texts(...item, 'values') }];
    });
    return [...labels, ...expressions];
  }

  #word(path: Path) {
    const value = valueAt(this.root, path);
    return value?.kind === 'word' ? value.value : undefined;
  }
}
