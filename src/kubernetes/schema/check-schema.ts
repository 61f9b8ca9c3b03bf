/** Compares values with a schema, as the API server does when kubectl applies them: all faults at once. Pure. */
import { didYouMean } from '../../config/nearest.ts';
import type { Located, LocatedMap, LocatedWord } from './located.ts';
import type { ObjectSchema, Schema } from './schema.ts';

export type Path = readonly (string | number)[];

/** `spec.window.days[0]`. */
export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

export interface SchemaFault {
  readonly path: Path;
  /** Where it stands, where that is not the value: at the key. */
  readonly offset?: number;
  readonly message: string;
  /** A field that the schema does not have. */
  readonly unknown?: true;
  /** A number, true or false that was meant as text. */
  readonly unquoted?: true;
}

const int32Limit = 2 ** 31;

/**
 * What is wrong with a value. A field with nothing behind it counts as left out, as the API server has it; `where` says
 * what an unknown field is not part of.
 */
export function schemaFaults(value: Located, schema: Schema, where: string): readonly SchemaFault[] {
  const faults: SchemaFault[] = [];
  const report: Reporting = (path, message, more = {}) => void faults.push({ path, message, ...more });
  check(value, schema, [], { report, where });
  return faults;
}

type Reporting = (
  path: Path,
  message: string,
  more?: Pick<SchemaFault, 'offset' | 'unknown' | 'unquoted'>,
) => void;

interface Checking {
  readonly report: Reporting;
  readonly where: string;
}

function check(value: Located, schema: Schema, path: Path, checking: Checking): void {
  const { report } = checking;
  if (schema.type === 'any') return;
  if (value.kind === 'word') {
    const fault = wordFault(value, schema);
    const unquoted = schema.type === 'string' && typeof value.value !== 'string';
    if (fault !== undefined) report(path, fault, unquoted ? { unquoted } : {});
    return;
  }
  if (schema.type === 'list' && value.kind === 'list') {
    if (value.items.length < (schema.atLeast ?? 0))
      report(path, `must have at least ${schema.atLeast} entry`);
    for (const [index, item] of value.items.entries()) check(item, schema.items, [...path, index], checking);
  } else if (schema.type === 'map' && value.kind === 'map') {
    for (const [name, entry] of value.entries) check(entry.value, schema.values, [...path, name], checking);
  } else if (schema.type === 'object' && value.kind === 'map') {
    checkObject(value, schema, path, checking);
  } else report(path, `expected ${expected(schema)}, found ${value.kind === 'map' ? 'a map' : 'a list'}`);
}

function checkObject(value: LocatedMap, schema: ObjectSchema, path: Path, checking: Checking): void {
  const { report, where } = checking;
  const names = Object.keys(schema.fields);
  for (const [name, entry] of value.entries) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (field !== undefined) check(entry.value, field, [...path, name], checking);
    else
      report([...path, name], `is not a field of ${where}${didYouMean(name, names)}`, {
        ...{ offset: entry.keyOffset, unknown: true },
      });
  }
  for (const name of schema.required ?? []) {
    const entry = value.entries.get(name);
    if (entry === undefined || isNothing(entry.value)) report([...path, name], 'is missing');
  }
}

const isNothing = (value: Located): boolean => value.kind === 'word' && value.value === null;

function wordFault({ value }: LocatedWord, schema: Schema): string | undefined {
  if (value === null) return undefined;
  const wrong = `expected ${expected(schema)}, found ${described(value)}`;
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string') return `${wrong}; write it in quotes`;
      if (schema.oneOf !== undefined && !schema.oneOf.includes(value))
        return `"${value}" is not possible${didYouMean(value, schema.oneOf)}`;
      return schema.notEmpty && value === '' ? 'is empty' : undefined;
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrong;
      return schema.bits === 32 && (value < -int32Limit || value >= int32Limit)
        ? 'does not fit into 32 bits'
        : undefined;
    case 'int-or-string':
      if (typeof value === 'boolean' || (typeof value === 'number' && !Number.isInteger(value))) return wrong;
      return schema.pattern?.test(String(value)) === false
        ? 'is not a quantity such as 100m or 64Mi'
        : undefined;
    case 'number':
      return typeof value === 'number' ? undefined : wrong;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong;
    default:
      return wrong;
  }
}

function expected(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'int-or-string':
      return 'text or a whole number';
    case 'list':
      return 'a list';
    default:
      return 'a map';
  }
}

const described = (value: string | number | boolean): string =>
  typeof value === 'string' ? 'text' : typeof value === 'number' ? `the number ${value}` : String(value);
