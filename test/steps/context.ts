/** A step's context over a fake machine. */
import type { StepContext } from '../../src/plan/plan.ts';
import type { FakeHost } from '../fakes/host.ts';

export interface TestContext extends StepContext {
  readonly names: Map<string, string>;
  readonly warned: string[];
  readonly told: { readonly done: number; readonly total: number }[];
}

export function contextOf(host: FakeHost, names: Readonly<Record<string, string>> = {}): TestContext {
  const known = new Map(Object.entries(names));
  const told: { done: number; total: number }[] = [];
  const warned: string[] = [];
  return {
    host,
    warned,
    names: known,
    told,
    signal: new AbortController().signal,
    resolve: (name) => (name.startsWith('/') ? name : (known.get(name) ?? `unknown name ${name}`)),
    bind: (name, path) => known.set(name, path),
    progress: (done, total) => told.push({ done, total }),
    note: () => {},
    log: () => {},
    warn: (message) => warned.push(message),
  };
}
