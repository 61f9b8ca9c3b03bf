/** `opsctl edge validate` as it is typed. */
import test from 'ava';
import { edgeCommand } from '../../../../src/cli/commands/edge/command.ts';
import { airgap, connected, header } from '../../../palette/edge/user-data-texts.ts';
import { type FakeRoot, fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';

const opsctl = (fake: FakeRoot, ...argv: readonly string[]) =>
  runInside(fake, edgeCommand, ['validate', ...argv]);

const wrong = `${header}stylus:\n  paletteEndpoint: p.example.com\n`;

test('nothing is said of sound user-data', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('one', airgap);
  t.deepEqual(await opsctl(fake, '/one'), { exitCode: 0, out: '', err: '' });
});

test('warnings are told, and are no failure', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('one', connected);
  const { exitCode, out, err } = await opsctl(fake, '/one');
  t.deepEqual({ exitCode, out }, { exitCode: 0, out: '' });
  t.regex(err, /^\/one:5:20: warning: is a token as plain text/);
});

test('the faults of all files at once, with those that cannot be read', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('one', airgap);
  await fake.write('two', wrong);
  const { exitCode, out, err } = await opsctl(fake, '/one', '/two', '/three', '--site');
  t.deepEqual({ exitCode, out }, { exitCode: 2, out: '' });
  t.regex(err, /There are 2 errors in \/two, \/three/);
  t.regex(err, /\/two:3:3: stylus\.paletteEndpoint belongs to stylus\.site/);
  t.regex(err, /\/three: cannot be read: it does not exist/);
});

test('--json', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('one', airgap);
  await fake.write('two', wrong);
  const { exitCode, out } = await opsctl(fake, '/one', '/two', '--site', '--json');
  t.is(exitCode, 2);
  t.deepEqual(JSON.parse(out), {
    v: 1,
    files: [
      { file: '/one', mode: 'airgap' },
      { file: '/two', mode: 'connected' },
    ],
    diagnostics: [
      {
        severity: 'error',
        file: '/two',
        line: 3,
        column: 3,
        message: 'stylus.paletteEndpoint belongs to stylus.site: stylus.site.paletteEndpoint',
      },
    ],
  });
});

test('without a file there is nothing to check', async (t) => {
  const { exitCode, err } = await opsctl(await fakeRoot(t));
  t.is(exitCode, 2);
  t.regex(err, /There is nothing to check/);
});
