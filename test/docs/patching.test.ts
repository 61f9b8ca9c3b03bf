/** The examples of docs/patching.md, run: what is printed there is what opsctl prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../src/cli/commands/config/command.ts';
import { patchCommand } from '../../src/cli/commands/patch/command.ts';
import { drainRows } from '../../src/config/patch/drain-parameters.ts';
import { runInside } from '../cli/commands/inside.ts';
import { fakeRoot } from '../runtime/fake-root.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/patching.md'), 'utf8');
const config = /^```yaml\n(# config\.yaml\n[\s\S]*?)^```$/m.exec(page)?.[1] ?? '';
const documented =
  '{"timeout": 600000000, "gracePeriod": 600, "deleteLocalData": true, "ignoreDaemonSets": true, "force": true, "disableEviction": false, "skipWaitForDeleteTimeout": 600}';

test('the configuration is valid, and another day of the schedule is the fault that is shown', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('config.yaml', config);
  t.is((await runInside(fake, configCommand, ['validate', '/config.yaml'])).exitCode, 0);
  await fake.write('config.yaml', config.replace('* * sun', '* * mon'));
  const { err } = await runInside(fake, configCommand, ['validate', '/config.yaml']);
  const [, shown = ''] = /^ {2}(config\.yaml:6:5: .*)$/m.exec(page) ?? [];
  t.true(err.includes(shown) && shown !== '', err);
});

test('what a ConfigMap means', async (t) => {
  const fake = await fakeRoot(t);
  const map = { kind: 'ConfigMap', metadata: { name: 'palette-agent-config' }, data: { drain: documented } };
  await fake.write('dev/stdin', JSON.stringify(map));
  const { out, err, exitCode } = await runInside(fake, patchCommand, ['drain-config', '-']);
  t.is(exitCode, 2);
  t.true(page.includes(out + err), out + err);
});

test('the table has every parameter', (t) => {
  for (const { name, key, flag } of drainRows) {
    t.true(page.includes(`\`${name}\``), name);
    t.true(page.includes(`\`${key.replace('bos.patch.drain.', '')}\``), key);
    if (name !== 'skipWaitForDeleteTimeout') t.true(page.includes(`\`${flag}\``), flag);
  }
});
