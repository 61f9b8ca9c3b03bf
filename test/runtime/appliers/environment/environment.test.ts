import test from 'ava';
import fc from 'fast-check';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import { environmentApplier } from '../../../../src/runtime/appliers/environment/environment.ts';
import {
  checkEnvironment,
  withVariables,
} from '../../../../src/runtime/appliers/environment/environment-file.ts';
import { watchUntouched } from '../../../fakes/untouched.ts';
import { runs } from '../../../properties.ts';
import type { FakeRoot } from '../../fake-root.ts';
import { fakeRoot, real } from '../../fake-root.ts';

/** As Linux-PAM 1.5.2 reads it (pam_env.c, _assemble_line and _parse_env_file). */
function readAsPam(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const raw of text.replace(/\\\n/g, '').split('\n')) {
    if (Buffer.byteLength(raw) > 8190) return new Map();
    const line = (raw.replace(/^[ \t]+/, '').split('#')[0] ?? '').replace(/^export /, '');
    const [, name, rest = ''] = /^([A-Za-z0-9_]+)=(.*)$/s.exec(line) ?? [];
    if (name === undefined) continue;
    found.set(name, /^["']/.test(rest) ? rest.slice(1).replace(/["']$/, '') : rest.trimEnd());
  }
  return found;
}

/** As systemd 252 reads it (env-file.c, parse_env_file_internal), a state for each character. */
function readAsSystemd(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let state: 'key' | 'comment' | 'before' | 'bare' | 'single' | 'double' = 'key';
  let [name, value, kept] = ['', '', 0];
  const finish = () => {
    found.set(name, state === 'bare' ? value.slice(0, kept) : value);
    [name, value, kept, state] = ['', '', 0, 'key'];
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (state === 'comment') {
      if (char === '\n') state = 'key';
    } else if (state === 'key') {
      if (char === '=') state = 'before';
      else if (char === '#' && name === '') state = 'comment';
      else if (char === '\n') name = '';
      else if (name !== '' || !/\s/.test(char)) name += char;
    } else if (state === 'single') {
      if (char === "'") state = 'before';
      else value += char;
    } else if (state === 'double') {
      if (char === '"') state = 'before';
      else if (char === '\\' && /["\\`$]/.test(next)) value += text[++at];
      else value += char;
    } else if (char === '\n') finish();
    else if (state === 'before' && char === "'") state = 'single';
    else if (state === 'before' && char === '"') state = 'double';
    else if (state === 'bare' || !/[ \t]/.test(char)) {
      state = 'bare';
      if (char === '\\') value += text[++at] ?? '';
      else value += char;
      if (!/[ \t]/.test(char)) kept = value.length;
    }
  }
  if (state !== 'key' && state !== 'comment') finish();
  return found;
}

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
/** Mostly of what quoting is about. */
const value = fc.oneof(
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', ' ', '\t', 'a', '=', '#', 'é', ';'),
    maxLength: 8,
  }),
  fc.string({ unit: 'grapheme' }),
);

test('what is written is read alike by logins and services, beside the lines of others', (t) => {
  const others = '# mine\nLANG=C.UTF-8\nPATH="/usr/bin"\n';
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 4 }), (values) => {
      const { variables, faults } = checkEnvironment(values);
      t.is(Object.keys(variables).length + faults.length, Object.keys(values).length);
      const text = withVariables(others, variables);
      const expected = { LANG: 'C.UTF-8', PATH: '/usr/bin', ...variables };
      t.deepEqual(Object.fromEntries(readAsPam(text)), expected);
      t.deepEqual(Object.fromEntries(readAsSystemd(text)), expected);
      t.is(withVariables(text, variables), text);
      t.is(withVariables(text, {}), others);
    }),
    { numRuns: runs(1000) },
  );
});

const accepted = test.macro({
  exec: (t, text: string) => {
    t.deepEqual(checkEnvironment({ A: text }), { variables: { A: text }, faults: [] });
  },
  title: (_, text) => `accepted: ${JSON.stringify(text).slice(0, 60)}`,
});
for (const text of [
  ...[
    '',
    ' ',
    'http://user:p%23@proxy:3128',
    'a b',
    "it's",
    'say "x"',
    `a'b"c`,
    '\\',
    'C:\\dir',
    '$HOME `x`',
  ],
  ...['a=b', '.example.com,10.0.0.0/8', 'naïve', 'x'.repeat(7990)],
])
  test(accepted, text);

