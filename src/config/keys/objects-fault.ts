/** The first fault of a list of objects that was not parsed from a file: of its fields, its entries, and all together. Pure. */
import type { FieldRow, FieldValue, ObjectFault, ObjectsRow, ObjectValue } from './key-types.ts';
import { checkString } from './values.ts';

export function objectsFault(
  row: ObjectsRow,
  objects: readonly ObjectValue[],
): (ObjectFault & { readonly index: number }) | undefined {
  for (const [index, object] of objects.entries()) {
    const fault = fieldFault(row.fields, object, '') ?? row.checkObject?.(object);
    if (fault !== undefined) return { index, ...fault };
  }
  return row.checkList?.(objects);
}

/** The first value that does not fit its field. */
function fieldFault(
  fields: readonly FieldRow[],
  object: ObjectValue,
  prefix: string,
): ObjectFault | undefined {
  for (const field of fields) {
    const value = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    const fault = value === undefined ? undefined : valueFault(field, value, `${prefix}${field.name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function valueFault(field: FieldRow, value: FieldValue, at: string): ObjectFault | undefined {
  if (field.type === 'object') return fieldFault(field.fields ?? [], value as ObjectValue, `${at}.`);
  const all =
    field.type === 'strings' || field.type === 'objects' ? (value as readonly FieldValue[]) : [value];
  for (const [index, one] of all.entries()) {
    const place = all.length === 1 && field.type === 'string' ? at : `${at}[${index}]`;
    if (field.type === 'objects') {
      const fault = fieldFault(field.fields ?? [], one as ObjectValue, `${place}.`);
      if (fault !== undefined) return fault;
      continue;
    }
    const message = checkString(field, String(one));
    if (message !== undefined) return { field: place, message };
  }
  return undefined;
}
