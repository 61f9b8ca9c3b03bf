/**
 * Runs a plan: all preflights, then each step with its verify, and at the end, or on a failure, gives back what
 * was taken. Before the point of no return a failure is undone (exit 4, or 3 when no step had started);
 * after it, it is final (exit 5). Once it was asked to stop, whatever fails does so because of that (exit 130).
 */
import { type ErrorKind, messageOf, OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { ToolFailed } from '../host/tool-failed.ts';
import { Bindings } from './bindings.ts';
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
    try {
      stopIfAborted(signal);
      await handlerOf(handlers, step).preflight?.(step, context(step.id));
    } catch (error) {
      throw wasInterrupted(error, signal) ? interruption(error, 'untouched', []) : error;
    }
  }

  const begun: S[] = [];
  let destroyed = false;
  let completing = false;
  try {
    for (const step of plan.steps) {
      stopIfAborted(signal);
      const handler = handlerOf(handlers, step);
      begun.push(step);
      destroyed ||= handler.destructive;
      completing ||= handler.completes === true;
      await runStep(step, handler.describe(step), async () => {
        await handler.run(step, context(step.id));
        await handler.verify?.(step, context(step.id));
      });
    }
  } catch (error) {
    const notes = await giveBack(begun, 'all');
    const state = stateOf();
    throw wasInterrupted(error, signal) ? interruption(error, state, notes) : failure(error, state, notes);
  }
  const notes = await giveBack(begun, 'release');
  if (notes.length > 0)
    throw new OpsError('broken', 'release-failed', notes.join('; '), {
      hint: 'The installation itself is complete; reboot to let go of what is still held.',
    });

  function stateOf(): State {
    if (completing) return 'uncertain';
    if (destroyed) return 'destroyed';
    return begun.length > 0 ? 'undone' : 'untouched';
  }

  async function runStep(step: S, title: string, work: () => Promise<void>): Promise<void> {
    const start = host.clock.monotonic();
    emit({ type: 'step-start', id: step.id, title });
    let failed: string | undefined;
    try {
      await work();
    } catch (error) {
      failed = wasInterrupted(error, signal) ? 'interrupted' : messageOf(error);
      throw error;
    } finally {
      const ms = Math.max(0, Math.round(host.clock.monotonic() - start));
      const message = failed ?? warnings.get(step.id)?.join('; ');
      emit({
        type: 'step-end',
        id: step.id,
        ok: failed === undefined,
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
        notes.push(`${step.id} could not be undone: ${messageOf(error)}`);
      }
    }
    return notes;
  }
}

/** What became of the target when a plan ended early. */
type State = 'untouched' | 'undone' | 'destroyed' | 'uncertain';

const startOver = 'run the same command again to start over.';
const uncertain = `the last write may have reached the target, which is then installed, or not; ${startOver}`;

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

function interruption(cause: unknown, state: State, notes: readonly string[]): OpsError {
  const messages: Readonly<Record<State, string>> = {
    untouched: 'Interrupted; nothing was touched.',
    undone: 'Interrupted; nothing was changed.',
    destroyed: `Interrupted: the target is not installed and not bootable; ${startOver}`,
    uncertain: `Interrupted: ${uncertain}`,
  };
  return new OpsError('interrupted', 'interrupted', messages[state], { details: notes, cause });
}

function failure(error: unknown, state: State, notes: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const original = error instanceof OpsError ? error : undefined;
  const kinds: Readonly<Record<State, ErrorKind>> = {
    untouched: 'refused',
    undone: 'undone',
    destroyed: 'broken',
    uncertain: 'broken',
  };
  const endings: Readonly<Record<State, string>> = {
    untouched: 'Nothing was changed.',
    undone: 'Nothing was changed.',
    destroyed: `The target is not installed and not bootable; ${startOver}`,
    uncertain: `T${uncertain.slice(1)}`,
  };
  return new OpsError(kinds[state], original?.code ?? 'step-failed', error.message, {
    hint: [original?.hint, endings[state]].filter(Boolean).join(' '),
    details: [...(original?.details ?? []), ...notes],
    cause: error,
  });
}
