/** What every source checks alike: single strings against their row, and the words for what was expected. */
import { modeFault } from '../checks/file-modes.ts';
import { templateFault } from '../checks/templates.ts';
import type { FieldRow, KeyRow } from './key-types.ts';

/** Why `value` does not fit the row (or a field, or an element of a list), or undefined when it does. */
export function checkString(row: KeyRow | FieldRow, value: string): string | undefined {
  if (value.includes('\0')) return 'holds a NUL byte';
  const template = takesTemplates(row) ? undefined : templateFault(value);
  if (template !== undefined) return template;
  if (row.type === 'mode') return modeFault(value);
  if (row.type === 'boolean' && value !== 'true' && value !== 'false')
    return `expected ${expectations.boolean}`;
  const { choices, check } = constraints(row);
  if (choices !== undefined && !choices.includes(value)) {
    const shown = choices.filter((choice) => choice !== '').join(', ');
    return `expected one of ${shown}${row.secret ? '' : `, found "${value}"`}`;
  }
  return check?.(value);
}

/** In commands and in files a template may be for somebody else. What the boot reads, the initrd reads alike. */
const takesTemplates = (row: KeyRow | FieldRow): boolean =>
  row.type === 'content' ||
  ('commands' in row && row.commands === true) ||
  ('commandLineOnly' in row && row.commandLineOnly === true);

function constraints(row: KeyRow | FieldRow): Pick<FieldRow, 'choices' | 'check'> {
  return 'choices' in row || 'check' in row ? (row as Pick<FieldRow, 'choices' | 'check'>) : {};
}

const expectations = {
  string: 'a string',
  boolean: 'true or false',
  strings: 'a list of strings',
  map: 'a map of strings',
  objects: 'a list of maps',
  object: 'a map',
  content: 'a string or !!binary',
  mode: 'permission bits in octal, such as "0644"',
} as const;

/** The type in words: `a list of strings`. */
export const expectation = (type: keyof typeof expectations): string => expectations[type];

/** The field of an object by its name or another one for the same. */
export const findField = (fields: readonly FieldRow[], name: string): FieldRow | undefined =>
  fields.find((field) => field.name === name || field.aliases?.includes(name));
