/** A step's context over a machine, a fake one or this. */

import type { Host } from '../../src/host/ports.ts';
import { Bindings } from '../../src/plan/bindings.ts';
import type { StepContext } from '../../src/plan/plan.ts';

export interface TestContext extends StepContext {
  readonly warned: string[];
  readonly told: { readonly done: number; readonly total: number; readonly unit: string }[];
}

export function contextOf(host: Host, names: Readonly<Record<string, string>> = {}): TestContext {
  const { bind, block, resolve } = new Bindings(names);
  const told: { done: number; total: number; unit: string }[] = [];
  const warned: string[] = [];
  return {
    host,
    warned,
    told,
    signal: new AbortController().signal,
    ...{ bind, block, resolve },
    progress: (done, total, unit) => told.push({ done, total, unit }),
    note: () => {},
    log: () => {},
    warn: (message) => warned.push(message),
  };
}
