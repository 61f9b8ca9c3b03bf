/** The example in the image is what `opsctl plan` prints, and DCP does not apply it: it reads .yaml, .yml and .json. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { planCommand } from '../../src/cli/commands/plan/command.ts';
import { runInside } from '../cli/commands/inside.ts';
import { fakeRoot } from '../runtime/fake-root.ts';
import { faultsIn } from './plan-text.ts';

const folder = join(import.meta.dirname, '../../os/overlay/usr/share/bhojpur/dcp/server/manifests');
const command = ['--name', 'bos-latest', '--channel', 'https://github.com/bhojpur/os/releases/latest'];

test('the example is up to date, and without a fault', async (t) => {
  const text = readFileSync(join(folder, 'system-upgrade-plans/bos-latest.yaml.example'), 'utf8');
  const { out } = await runInside(await fakeRoot(t), planCommand, command);
  t.is(text, out, `write it anew: opsctl plan ${command.join(' ')}`);
  t.deepEqual(faultsIn(text), []);
});

test('nothing in the image is applied by itself', (t) => {
  const files = globSync('**/*.*', { cwd: folder });
  t.true(files.length > 0);
  t.deepEqual(
    files.filter((name) => !name.endsWith('.example')),
    [],
  );
});
