/** The interfaces that the kernel's arguments speak of, while these are read. Pure. */
import type { Interface } from '../checks/network/model.ts';
import type { KernelArgument } from './kernel-arguments.ts';

export type Draft = { -readonly [K in keyof Interface]: Interface[K] };

export class Drafts {
  readonly #drafts = new Map<string, Draft>();
  readonly #origins = new Map<string, KernelArgument>();

  /** The argument that says most of each, by name. */
  get origins(): ReadonlyMap<string, KernelArgument> {
    return this.#origins;
  }

  all(): readonly Draft[] {
    return [...this.#drafts.values()];
  }

  get(name: string): Draft | undefined {
    return this.#drafts.get(name);
  }

  /** The one of this name, made where there is none; `argument` says something of it. */
  entry(name: string, argument?: KernelArgument): Draft {
    const draft = this.#drafts.get(name) ?? { name };
    this.#drafts.set(name, draft);
    if (argument !== undefined) this.#origins.set(name, argument);
    return draft;
  }
}
