/** What of a machine nobody may read in an error or a log. Pure. */
import { type Redact, redactor } from '../../config/redact.ts';
import type { Machine } from './store.ts';

/** Shorter values (`=1`, `=yes`) are no secrets, and hiding them would hide parts of other words. */
const shortest = 4;

/** Hides its token and the values of its arguments and settings; their names stay. */
export function hidingOf({ token, spec }: Machine): Redact {
  const { append_kargs = [], delete_kargs = [], replace_kargs = [], install = {} } = spec ?? {};
  const values = [
    ...[...append_kargs, ...delete_kargs, ...replace_kargs].flatMap((argument) =>
      argument.split('=').slice(1),
    ),
    ...Object.values(install).filter((value) => typeof value === 'string'),
  ];
  return redactor([
    ...(token === undefined ? [] : [token]),
    ...values.filter(({ length }) => length >= shortest),
  ]);
}
