/** The schema and the parser take the same types: every key and every field with a value of each type. */
import test from 'ava';
import { z } from 'zod';
import { rows } from '../../../src/config/keys/keys.ts';
import { configSchema } from '../../../src/config/keys/schema.ts';
import { nestConfig } from '../../../src/config/render.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

const validator = z.fromJSONSchema(configSchema());

const scalars: readonly unknown[] = [null, true, 'true', 'no', 1, 1.5, 'a', '/a', 'server', ''];
const values: readonly unknown[] = [
  ...scalars,
  [],
  ...scalars.map((one) => [one]),
  [['a', 1]],
  [[]],
  [{}],
  {},
  ...scalars.map((one) => ({ a: one })),
  { a: ['b'] },
  { a: {} },
];

function cases(): { readonly name: string; readonly value: unknown }[] {
  return rows
    .filter((row) => !row.commandLineOnly)
    .flatMap((row) => {
      const plain = values.map((value) => ({ name: row.name, value }));
      if (row.type !== 'objects') return plain;
      const [first] = row.fields;
      const inFields = row.fields.flatMap((field) =>
        values.map((value) => ({ name: row.name, value: [{ [first.name]: '/a', [field.name]: value }] })),
      );
      return [...plain, ...inFields];
    });
}

test('what the parser takes without a word the schema takes, and a wrong type is refused by both', (t) => {
  let taken = 0;
  for (const { name, value } of cases()) {
    // JSON is YAML.
    const text = JSON.stringify(nestConfig({ [name]: value } as never));
    const { diagnostics } = parseConfigYaml(text, 'c');
    const fits = validator.safeParse(JSON.parse(text)).success;
    const types = diagnostics.filter(({ message }) =>
      /expected .*, found (a |nothing|true|false)/.test(message),
    );
    if (diagnostics.length === 0) {
      taken += 1;
      t.true(fits, `the schema refuses ${text}`);
    }
    if (types.length > 0) t.false(fits, `the schema takes ${text}: ${types[0]?.message}`);
  }
  t.true(taken > 100);
});
