/** Objects of lists on the kernel command line: `key.field=value`, `key.field.inner=value`, a word for each. Pure. */
import type { FieldRow, FieldValue, ObjectValue } from '../keys/key-types.ts';

type Fields = Record<string, FieldValue>;

/** No value holds a NUL: it marks a field whose fault was told, and with it all of its object. */
export const faultyField = '\0';

/** Adds a value to the last of the objects, or to the next one if that has the field already; in place. */
export function addToLast(objects: Fields[], path: readonly FieldRow[], text: string): void {
  const last = objects.at(-1);
  if (last !== undefined && !has(last, path)) put(last, path, text);
  else {
    const next: Fields = {};
    put(next, path, text);
    objects.push(next);
  }
}

/** Whether the field can take no other value. */
function has(object: Fields, [field, ...inner]: readonly FieldRow[]): boolean {
  if (field === undefined || !Object.hasOwn(object, field.name)) return false;
  if (field.type === 'object') return has(object[field.name] as Fields, inner);
  return field.type !== 'strings' && field.type !== 'objects';
}

function put(object: Fields, [field, ...inner]: readonly FieldRow[], text: string): void {
  if (field === undefined) return;
  const { name, type } = field;
  const before = Object.hasOwn(object, name) ? object[name] : undefined;
  if (type === 'strings') {
    const texts = (before ?? []) as string[];
    if (text !== '') texts.push(text);
    setOwn(object, name, texts);
  } else if (type === 'object' && inner.length > 0) {
    const below = (before ?? {}) as Fields;
    put(below, inner, text);
    setOwn(object, name, below);
  } else if (type === 'objects' && inner.length > 0) {
    const below = (before ?? []) as Fields[];
    addToLast(below, inner, text);
    setOwn(object, name, below);
  } else setOwn(object, name, text);
}

/** The name may be `__proto__`. */
export const setOwn = <T>(object: Record<string, T>, name: string, value: NoInfer<T>): Record<string, T> =>
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });

/** Whether a fault in it was told. */
export function isFaulty(value: FieldValue): boolean {
  if (typeof value === 'string') return value === faultyField;
  if (value instanceof Uint8Array) return false;
  return Object.values(value as ObjectValue).some(isFaulty);
}

/** A required field that is not there, by its name in the object: `vlan.link`. */
export function missingField(fields: readonly FieldRow[], object: ObjectValue): string | undefined {
  for (const { name, type, required, fields: inner = [] } of fields) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined) {
      if (required) return name;
      continue;
    }
    const below = type === 'object' ? [value] : type === 'objects' ? (value as readonly ObjectValue[]) : [];
    for (const one of below) {
      const missing = missingField(inner, one as ObjectValue);
      if (missing !== undefined) return `${name}.${missing}`;
    }
  }
  return undefined;
}

/** Each field that a word can set, and its value there; an empty list is one empty word. */
export function leavesOf(
  fields: readonly FieldRow[],
  object: ObjectValue,
): readonly (readonly [name: string, value: string | Uint8Array])[] {
  return fields.flatMap(({ name, type, fields: inner = [] }) => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined) return [];
    if (type === 'strings') {
      const texts = value as readonly string[];
      return texts.length === 0 ? [[name, ''] as const] : texts.map((text) => [name, text] as const);
    }
    if (type !== 'object' && type !== 'objects') return [[name, value as string | Uint8Array] as const];
    const below = type === 'object' ? [value as ObjectValue] : (value as readonly ObjectValue[]);
    return below.flatMap((one) =>
      leavesOf(inner, one).map(([leaf, text]) => [`${name}.${leaf}`, text] as const),
    );
  });
}
