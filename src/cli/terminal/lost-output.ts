/** Output that the system did not take, such as on a full disk: a result that is cut off must not look like one. */
import type { OpsError } from '../../errors.ts';
import type { Terminal } from '../command.ts';

/** The error `output-lost` (refused) when something that was written to stdout is lost. A reader that has gone wanted no more. */
export async function lostOutput({ outFault }: Pick<Terminal, 'outFault'>): Promise<OpsError | undefined> {
  if (outFault === undefined) return undefined;
  // A stream tells of it in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  const fault = outFault();
  return fault === undefined ? undefined : outputLost(fault);
}

/** What a fault of stdout is to a person. */
export async function outputLost(fault: Error): Promise<OpsError> {
  // Loaded when there is something to say: the fast path has few milliseconds.
  const { refused } = await import('../../errors.ts');
  const { systemReason, whyNamed } = await import('../../host/system-error.ts');
  const hint = systemReason(fault, { named: true })?.hint;
  return refused('output-lost', `Not all of the output could be written to stdout: ${whyNamed(fault)}`, {
    cause: fault,
    ...(hint === undefined ? {} : { hint }),
  });
}
