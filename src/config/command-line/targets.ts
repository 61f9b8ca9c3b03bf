/** What a name on the kernel command line means: a key, an entry of a map, a field of an object. Pure. */
import type { FieldRow, ObjectsRow } from '../keys/key-types.ts';
import type { Row } from '../keys/keys.ts';
import { findKey, rows } from '../keys/keys.ts';
import { findSpelling } from '../keys/unknown-key.ts';
import { findField } from '../keys/values.ts';
import { unescapeValue } from './kernel-arguments.ts';

export interface Target {
  readonly row: Row;
  /** The entry of a map. */
  readonly sub?: string;
  /** A field of an object: the last of `path`, which leads to it through objects in objects. */
  readonly field?: FieldRow;
  readonly path?: readonly FieldRow[];
  /** The key has no such field: `field` is made up from the name. */
  readonly isUnknownField?: true;
  /** How it is better written. */
  readonly note?: string;
}

export const fieldsOf = (row: ObjectsRow): readonly FieldRow[] => row.fields;

/** `bos.wifi.name`: the fields of objects as they are written here. */
export const fieldNames = (): string[] =>
  rows.flatMap((row) => (row.type === 'objects' ? namesBelow(row.name, fieldsOf(row)) : []));

/** Of those that have fields of their own, these. */
const namesBelow = (prefix: string, fields: readonly FieldRow[]): string[] =>
  fields.flatMap(({ name, fields: inner }) =>
    inner === undefined ? [`${prefix}.${name}`] : namesBelow(`${prefix}.${name}`, inner),
  );

/** Names that only a typing error keeps from being ours. The kernel and its modules have none such. */
export const seemsOurs = (name: string): boolean => /^(bos|k3os)\./i.test(name);

export function findTarget(name: string): Target | undefined {
  const bracket = name.indexOf('[');
  if (bracket > 0 && name.endsWith(']')) {
    const row = findKey(name.slice(0, bracket));
    return row && { row, sub: unescapeValue(name.slice(bracket + 1, -1)) };
  }
  const row = findKey(name);
  if (row !== undefined) return { row };
  return below(name) ?? spelt(name);
}

/** `bos.labels.machine`: the longest beginning that is a key, and what follows it. */
function below(name: string): Target | undefined {
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const parent = findKey(name.slice(0, dot));
    const rest = name.slice(dot + 1);
    if (parent?.type === 'objects') {
      const path = fieldPath(fieldsOf(parent), rest);
      const field = path?.at(-1);
      return path === undefined || field === undefined
        ? { row: parent, ...unknown(rest), isUnknownField: true }
        : { row: parent, field, path };
    }
    if (parent?.type === 'map' && rest !== '') {
      const note = `is taken for ${parent.name}[${rest}]; write it so`;
      return { row: parent, sub: unescapeValue(rest), note };
    }
  }
  return undefined;
}

/** `routes.via`: the fields that lead to it. */
function fieldPath(fields: readonly FieldRow[], name: string): readonly FieldRow[] | undefined {
  const dot = name.indexOf('.');
  const field = findField(fields, dot < 0 ? name : name.slice(0, dot));
  if (field === undefined) return undefined;
  if (dot < 0) return field.fields === undefined ? [field] : undefined;
  const inner = fieldPath(field.fields ?? [], name.slice(dot + 1));
  return inner === undefined ? undefined : [field, ...inner];
}

function unknown(name: string): Required<Pick<Target, 'field' | 'path'>> {
  const field: FieldRow = { name, type: 'string', help: '' };
  return { field, path: [field] };
}

/** A spelling of which there can be no doubt, except where it decides what this machine joins. */
function spelt(name: string): Target | undefined {
  const row = /^bos\./i.test(name) ? findSpelling(name) : undefined;
  if (row === undefined || row.commandLineOnly || row.decides === 'joining' || row.phases.includes('install'))
    return undefined;
  return { row, note: `is taken for ${row.name}; write it so` };
}
