/** Faults of files as commands that check files tell them: rows of `--json`, and the error that ends with exit code 2. */
import { type Diagnostic, formatDiagnostic } from '../../config/diagnostics.ts';
import { type OpsError, usage } from '../../errors.ts';

/** Place and words of one fault, flat. */
export const diagnosticRow = ({ severity, place, key, message }: Diagnostic) => ({
  ...{ severity, ...place },
  ...(key === undefined ? {} : { key }),
  message,
});

/** The error with one line for each fault, warnings among them, as they were found. */
export function faultsFound(code: string, diagnostics: readonly Diagnostic[], hint: string): OpsError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const files = [...new Set(errors.map(({ place }) => place.file))].join(', ');
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  return usage(code, `There ${errors.length === 1 ? 'is' : 'are'} ${count} in ${files}`, {
    details: diagnostics.map(formatDiagnostic),
    hint,
  });
}
