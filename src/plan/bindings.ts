/** What the names of a plan stand for while it runs: `part:state` is bound by the step that makes the partition. */
import { type BlockTarget, wholeOf } from './block-target.ts';

export class Bindings {
  readonly #bound: Map<string, BlockTarget>;

  /** `known` are names that stand for something before the first step. */
  constructor(known: Readonly<Record<string, string | BlockTarget>> = {}) {
    this.#bound = new Map();
    for (const [name, to] of Object.entries(known)) this.bind(name, to);
  }

  /** From now on `name` stands for a path, or for a range of what lies at one. */
  readonly bind = (name: string, to: string | BlockTarget): void => {
    this.#bound.set(name, typeof to === 'string' ? wholeOf(to) : to);
  };

  /** What `name` stands for; a path stands for all of what lies there. Throws for a name that nothing has bound. */
  readonly block = (name: string): BlockTarget => {
    if (name.startsWith('/')) return wholeOf(name);
    const found = this.#bound.get(name);
    if (found === undefined) throw new Error(`the plan uses ${name} before a step has made it`);
    return found;
  };

  /** The path that `name` stands for. Throws as `block`. */
  readonly resolve = (name: string): string => this.block(name).path;
}
