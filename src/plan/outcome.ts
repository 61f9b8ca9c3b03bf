/**
 * How a plan that ended early is told: the kind by what became of the target and by whether everything could be put
 * back, the words by the operation. "Nothing was changed" is said only where it is true.
 */
import { type ErrorKind, OpsError } from '../errors.ts';

/** What became of the target when a plan ended early. */
export type TargetState = 'untouched' | 'undone' | 'destroyed' | 'uncertain';

/** What an operation says of its target, each with what to do, in whole sentences. */
export interface Outcome {
  /** A step failed past the point of no return. */
  readonly destroyed: string;
  /** The step that completes the target failed: it may have got that far, or not. */
  readonly uncertain: string;
  /** Something could not be undone; what it is stands in the details. */
  readonly leftBehind: string;
  /** Every step was done, and something could not be released. */
  readonly stillInUse: string;
}

/** For operations that have nothing of their own to say. */
export const plainOutcome: Outcome = {
  destroyed: 'The target was changed in part; run the same command again to start over.',
  uncertain: 'The last change may have reached the target, or not; run the same command again to start over.',
  leftBehind:
    'Put back by hand what is listed here, or restart the machine, then run the same command again.',
  stillInUse: 'The work itself is complete; restart the machine to release what is still in use.',
};

export interface Ending {
  readonly state: TargetState;
  /** What could not be undone, one line each. */
  readonly notes: readonly string[];
  readonly outcome: Outcome;
}

const untouched = 'Nothing was touched.';
const unchanged = 'Nothing was changed.';

/** Somebody stopped it. Kind `interrupted`, but `broken` when something was left behind. */
export function interruption(cause: unknown, { state, notes, outcome }: Ending): OpsError {
  const past = state === 'destroyed' || state === 'uncertain' ? outcome[state] : undefined;
  if (notes.length > 0) {
    const message = 'Interrupted, and not everything could be undone';
    const hint = [past, outcome.leftBehind].filter(Boolean).join(' ');
    return new OpsError('broken', 'undo-failed', message, { details: notes, hint, cause });
  }
  const words = past ?? (state === 'undone' ? unchanged : untouched);
  const message = `Interrupted${past === undefined ? ';' : ':'} ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
  return new OpsError('interrupted', 'interrupted', message, { cause });
}

/** A step failed. Kind `undone` only when everything was; the code is that of what failed. */
export function failure(error: unknown, { state, notes, outcome }: Ending): unknown {
  if (!(error instanceof Error)) return error;
  const original = error instanceof OpsError ? error : undefined;
  const code = original?.code ?? 'step-failed';
  const details = [...(original?.details ?? []), ...notes];
  const past = state === 'destroyed' || state === 'uncertain' ? outcome[state] : undefined;
  const left = notes.length > 0 ? outcome.leftBehind : undefined;
  const kind: ErrorKind = past || left ? 'broken' : state === 'undone' ? 'undone' : 'refused';
  const message =
    past === undefined && left !== undefined
      ? `${error.message}; undoing what had been done failed, too`
      : error.message;
  const ending = past === undefined && left === undefined ? [unchanged] : [past, left];
  const hint = [original?.hint, ...ending].filter(Boolean).join(' ');
  return new OpsError(kind, code, message, { hint, details, cause: error });
}

/** Every step was done, and something could not be released. */
export const releaseFailed = (
  notes: readonly string[],
  { stillInUse: hint }: Outcome,
  cause?: unknown,
): OpsError => new OpsError('broken', 'release-failed', notes.join('; '), { hint, cause });
