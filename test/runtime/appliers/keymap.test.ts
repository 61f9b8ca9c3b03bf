/** The keyboard layout of the virtual consoles. */
import test from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { applyContext } from '../../../src/runtime/appliers/applier.ts';
import { appliers } from '../../../src/runtime/appliers/index.ts';
import { keymapApplier } from '../../../src/runtime/appliers/keymap.ts';
import { fakeHost } from '../../fakes/host.ts';

test('a keymap is loaded into the consoles of the kernel, whatever the standard input is', async (t) => {
  const host = fakeHost({ tools: { loadkeys: () => '' } });
  await keymapApplier.run(applyContext(host, '/', 'boot', { 'bos.keymap': 'de-latin1' }));
  t.deepEqual(host.ran, ['loadkeys -q -C /dev/tty0 -- de-latin1']);
});

test('without the key nothing runs', async (t) => {
  const host = fakeHost();
  await keymapApplier.run(applyContext(host, '/', 'boot', {}));
  t.deepEqual(host.ran, []);
});

test('what loadkeys says is told', async (t) => {
  const stderr = "Couldn't open /dev/tty0\n";
  const host = fakeHost({ tools: { loadkeys: () => ({ exitCode: 1, stderr }) } });
  const run = keymapApplier.run(applyContext(host, '/', 'boot', { 'bos.keymap': 'de' }));
  const error = await t.throwsAsync(run, { instanceOf: OpsError, message: /loadkeys/ });
  t.true(error?.details.includes("Couldn't open /dev/tty0"));
});

test('boot commands come after it', (t) => {
  const names = appliers.map(({ name }) => name);
  t.true(names.indexOf('bos.keymap') !== -1 && names.indexOf('bos.keymap') < names.indexOf('boot_cmd'));
});
