/**
 * Requests to patch a node once: the annotation `bhojpur.net/patch` of its node object (`now`, or a time as RFC 3339 writes
 * it), and `bos.patch.after`. What was done is remembered by its text, so one request patches once. Pure.
 */
import { parseTimestamp } from '../formats/time/timestamp.ts';

export const patchAnnotation = 'bhojpur.net/patch';

/**
 * none: nothing is asked for, or it was done. due: it is to be done now. later: at `at`, milliseconds since 1970.
 * invalid: nobody can tell what is meant.
 */
export type Requested =
  | { readonly kind: 'none' }
  | { readonly kind: 'due' | 'invalid'; readonly value: string }
  | { readonly kind: 'later'; readonly value: string; readonly at: number };

/** `value` is what is asked for, `handled` the last that was done; `now` in milliseconds since 1970. */
export function requestOf(value: string | undefined, handled: string | undefined, now: number): Requested {
  const text = value?.trim() ?? '';
  if (text === '' || text === handled) return { kind: 'none' };
  if (text === 'now') return { kind: 'due', value: text };
  const at = parseTimestamp(text);
  if (at === undefined) return { kind: 'invalid', value: text };
  return at <= now ? { kind: 'due', value: text } : { kind: 'later', value: text, at };
}

/** Whether the request that was done last is no longer there: then the same words ask again. */
export const isWithdrawn = (
  annotations: Readonly<Record<string, string>>,
  record: { readonly annotation?: string | undefined },
): boolean => record.annotation !== undefined && annotations[patchAnnotation] === undefined;

/** What the annotations of the node ask for. */
export const requestedPatch = (
  annotations: Readonly<Record<string, string>>,
  record: { readonly annotation?: string | undefined },
  now: number,
): Requested => requestOf(annotations[patchAnnotation], record.annotation, now);
