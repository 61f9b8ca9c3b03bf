/** Stopping inside a long step. */
import { OpsError } from '../errors.ts';

/** Throws OpsError `interrupted` when the user or the system asked to stop. */
export function stopIfInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new OpsError(
    'interrupted',
    'interrupted',
    'Interrupted: the target is not installed and not bootable.',
    {
      hint: 'Run the same command again to start over.',
    },
  );
}
