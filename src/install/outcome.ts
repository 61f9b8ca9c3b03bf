/** What an installation that failed says of the disk, and where to read more. */
import { errorCode, messageOf, OpsError } from '../errors.ts';
import { installLogPath } from '../operation/journal.ts';

/**
 * Every way to end says what became of the disk. What the steps throw says so already; before them nothing has been
 * touched, and what the operating system refuses there is no bug of ours.
 */
export function withState(error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof Error && !(error instanceof OpsError) && /^E[A-Z0-9]+$/.test(code ?? ''))
    return withState(new OpsError('refused', 'machine-failed', error.message, { cause: error }));
  if (!(error instanceof OpsError) || error.kind !== 'refused') return error;
  const { kind, message, hint, details, cause } = error;
  if (/nothing was (touched|changed)/i.test(`${message} ${hint}`)) return error;
  const ending = [hint, 'Nothing was touched.'].filter(Boolean).join(' ');
  return new OpsError(kind, error.code, message, { hint: ending, details, cause });
}

/** What failed while the disk was worked on is worth a report. */
export function withLogPlace(error: unknown): unknown {
  if (!(error instanceof OpsError) || !['undone', 'broken'].includes(error.kind)) return error;
  const { kind, code, message, hint, details, cause } = error;
  const place = `journal: ${installLogPath}; sudo opsctl install --report puts all that is known into one file`;
  return new OpsError(kind, code, message, {
    ...(hint === undefined ? {} : { hint }),
    details: [...details, place],
    cause,
  });
}

/** Cleaning up failed. */
export function afterwards(cause: unknown): OpsError {
  return new OpsError('broken', 'release-failed', messageOf(cause), {
    hint: 'The installation itself is complete; reboot to let go of what is still held.',
    cause,
  });
}
