/** Faults of a configuration, gathered and told all at once, each with its place. */
import type { OpsError } from '../errors.ts';
import { refused, usage } from '../errors.ts';
import type { KeyName } from './keys/keys.ts';

export interface Place {
  /** A path, a URL, or `kernel command line`. */
  readonly file: string;
  /** From 1; left out when the fault is the file's as a whole. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
}

export interface Diagnostic {
  /** An error makes the value unusable; a warning does not; a note says how a value is better written. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly place: Place;
  /** The key's path as written: `bos.wifi[1].name`. */
  readonly key?: string;
  /** What was expected and what was found; never the value of a secret. */
  readonly message: string;
  /** Keys whose value it may have cost; left out when these decide nothing that a machine must not guess. */
  readonly about?: readonly KeyName[];
  /** Of a file as a whole: it could not be read, so nothing is known of it. */
  readonly unreadable?: true;
}

export function formatPlace(place: Place): string {
  const { file, line, column } = place;
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** `FILE:LINE:COL: key: message`, as compilers write it, so that editors can jump there. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { severity, ...rest } = diagnostic;
  return formatUnlabelled(rest, severity === 'error' ? '' : `${severity}: `);
}

/** The same where its severity is said already, by a heading or by the kind of an event. */
export function formatUnlabelled({ place, key, message }: Omit<Diagnostic, 'severity'>, label = ''): string {
  return `${formatPlace(place)}: ${label}${key === undefined ? '' : `${key}: `}${message}`;
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error');

export type Fault = Diagnostic & { readonly severity: 'error' };

/** Of a file that a person named and `why` says what is in the way: one fault among others. */
export const unreadableFile = (file: string, why: string): Fault => ({
  ...{ severity: 'error', place: { file }, message: `cannot be read: ${why}`, unreadable: true },
});

/** Files that cannot be read are refused; what was read and is wrong is so on any machine, and comes before that. */
export function faultKind(diagnostics: readonly Diagnostic[]): 'usage' | 'refused' {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return errors.length > 0 && errors.every(({ unreadable }) => unreadable) ? 'refused' : 'usage';
}

/** The refusal where nothing else is wrong than files that cannot be read; undefined otherwise. */
export function unreadableFiles(diagnostics: readonly Diagnostic[]): OpsError | undefined {
  if (faultKind(diagnostics) !== 'refused') return undefined;
  const [first, ...others] = diagnostics.filter(({ unreadable }) => unreadable);
  if (first === undefined) return undefined;
  const hint = 'Check the path and its permissions.';
  const alone = others.length === 0 && diagnostics.length === 1;
  if (alone) return refused('file-unreadable', `${first.place.file} ${first.message}`, { hint });
  const count = others.length === 0 ? 'A file' : `${others.length + 1} files`;
  return refused('file-unreadable', `${count} cannot be read`, {
    details: diagnostics.map(formatDiagnostic),
    hint,
  });
}

/** The error that stops an installation or a validation: `config-invalid` (usage) with one line per fault. */
export function configInvalid(diagnostics: readonly Diagnostic[]): OpsError {
  const refusal = unreadableFiles(diagnostics);
  if (refusal !== undefined) return refusal;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const files = [...new Set(errors.map(({ place }) => place.file))].join(', ');
  const count = errors.length === 1 ? 'a fault' : `${errors.length} faults`;
  return usage('config-invalid', `The configuration has ${count}: ${files}`, {
    details: diagnostics.map(formatDiagnostic),
    hint: 'Fix the faults listed; `opsctl config validate FILE` checks a file.',
  });
}

/** Throws `configInvalid` when there is an error among them; warnings pass. */
export function requireValid(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw configInvalid(diagnostics);
}
