/**
 * Runs a plan: all preflights, then each step with its verify, and at the end, or on a failure, gives back what
 * was taken. Before the point of no return a failure is undone (exit 4, or 3 when no step had started);
 * after it, it is final (exit 5).
 */
import { type ErrorKind, OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { type Emit, stamper } from './events.ts';
import { type Handlers, handlerOf, type Plan, type StepBase, type StepContext } from './plan.ts';

export interface ExecuteOptions {
  readonly host: Host;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
  /** Names known before the first step. */
  readonly names?: Readonly<Record<string, string>>;
}

/** Runs every step of `plan`, or throws an OpsError whose kind says what state the target is in. */
export async function execute<S extends StepBase>(
  plan: Plan<S>,
  handlers: Handlers<S>,
  options: ExecuteOptions,
): Promise<void> {
  const { host } = options;
  const emit = stamper(options.emit, () => host.clock.now());
  const signal = options.signal ?? new AbortController().signal;
  const names = new Map(Object.entries(options.names ?? {}));
  const context = (id: string): StepContext => ({
    host,
    signal,
    resolve: (name) => resolveName(names, name),
    bind: (name, path) => names.set(name, path),
    progress: (done, total, unit) => emit({ type: 'progress', id, done, total, unit }),
    log: options.log ?? (() => {}),
  });

  emit({
    type: 'plan',
    operation: plan.operation,
    steps: plan.steps.map((step) => {
      const handler = handlerOf(handlers, step);
      return {
        id: step.id,
        kind: step.kind,
        title: handler.describe(step),
        destructive: handler.destructive,
      };
    }),
  });
  for (const step of plan.steps) {
    stopIfAborted(signal, false);
    await handlerOf(handlers, step).preflight?.(step, context(step.id));
  }

  const begun: S[] = [];
  let destroyed = false;
  try {
    for (const step of plan.steps) {
      stopIfAborted(signal, destroyed);
      const handler = handlerOf(handlers, step);
      begun.push(step);
      destroyed ||= handler.destructive;
      await runStep(step, handler.describe(step), async () => {
        await handler.run(step, context(step.id));
        await handler.verify?.(step, context(step.id));
      });
    }
  } catch (error) {
    const notes = await giveBack(begun, 'all');
    throw failure(error, destroyed, begun.length > 0, notes);
  }
  const notes = await giveBack(begun, 'release');
  if (notes.length > 0)
    throw new OpsError('broken', 'release-failed', notes.join('; '), {
      hint: 'The installation itself is complete; reboot to let go of what is still held.',
    });

  async function runStep(step: S, title: string, work: () => Promise<void>): Promise<void> {
    const start = host.clock.monotonic();
    emit({ type: 'step-start', id: step.id, title });
    let message: string | undefined;
    try {
      await work();
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      const ms = Math.max(0, Math.round(host.clock.monotonic() - start));
      emit({
        type: 'step-end',
        id: step.id,
        ok: message === undefined,
        ms,
        ...(message === undefined ? {} : { message }),
      });
    }
  }

  /** Undoes in reverse order; keeps going when one fails and says which. */
  async function giveBack(steps: readonly S[], what: 'all' | 'release'): Promise<string[]> {
    const notes: string[] = [];
    for (const step of steps.toReversed()) {
      const { undo } = handlerOf(handlers, step);
      if (undo.kind === 'none' || (what === 'release' && undo.kind === 'restore')) continue;
      try {
        await undo.run(step, context(step.id));
      } catch (error) {
        notes.push(
          `${step.id} could not be undone: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
    return notes;
  }
}

function resolveName(names: ReadonlyMap<string, string>, name: string): string {
  if (name.startsWith('/')) return name;
  const path = names.get(name);
  if (path === undefined) throw new Error(`the plan uses ${name} before a step has made it`);
  return path;
}

function stopIfAborted(signal: AbortSignal, destroyed: boolean): void {
  if (!signal.aborted) return;
  throw new OpsError(
    'interrupted',
    'interrupted',
    destroyed
      ? 'Interrupted: the target is not installed; run the same command again to start over.'
      : 'Interrupted; nothing was touched.',
  );
}

function failure(error: unknown, destroyed: boolean, started: boolean, notes: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const original = error instanceof OpsError ? error : undefined;
  if (original?.kind === 'interrupted') return original;
  const kind: ErrorKind = destroyed ? 'broken' : started ? 'undone' : 'refused';
  const state = destroyed
    ? 'The target is not installed and not bootable; run the same command again to start over.'
    : 'Nothing was changed.';
  return new OpsError(kind, original?.code ?? 'step-failed', error.message, {
    hint: [original?.hint, state].filter(Boolean).join(' '),
    details: [...(original?.details ?? []), ...notes],
    cause: error,
  });
}
