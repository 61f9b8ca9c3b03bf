/** Stopping inside a long step. */
import { OpsError } from '../../errors.ts';

/** Throws OpsError `interrupted` when the user or the system asked to stop. */
export function stopIfInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  // What that means for the target, execute() knows and says.
  throw new OpsError('interrupted', 'interrupted', 'Interrupted.');
}
