/** Several checks at once: what is known to be wrong is told together, so that it does not take a boot for each. */
import { OpsError } from '../../errors.ts';

export class Faults {
  readonly #found: OpsError[] = [];

  /** What the check gives, or undefined for one that refused. */
  async of<T>(check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.#add(error);
      return undefined;
    }
  }

  /** The same of a check that waits for nothing. */
  now<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      this.#add(error);
      return undefined;
    }
  }

  #add(error: unknown): void {
    if (!(error instanceof OpsError) || error.kind === 'interrupted') throw error;
    this.#found.push(error);
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** The first, with the others in its details. Throws nothing when there is none. */
  throwAll(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const { kind, code, message } = first;
    const hints = [...new Set(this.#found.flatMap(({ hint = [] }) => hint))];
    throw new OpsError(kind, code, message, {
      details: [
        ...first.details,
        ...others.flatMap((other) => [`also: ${other.message}`, ...other.details.map((line) => `  ${line}`)]),
      ],
      hint: hints.join(' '),
      cause: first,
    });
  }
}
