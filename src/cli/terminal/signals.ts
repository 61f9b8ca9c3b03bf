/** SIGINT and SIGTERM: the first asks the running command to stop, the second ends the process. */
import { exitCodes } from '../../errors.ts';

export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * The signal that actions are given. Undoing takes a moment, so the first signal only aborts it; a person who
 * sends a second one means it.
 */
export function stopSignal(source: SignalSource, exit: (code: number) => void): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) exit(exitCodes.interrupted);
    else controller.abort();
  };
  source.on('SIGINT', stop);
  source.on('SIGTERM', stop);
  return controller.signal;
}
