/** Options of `opsctl build` that do not go together, or say nothing that can be built: refused before anything is read. */
import test from 'ava';
import { buildCommand } from '../../../../src/cli/commands/build/command.ts';
import { fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';

const refused = test.macro<[string[], RegExp]>({
  title: (_, argv) => `refused: ${argv.join(' ')}`,
  exec: async (t, argv, why) => {
    const fake = await fakeRoot(t);
    const files = {
      ...fake.host.files,
      exists: async () => true,
      readText: async () => '{"version":"1.0.0"}',
    };
    const run = await runInside({ ...fake, host: { ...fake.host, files } }, buildCommand, argv);
    t.is(run.exitCode, 2);
    t.regex(run.err, why);
  },
});
test(refused, ['--os-version', '1.0.0'], /--os-version needs --from/);
test(refused, ['--plain-http'], /--plain-http needs --from/);
test(refused, ['--from', 'x', '--firmware', 'y'], /--firmware cannot be combined with --from/);
test(refused, ['--from', 'x', '--os-version', 'one'], /"one" is not a version/);
test(refused, ['--from', 'x', '--os-version', '1.0.0+/../../x'], /is not a version/);
test(refused, ['iso', '--layout', 'palette'], /--layout palette is for the artifact oci alone/);
test(refused, ['oci', '--arg-file', 'x'], /--arg-file needs --layout palette/);