const refused = test.macro({
  exec: (t, variable: string, text: string, message: RegExp) => {
    const { variables, faults } = checkEnvironment({ [variable]: text, GOOD: 'x' });
    t.deepEqual(variables, { GOOD: 'x' });
    t.is(faults.length, 1);
    t.regex(faults[0] ?? '', message);
    t.false(text.length > 3 && (faults[0] ?? '').includes(text));
  },
  title: (_, variable, text) => `refused: ${variable}=${JSON.stringify(text).slice(0, 40)}`,
});
test(refused, '1A', 'hush', /"1A" is not a variable name/);
test(refused, 'A-B', 'hush', /is not a variable name/);
test(refused, 'A B', 'hush', /is not a variable name/);
test(refused, '', 'hush', /is not a variable name/);
test(refused, 'Ä', 'hush', /is not a variable name/);
test(refused, 'A', 'hush\nB=evil', /line end/);
test(refused, 'A', 'hush\r', /line end/);
test(refused, 'A', 'hu\u001bsh', /control character/);
test(refused, 'A', 'hu#sh', /a #, which begins .* write %23/);
test(refused, 'A', `'a" \\x`, /mixes both kinds of quotes/);
test(refused, 'A', 'x'.repeat(8000), /longer than the 8000 bytes/);

const apply = (fake: FakeRoot, values?: Readonly<Record<string, string>>) =>
  environmentApplier.run(
    applyContext(fake.host, fake.root, 'boot', values === undefined ? {} : { 'bos.environment': values }),
  );

test('/etc/environment has them, once, and others’ lines stay', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/environment', 'LANG=C');
  await apply(fake, { http_proxy: 'http://a', NO_PROXY: 'x y' });
  const text = await fake.read('etc/environment');
  t.deepEqual(
    text.split('\n').filter((line) => !line.startsWith('#')),
    ['LANG=C', "http_proxy='http://a'", "NO_PROXY='x y'", ''],
  );
  // The URL of a proxy may have its password in it.
  t.is(await fake.mode('etc/environment'), '600');
  const isUntouched = watchUntouched(`${fake.root}/etc/environment`);
  await apply(fake, { http_proxy: 'http://a', NO_PROXY: 'x y' });
  t.true(isUntouched());
  await apply(fake, { http_proxy: 'http://b' });
  t.true((await fake.read('etc/environment')).includes("http_proxy='http://b'"));
  t.false((await fake.read('etc/environment')).includes('NO_PROXY'));
  await apply(fake);
  t.is(await fake.read('etc/environment'), 'LANG=C\n');
});

test('a file without variables of ours is left as it is, and none is made', async (t) => {
  const fake = await fakeRoot(t);
  await apply(fake);
  t.false(await real.files.exists(`${fake.root}/etc/environment`));
  await fake.write('etc/environment', 'LANG=C\n\n');
  await apply(fake);
  t.is(await fake.read('etc/environment'), 'LANG=C\n\n');
});

test('a faulty variable is reported and the others are set', async (t) => {
  const fake = await fakeRoot(t);
  const error = await t.throwsAsync(apply(fake, { '1A': 'x', B: 'good', C: 'hu\nsh' }));
  t.is(
    error?.message,
    '"1A" is not a variable name: use letters, digits and _, no digit first; the value of C has a line end, which /etc/environment cannot hold',
  );
  t.deepEqual(Object.fromEntries(readAsPam(await fake.read('etc/environment'))), { B: 'good' });
});

test('every service reads the file', async (t) => {
  const dropIn = new URL(
    '../../../../os/overlay/usr/lib/systemd/system/service.d/bos-environment.conf',
    import.meta.url,
  ).pathname;
  t.regex(await real.files.readText(dropIn), /^\[Service\]\nEnvironmentFile=-\/etc\/environment$/m);
});
