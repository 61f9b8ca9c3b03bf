/** Checks of what is typed. Those of the table of keys do not count spaces around it. */
import type { Check } from '../../config/keys/key-types.ts';

/** True, or what is wrong with the answer. By `signal` it learns that nobody waits for it any more. */
export type Validate = (value: string, signal?: AbortSignal) => true | string | Promise<true | string>;

/** For Enter: true, or what was expected. */
export const validateInput =
  (check: Check): Validate =>
  (value) =>
    check(value.trim()) ?? true;

/** While typing. */
export const trimmedHint =
  (check: Check) =>
  (value: string): string | undefined =>
    check(value.trim());
