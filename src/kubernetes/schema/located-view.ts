/** Located values as rules see them: by path, of the type that is asked for. */
import type { Path } from './check-schema.ts';
import { type Located, valueAt } from './located.ts';

export class LocatedView {
  readonly root: Located;

  constructor(root: Located) {
    this.root = root;
  }

  at(...path: Path): Located | undefined {
    return valueAt(this.root, path);
  }

  /** Whether something stands there; a key with nothing behind it counts as left out. */
  has(...path: Path): boolean {
    const value = this.at(...path);
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
    const value = this.at(...path);
    return value?.kind === 'list' ? value.items.map((_, index) => [...path, index]) : [];
  }

  /** The strings of a list; other values are left out. */
  texts(...path: Path): readonly string[] {
    return this.items(...path).flatMap((item) => this.text(...item) ?? []);
  }

  /** The names of a map. */
  names(...path: Path): readonly string[] {
    const value = this.at(...path);
    return value?.kind === 'map' ? [...value.entries.keys()] : [];
  }

  #word(path: Path) {
    const value = this.at(...path);
    return value?.kind === 'word' ? value.value : undefined;
  }
}
