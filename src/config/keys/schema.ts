/**
 * The JSON Schema of config.yaml, for editors. Stricter than the parser in one way: an unknown key is a fault
 * here, so that an editor marks a typing error, and a warning there.
 */
import type { FieldRow, StringsRow } from './key-types.ts';
import type { Row } from './keys.ts';
import { rows } from './keys.ts';

type Schema = Record<string, unknown>;

/** Draft 7, the one that the YAML language server and most editors read. */
export function configSchema(): Schema {
  const root = group('Configuration of Bhojpur OS');
  for (const row of rows) {
    if (row.commandLineOnly) continue;
    addProperty(root, row.name, valueSchema(row));
    for (const alias of row.aliases ?? []) {
      addProperty(root, alias, { ...valueSchema(row), description: `The same as ${row.name}.` });
    }
  }
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...root };
}

const group = (title: string): Schema => ({
  title,
  type: ['object', 'null'],
  properties: {},
  additionalProperties: false,
});

function addProperty(root: Schema, name: string, schema: Schema): void {
  const parts = name.split('.');
  const last = parts.pop() ?? name;
  let parent = root;
  for (const part of parts) {
    const properties = parent.properties as Record<string, Schema>;
    properties[part] ??= group(part);
    parent = properties[part];
  }
  (parent.properties as Record<string, Schema>)[last] = schema;
}

/** Numbers are taken for strings, and `null` takes back what an earlier source gave. */
const text: Schema = { type: ['string', 'number'] };
const booleans = [true, false, 'true', 'false'] as const;

function valueSchema(row: Row): Schema {
  const about = { description: row.help, examples: [row.example] };
  switch (row.type) {
    case 'boolean':
      return { ...about, type: ['boolean', 'null'], ...('default' in row ? { default: row.default } : {}) };
    case 'string':
      if (row.choices) return { ...about, enum: [...row.choices, null] };
      return {
        ...about,
        type: ['string', 'number', 'null', ...(row.words ? ['boolean'] : [])],
        ...('default' in row ? { default: row.default } : {}),
      };
    case 'strings':
      return { ...about, type: ['array', 'null'], items: elementSchema(row) };
    case 'map':
      return {
        ...about,
        type: ['object', 'null'],
        additionalProperties: { type: ['string', 'number', 'null', ...(row.words ? ['boolean'] : [])] },
      };
    case 'objects':
      return { ...about, type: ['array', 'null'], items: objectSchema(row.fields) };
  }
}

function elementSchema(row: StringsRow): Schema {
  if (row.choices) return { enum: row.choices };
  // A command may be a list of its words.
  return row.commands ? { anyOf: [text, { type: 'array', items: text, minItems: 1 }] } : text;
}

/** `null` is as good as leaving it out, where that may be done. */
function fieldSchema(field: FieldRow): Schema {
  const { type, fields = [] } = field;
  if (type === 'object') return orNull(field, objectSchema(fields));
  if (type === 'strings' || type === 'objects') {
    const items = type === 'objects' ? objectSchema(fields) : field.choices ? { enum: field.choices } : text;
    return orNull(field, { type: 'array', items });
  }
  if (field.choices) return { enum: field.required ? field.choices : [...field.choices, null] };
  if (field.type === 'boolean') return { enum: field.required ? booleans : [...booleans, null] };
  return field.required ? text : { type: ['string', 'number', 'null'] };
}

const orNull = ({ required }: FieldRow, schema: Schema): Schema =>
  required ? schema : { ...schema, type: [schema.type, 'null'] };

function objectSchema(fields: readonly FieldRow[]): Schema {
  return {
    type: 'object',
    required: fields.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(
      fields.flatMap((field) =>
        [field.name, ...(field.aliases ?? [])].map((name) => [
          name,
          { description: field.help, ...fieldSchema(field) },
        ]),
      ),
    ),
    additionalProperties: false,
  };
}
