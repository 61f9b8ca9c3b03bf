/**
 * Runs a plan: all preflights, then each step with its verify, and at the end, or on a failure, gives back what
 * was taken. Before the point of no return a failure is undone (exit 4, or 3 when no step had started);
 * after it, or when undoing fails, it is final (exit 5). Once it was asked to stop, whatever fails does so because of
 * that (exit 130).
 */
import { messageOf, OpsError } from '../errors.ts';
import { IoFault, withIoFaults } from '../host/io-fault.ts';
import type { Host } from '../host/ports.ts';
import { ToolFailed } from '../host/tool-failed.ts';
import { Bindings } from './bindings.ts';
import type { BlockTarget } from './block-target.ts';
import type { Emit } from './events.ts';
import {
  failure,
  interruption,
  type Outcome,
  plainOutcome,
  releaseFailed,
  type TargetState,
} from './outcome.ts';
import { type Handlers, handlerOf, type Plan, type StepBase, type StepContext } from './plan.ts';
import { stamper } from './stamper.ts';

export interface ExecuteOptions {
  readonly host: Host;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
  /** Names known before the first step. */
  readonly names?: Readonly<Record<string, string | BlockTarget>>;
  /** What the operation says of its target when it ends early. */
  readonly outcome?: Outcome;
  /** What the operation calls the place that a path lies on: `the medium`, `the target`. */
  readonly roleOf?: (path: string) => string | undefined;
}

/** A plan that is being run. */
interface Running<S extends StepBase> {
  readonly host: Host;
  readonly plan: Plan<S>;
  readonly handlers: Handlers<S>;
  readonly signal: AbortSignal;
  readonly emit: ReturnType<typeof stamper>;
  readonly warnings: Map<string, string[]>;
  context(id: string): StepContext;
  /** An error as a person reads it. */
  told(error: unknown): unknown;
}

/** Runs every step of `plan`, or throws an OpsError whose kind says what state the target is in. */
export async function execute<S extends StepBase>(
  plan: Plan<S>,
  handlers: Handlers<S>,
  options: ExecuteOptions,
): Promise<void> {
  const { outcome = plainOutcome } = options;
  const running = start(plan, handlers, options);
  announce(running);
  await preflight(running, outcome);
  const begun: S[] = [];
  try {
    for (const step of plan.steps) {
      stopIfAborted(running.signal);
      begun.push(step);
      await runStep(running, step);
    }
  } catch (error) {
    const notes = await giveBack(running, begun, 'all');
    const ending = { state: stateAfter(begun, handlers), notes, outcome };
    throw wasInterrupted(error, running.signal) ? interruption(error, ending) : failure(error, ending);
  }
  const notes = await giveBack(running, begun, 'release');
  if (notes.length > 0) throw releaseFailed(notes, outcome);
}

/** The preflights alone, as `execute` runs them before the first step. Throws what they throw. */
export const checkPlan = <S extends StepBase>(
  plan: Plan<S>,
  handlers: Handlers<S>,
  options: ExecuteOptions,
): Promise<void> => preflight(start(plan, handlers, options), options.outcome ?? plainOutcome);

function start<S extends StepBase>(
  plan: Plan<S>,
  handlers: Handlers<S>,
  options: ExecuteOptions,
): Running<S> {
  const host = withIoFaults(options.host);
  const emit = stamper(options.emit, () => host.clock.now());
  const signal = options.signal ?? new AbortController().signal;
  const { bind, block, resolve } = new Bindings(options.names);
  const warnings = new Map<string, string[]>();
  const context = (id: string): StepContext => ({
    host,
    signal,
    ...{ bind, block, resolve },
    progress: (done, total, unit) => emit({ type: 'progress', id, done, total, unit }),
    note: (message) => emit({ type: 'note', id, message }),
    log: options.log ?? (() => {}),
    warn: (message) => warnings.set(id, [...(warnings.get(id) ?? []), message]),
  });
  const told = (error: unknown) =>
    error instanceof IoFault ? error.told(options.roleOf?.(error.path)) : error;
  return { host, plan, handlers, signal, emit, warnings, context, told };
}

function announce<S extends StepBase>({ plan, handlers, emit }: Running<S>): void {
  const steps = plan.steps.map((step) => {
    const { describe, destructive } = handlerOf(handlers, step);
    return { id: step.id, kind: step.kind, title: describe(step), destructive };
  });
  emit({ type: 'plan', operation: plan.operation, steps });
}

async function preflight<S extends StepBase>(
  { plan, handlers, signal, context, told }: Running<S>,
  outcome: Outcome,
): Promise<void> {
  for (const step of plan.steps) {
    try {
      stopIfAborted(signal);
      await handlerOf(handlers, step).preflight?.(step, context(step.id));
    } catch (error) {
      if (!wasInterrupted(error, signal)) throw told(error);
      throw interruption(error, { state: 'untouched', notes: [], outcome });
    }
  }
}

/** Runs and verifies one step, and tells of its beginning and end. */
async function runStep<S extends StepBase>(running: Running<S>, step: S): Promise<void> {
  const { host, handlers, signal, emit, warnings, context, told } = running;
  const handler = handlerOf(handlers, step);
  const begin = host.clock.monotonic();
  emit({ type: 'step-start', id: step.id, title: handler.describe(step) });
  let failed: string | undefined;
  try {
    await handler.run(step, context(step.id));
    await handler.verify?.(step, context(step.id));
  } catch (thrown) {
    const error = told(thrown);
    failed = wasInterrupted(error, signal) ? 'interrupted' : messageOf(error);
    throw error;
  } finally {
    const ms = Math.max(0, Math.round(host.clock.monotonic() - begin));
    const message = failed ?? warnings.get(step.id)?.join('; ');
    const said = message === undefined ? {} : { message };
    emit({ type: 'step-end', id: step.id, ok: failed === undefined, ms, ...said });
  }
}

/** Undoes in reverse order; keeps going when one fails and says which. */
async function giveBack<S extends StepBase>(
  { handlers, context }: Running<S>,
  steps: readonly S[],
  what: 'all' | 'release',
): Promise<string[]> {
  const notes: string[] = [];
  for (const step of steps.toReversed()) {
    const { undo } = handlerOf(handlers, step);
    if (undo.kind === 'none' || (what === 'release' && undo.kind === 'restore')) continue;
    try {
      await undo.run(step, context(step.id));
    } catch (error) {
      notes.push(`${step.id} could not be undone: ${messageOf(error)}`);
    }
  }
  return notes;
}

/** What became of the target once these steps had begun and were undone as far as they can be. */
function stateAfter<S extends StepBase>(begun: readonly S[], handlers: Handlers<S>): TargetState {
  const kinds = begun.map((step) => handlerOf(handlers, step));
  if (kinds.some(({ completes }) => completes === true)) return 'uncertain';
  if (kinds.some(({ destructive }) => destructive)) return 'destroyed';
  return begun.length > 0 ? 'undone' : 'untouched';
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new OpsError('interrupted', 'interrupted', 'Interrupted.');
}

/**
 * Ctrl-C goes to every process of the terminal: the program that a step runs dies of it by itself, often before
 * this process hears of the signal, and that looks like a failure of the program.
 */
const wasInterrupted = (error: unknown, signal: AbortSignal) =>
  signal.aborted ||
  (error instanceof OpsError && error.kind === 'interrupted') ||
  (error instanceof ToolFailed && error.signal === 'SIGINT');
