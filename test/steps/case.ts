/** What there is to say of a kind of step to have its contract tested. */
import type { Step } from '../../src/steps/index.ts';
import type { FakeHost, FakeSetup } from '../fakes/host.ts';
import type { Machine } from './machine.ts';
import type { OrderPromise } from './promises.ts';

export interface Case {
  readonly step: Step;
  machine(setup?: FakeSetup): Machine;
  /** What the step changes until it is undone; only for those that can be. */
  readonly takes?: (host: FakeHost) => Promise<unknown>;
  /** Steps that have to run before it. */
  readonly before?: readonly Step[];
  /** The order, durability and secrecy that the step promises beyond what every step does. */
  readonly promises?: Readonly<Record<string, OrderPromise>>;
  /** Each breaks the machine before the step runs; run or verify must then throw an error with this code. */
  readonly failures: Readonly<Record<string, Failure>>;
}

export interface Failure {
  readonly spoil: FakeSetup | ((host: FakeHost) => void);
  readonly code: string;
  /** It is found out before anything is changed. */
  readonly untouched?: true;
}

/** By kind; a kind that has several cases names the others `KIND: WHAT`. */
export type Cases = { readonly [K in Step['kind'] | `${Step['kind']}: ${string}`]?: Case };
