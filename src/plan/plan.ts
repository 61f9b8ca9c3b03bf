/**
 * A plan: the ordered, serialisable steps of an operation. This folder is generic and knows no step;
 * `steps/` holds the kinds and what each does.
 */
import type { Host } from '../host/ports.ts';
import type { BlockTarget } from './block-target.ts';

/** What every step has beside the fields of its kind. A step is plain JSON. */
export interface StepBase {
  /** Unique in the plan, kebab-case. */
  readonly id: string;
  readonly kind: string;
}

export interface Plan<S extends StepBase = StepBase> {
  readonly v: 1;
  /** `install`, … */
  readonly operation: string;
  /** Where it happens, in words: `/dev/vda (20 GB, QEMU HARDDISK, serial X)`. */
  readonly target: string;
  readonly steps: readonly S[];
}

/** What running steps share: values that one step learns and a later one needs, keyed by name. */
export interface StepContext {
  readonly host: Host;
  /** Resolves a name of the plan, such as `part:state`, to a path on this machine. */
  resolve(name: string): string;
  /** The same for what blocks are written to: a device, a partition, or a range of a file. */
  block(name: string): BlockTarget;
  /** Says what a name stands for: a partition that now exists, a folder that is now mounted. */
  bind(name: string, to: string | BlockTarget): void;
  progress(done: number, total: number, unit: 'bytes' | 'percent' | 'items'): void;
  /** For a person who watches: why nothing seems to happen. */
  note(message: string): void;
  log(line: string): void;
  /** Something that did not work and need not: told with the end of the step, which succeeds. One line. */
  warn(message: string): void;
  readonly signal: AbortSignal;
}

/**
 * How undoing a step works.
 * - release: what the step took is given back whatever happens, also after success of all steps (unmount, detach).
 * - restore: on failure before the point of no return the old state is put back.
 * - none: it cannot be undone (partitioning, formatting).
 */
export type Undo<S> =
  | { readonly kind: 'release' | 'restore'; run(step: S, context: StepContext): Promise<void> }
  | { readonly kind: 'none' };

export interface Handler<S extends StepBase> {
  /** What the step does, in plain words, for the plan that is shown. */
  describe(step: S): string;
  /** True when running it destroys what was there: the first such step is the point of no return. */
  readonly destructive: boolean;
  /** What a plan says of a destructive step instead of "destroys data"; the point of no return it is all the same. */
  readonly caution?: string;
  /** True for the step after which the target is complete: when it fails, it may have got that far or not. */
  readonly completes?: true;
  /** Cheap checks before anything runs; throws a refusal. */
  preflight?(step: S, context: StepContext): Promise<void>;
  run(step: S, context: StepContext): Promise<void>;
  /** Reads back what `run` wrote; throws when it is not there. */
  verify?(step: S, context: StepContext): Promise<void>;
  readonly undo: Undo<S>;
}

/** One handler per kind: exhaustive, held by `satisfies` in steps/index.ts. */
export type Handlers<S extends StepBase> = { readonly [K in S['kind']]: Handler<Extract<S, { kind: K }>> };

export function handlerOf<S extends StepBase>(handlers: Handlers<S>, step: S): Handler<S> {
  return handlers[step.kind as S['kind']] as unknown as Handler<S>;
}
