/**
 * How an operation ends, whatever it is: every error says what became of the target, where to read more, and what
 * could not be cleaned up. The words for its own target each operation gives to execute() itself.
 */

import { errorCode, messageOf, OpsError, type OpsErrorOptions } from '../errors.ts';
import { IoFault } from '../host/io-fault.ts';

export type { Outcome } from '../plan/outcome.ts';

/**
 * Every way to end says what became of the target. What the steps throw says so already; before them nothing has been
 * touched, and what the operating system refuses there is no bug of ours.
 */
export function withState(error: unknown): unknown {
  if (error instanceof IoFault) return withState(error.told());
  if (error instanceof Error && !(error instanceof OpsError) && /^E[A-Z0-9]+$/.test(errorCode(error) ?? ''))
    return withState(new OpsError('refused', 'machine-failed', error.message, { cause: error }));
  if (!(error instanceof OpsError) || error.kind !== 'refused') return error;
  if (/nothing was (touched|changed)/i.test(`${error.message} ${error.hint}`)) return error;
  return changed(error, { hint: [error.hint, 'Nothing was touched.'].filter(Boolean).join(' ') });
}

/** What failed while the target was worked on is worth a report; `place` says where one is found. */
export function withReportPlace(error: unknown, place: string): unknown {
  if (!(error instanceof OpsError) || !['undone', 'broken'].includes(error.kind)) return error;
  return changed(error, { details: [...error.details, place] });
}

/** What is there only while something works. */
export interface Temporary {
  /** `/tmp/x, which holds the configuration` */
  readonly what: string;
  remove(): Promise<void>;
  /** What is so when the work itself has succeeded, and what to do. */
  readonly cleanupFailed: string;
}

/**
 * Runs `work` and removes what it needed, whatever came of it. Removing that fails is said, and never hides what the
 * work threw, which is then `broken`. Throws `release-failed` (broken) when only the removing failed.
 */
export async function withTemporary<T>(temporary: Temporary, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const left = await notRemoved(temporary);
    throw left === undefined ? error : leavingBehind(error, left.message);
  }
  const left = await notRemoved(temporary);
  if (left === undefined) return result;
  throw new OpsError('broken', 'release-failed', left.message, {
    hint: temporary.cleanupFailed,
    cause: left.cause,
  });
}

async function notRemoved({ what, remove }: Temporary): Promise<Error | undefined> {
  try {
    await remove();
    return undefined;
  } catch (cause) {
    return new Error(`${what} could not be removed: ${messageOf(cause)}`, { cause });
  }
}

/** Not everything is as it was. What is no OpsError has no details: then the message says what is left. */
function leavingBehind(error: unknown, left: string): unknown {
  if (error instanceof OpsError) {
    const { code, cause } = error;
    const hint = [error.hint?.replace(unchanged, ''), 'Remove by hand what could not be removed.'];
    return new OpsError('broken', code, error.message.replace(unchanged, ''), {
      hint: hint.filter(Boolean).join(' '),
      details: [...error.details, left],
      cause,
    });
  }
  if (error instanceof Error) error.message = `${error.message}; ${left}`;
  return error;
}

/** As execute() says it, with what is before it. */
const unchanged = /[;,]?\s*nothing was (touched|changed)\.?/i;

function changed(error: OpsError, options: OpsErrorOptions): OpsError {
  const { kind, code, message, hint, details, cause } = error;
  return new OpsError(kind, code, message, {
    ...(hint === undefined ? {} : { hint }),
    details,
    cause,
    ...options,
  });
}
