/** Faults of files as commands that check files tell them: rows of `--json`, and the error that ends them. */
import {
  type Diagnostic,
  faultKind,
  formatDiagnostic,
  hasErrors,
  unreadableFiles,
} from '../../config/diagnostics.ts';
import { exitCodes, type OpsError, usage } from '../../errors.ts';
import type { Terminal } from '../command.ts';
import { listLines } from '../terminal/list-lines.ts';

/** Place and words of one fault, flat. */
export const diagnosticRow = ({ severity, place, key, message }: Diagnostic) => ({
  ...{ severity, ...place },
  ...(key === undefined ? {} : { key }),
  message,
});

/** Prints them on stderr, one after the other. `label` comes before each, with its space. */
export function tellFaults(terminal: Terminal, diagnostics: readonly Diagnostic[], label = ''): void {
  for (const one of diagnostics) terminal.err(`${listLines(label + formatDiagnostic(one), terminal)}\n`);
}

/** More of them are counted. */
const shownFiles = 3;

/**
 * The error with one line for each fault, warnings among them, as they were found: exit code 2, or 3 (`file-unreadable`)
 * where nothing is known but that files cannot be read.
 */
export function faultsFound(code: string, diagnostics: readonly Diagnostic[], hint: string): OpsError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const files = [...new Set(errors.map(({ place }) => place.file))];
  const shown = files.length > shownFiles ? `${files.length} files` : files.join(', ');
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  return (
    unreadableFiles(diagnostics) ??
    usage(code, `There ${errors.length === 1 ? 'is' : 'are'} ${count} in ${shown}`, {
      details: diagnostics.map(formatDiagnostic),
      hint,
    })
  );
}

/** The exit code that `faultsFound` would have, where the faults are printed as JSON. */
export const faultsExit = (diagnostics: readonly Diagnostic[]): number =>
  hasErrors(diagnostics) ? exitCodes[faultKind(diagnostics)] : 0;
