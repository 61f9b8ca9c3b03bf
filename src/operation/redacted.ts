/**
 * What leaves an operation, without its secrets: programs repeat on their stderr what they were given, and their last
 * lines are part of the error that a person reads.
 */
import type { Redact } from '../config/redact.ts';
import { OpsError } from '../errors.ts';
import { ToolFailed } from '../host/tool-failed.ts';

/** The same error when it holds no secret; else one that says the same without, causes included. */
export function redactedError(error: unknown, redact: Redact): unknown {
  if (typeof error === 'string') return redact(error);
  if (!(error instanceof Error)) return error;
  const cause = redactedError(error.cause, redact);
  const texts = textsOf(error);
  if (cause === error.cause && texts.every((text) => redact(text) === text)) return error;
  const copy = copyOf(error, cause, redact);
  copy.stack = redact(error.stack ?? '');
  return copy;
}

/** Plain data with every text in it redacted. */
export function redactedValue<T>(value: T, redact: Redact): T {
  const within = (part: unknown): unknown => {
    if (typeof part === 'string') return redact(part);
    if (Array.isArray(part)) return part.map(within);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [name, within(field)]));
  };
  return within(value) as T;
}

function textsOf(error: Error): string[] {
  const texts = [error.message, error.stack ?? ''];
  if (error instanceof OpsError) texts.push(error.hint ?? '', ...error.details);
  if (error instanceof ToolFailed) texts.push(error.stdout, error.stderr, ...error.args);
  return texts;
}

/** Of a program that failed the whole output goes: what it ended with is in the details. */
function copyOf(error: Error, cause: unknown, redact: Redact): Error {
  if (!(error instanceof OpsError)) return new Error(redact(error.message), { cause });
  const { kind, code, message, hint, details } = error;
  return new OpsError(kind, code, redact(message), {
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    details: details.map(redact),
    cause,
  });
}
