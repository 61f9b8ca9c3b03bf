/** Passwords that are soon guessed are warned of, wherever the configuration is checked; hashes cannot be judged. */
import test from 'ava';
import { passwordWarnings, weakness } from '../../../src/config/checks/weak-password.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

for (const weak of [
  'a',
  'abc',
  'secret',
  '1234567',
  'password1',
  'Passw0rd123',
  'bhojpur!',
  '12345678',
  'aaaaaaaa',
  'ababababab',
  'Welcome2024',
  'qwerty123',
])
  test(`weak: ${weak}`, (t) => t.regex(weakness(weak) ?? '', /^it /));
for (const fine of ['correct horse', 'Tr0ub4dor&3', 'eight-ok', 'zufällig7x', 'a password of mine'])
  test(`not plainly weak: ${fine}`, (t) => t.is(weakness(fine), undefined));

const warned = (text: string) =>
  passwordWarnings(parseConfigYaml(Buffer.from(text), 'c.yaml').layer).map(
    ({ severity, place, key, message, about }) => `${severity} ${place.line} ${key} ${message} ${about}`,
  );

test('in a configuration: a warning with its place, which stops nothing and does not show the password', (t) => {
  t.deepEqual(warned('bos:\n  password: hunter2\n'), [
    'warning 2 bos.password is weak: it has fewer than 8 characters undefined',
  ]);
  t.deepEqual(warned('bos: {password: correct horse}\n'), []);
  t.deepEqual(warned('bos: {password: "$6$salt$hash"}\n'), []);
  t.deepEqual(warned('hostname: a\n'), []);
});
