/** A variable under the names that Terraform's provider and the file of a profile have for its parts. Pure. */
import type { Variable } from '../model.ts';

/** Left out when it is empty. */
export const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
/** Left out when it is false. */
export const set = (flag: boolean): true | undefined => (flag ? true : undefined);

/** In the order in which they stand; undefined for what is left out. */
export const variableFields = (variable: Variable) => ({
  name: variable.name,
  display_name: variable.displayName,
  format: variable.format,
  description: filled(variable.description),
  default_value: filled(variable.defaultValue),
  regex: filled(variable.regex),
  required: set(variable.required),
  immutable: set(variable.immutable),
  is_sensitive: set(variable.isSensitive),
  hidden: set(variable.hidden),
});
