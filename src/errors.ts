/**
 * The errors that a person sees. Each says what went wrong (message), why (cause, details) and what to do
 * (hint), and belongs to a kind; the exit code follows from the kind alone, in `exitCodeOf`.
 */

/**
 * - `usage`: wrong on any machine (arguments, configuration).
 * - `refused`: this machine or network says no; nothing was touched.
 * - `undone`: something failed and what had been changed was put back.
 * - `broken`: something failed past the point of no return, or could not be put back.
 * - `interrupted`: the user or the system stopped it.
 */
export type ErrorKind = 'usage' | 'refused' | 'undone' | 'broken' | 'interrupted';

export const exitCodes = {
  usage: 2,
  refused: 3,
  undone: 4,
  broken: 5,
  interrupted: 130,
} as const satisfies Record<ErrorKind, number>;

export interface OpsErrorOptions {
  /** What to do about it, one or two sentences. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** One line per thing that was seen: the disks, the faults of a file. */
  readonly details?: readonly string[];
}

export class OpsError extends Error {
  override readonly name = 'OpsError';
  readonly kind: ErrorKind;
  /** A stable name for programs, kebab-case: `disk-too-small`. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(kind: ErrorKind, code: string, message: string, options: OpsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}

/** Shorthands, so that a throw reads as a sentence. */
export const usage = (code: string, message: string, options?: OpsErrorOptions) =>
  new OpsError('usage', code, message, options);
export const refused = (code: string, message: string, options?: OpsErrorOptions) =>
  new OpsError('refused', code, message, options);

/** The process exit code for anything thrown: 1 (a bug) for whatever is not an OpsError. */
export function exitCodeOf(error: unknown): number {
  return error instanceof OpsError ? exitCodes[error.kind] : 1;
}

/** What is said of anything thrown, in one line. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The same with what was seen: for a log, where a tool's own words are the reason. */
export function messageWithDetails(error: unknown): string {
  const details = error instanceof OpsError ? error.details : [];
  return details.length === 0 ? messageOf(error) : `${messageOf(error)} (${details.join('; ')})`;
}

/** `ENOENT`, `disk-too-small`: the code of what was thrown; undefined for what has none. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
