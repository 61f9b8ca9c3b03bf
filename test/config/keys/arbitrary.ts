/** Any valid configuration, made from the table of keys itself, so that a new row is tested without a word here. */
import fc from 'fast-check';
import { beginsTypographic } from '../../../src/config/checks/typographic-quotes.ts';
import type { Config, ObjectValue } from '../../../src/config/config.ts';
import type { FieldRow, KeyRow, ObjectsRow } from '../../../src/config/keys/key-types.ts';
import { rows } from '../../../src/config/keys/keys.ts';
import { checkString } from '../../../src/config/keys/values.ts';

/** Without the quotes of a word processor in front, of which a reader always warns. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom('a', ' ', '"', "'", '\\', 'x', '4', '$', '=', '[', ']', '\n', '\t', 'à'),
    }),
    fc.constantFrom('true', 'null', '0644', '1e3', '~', '- a', '#', '$6$salt$hash', '4 4 1 7', '.'),
  )
  .filter((text) => !beginsTypographic(text.trimStart()));

/** Values that pass particular checks, tried beside any text. */
const samples = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFHtaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a"b',
  'github:bhojpur',
  'https://example.com/a?b=c&d',
  '/etc/x y',
  'key1=value1:NoSchedule',
  'myhost',
  'kvm',
  'de-latin1',
  '10.0.0.1',
  'fe80::1%eth0',
  '2001:db8::1',
  '192.168.1.10/24',
  '10.0.0.2/32',
  '2001:db8::5/64',
  '192.168.0.0/16',
  '2001:db8:1::/48',
  '52:54:00:12:34:56',
  '1500',
  'example.com',
  'bhojpur:users',
  'home wifi',
  '60',
  '3',
  '10m',
  '0s',
  '30 2 * * sun',
  '@every 1h30m',
  'Europe/Berlin',
  'sat,sun 02:00-05:00 Europe/Berlin',
  '2026-12-01T03:30:00+01:00',
  'model=Samsung SSD*,size>=500G',
  '0Fa9'.repeat(16),
  'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR',
];

function stringFor(row: KeyRow | FieldRow): fc.Arbitrary<string> {
  if (row.type === 'boolean') return fc.constantFrom('true', 'false');
  if (row.type === 'mode') return fc.constantFrom('0644', '755', '0o600');
  if ('choices' in row && row.choices) return fc.constantFrom(...row.choices);
  const doubtful = (sample: string) => 'warn' in row && row.warn?.(sample) !== undefined;
  const fitting = samples.filter((sample) => checkString(row, sample) === undefined && !doubtful(sample));
  const free = anyText.filter((text) => text !== '' && checkString(row, text) === undefined);
  const restricted =
    'check' in row && row.check !== undefined && checkString(row, 'any text at all') !== undefined;
  return restricted ? fc.constantFrom(...fitting) : free;
}

function valueFor(row: KeyRow): fc.Arbitrary<unknown> {
  switch (row.type) {
    case 'boolean':
      return fc.boolean();
    case 'string':
      return stringFor(row);
    case 'strings':
      return fc
        .uniqueArray(stringFor(row), { maxLength: 3 })
        .map((values) => (row.checkWhole?.(values) === undefined ? values : ['server', ...values]));
    case 'map':
      return fc
        .array(
          fc
            .tuple(
              fc.oneof(
                anyText.filter((name) => name !== ''),
                fc.constantFrom('region', 'a.example/b', 'kernel.printk', 'http_proxy'),
              ),
              stringFor(row),
            )
            .filter(([name, text]) => row.checkEntry?.(name, text) === undefined),
          { minLength: 1, maxLength: 3 },
        )
        .map((pairs) => Object.fromEntries(pairs));
    case 'objects':
      return fc
        .array(
          objectFor(row.fields)
            .map((object) => mended(row, object as ObjectValue))
            .filter((object) => object !== undefined),
          { maxLength: 3 },
        )
        .map((objects) => agreeing(row, objects as ObjectValue[]));
  }
}

/** Without the fields that the row's check names; undefined when one of these is required. */
function mended(row: ObjectsRow, object: ObjectValue): ObjectValue | undefined {
  const name = row.checkObject?.(object)?.field.replace(/[.[].*$/, '');
  if (name === undefined) return object;
  if (row.fields[0].name === name || !Object.hasOwn(object, name)) return undefined;
  const { [name]: _, ...rest } = object;
  return mended(row, rest);
}

/** Without the objects that do not go with the others. */
function agreeing(row: ObjectsRow, objects: readonly ObjectValue[]): readonly ObjectValue[] {
  const fault = row.checkList?.(objects);
  return fault === undefined
    ? objects
    : agreeing(
        row,
        objects.filter((_, index) => index !== fault.index),
      );
}

function fieldFor(field: FieldRow): fc.Arbitrary<unknown> {
  if (field.type === 'object') return objectFor(field.fields ?? []);
  if (field.type === 'objects')
    return fc.array(objectFor(field.fields ?? []), { minLength: 1, maxLength: 2 });
  return field.type === 'strings' ? fc.uniqueArray(stringFor(field), { maxLength: 2 }) : stringFor(field);
}

function objectFor(fields: readonly FieldRow[]): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(fields.map((field) => [field.name, fieldFor(field)]));
  return fc.record(model, {
    requiredKeys: fields.filter(({ required }) => required).map(({ name }) => name),
    noNullPrototype: true,
  });
}

/** With `commandLineOnly` keys too. */
export const anyConfig: fc.Arbitrary<Config> = fc.record(
  Object.fromEntries(rows.map((row) => [row.name, valueFor(row)])),
  { requiredKeys: [], noNullPrototype: true },
) as fc.Arbitrary<Config>;
