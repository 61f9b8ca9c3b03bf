/** Checks of what is typed. Those of the table of keys do not count spaces around it. */
import type { Check } from '../config/key-types.ts';

/** True, or what is wrong with the answer. */
export type Validate = (value: string) => true | string | Promise<true | string>;

/** For Enter: true, or what was expected. */
export const checkTyped =
  (check: Check): Validate =>
  (value) =>
    check(value.trim()) ?? true;

/** While typing. */
export const trimmedHint =
  (check: Check) =>
  (value: string): string | undefined =>
    check(value.trim());
