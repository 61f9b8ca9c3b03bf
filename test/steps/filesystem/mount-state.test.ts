/** A partition that somebody has filled is looked at when it is mounted: before that there is nothing to see. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { mountState } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

test('a link that the mounted file system has is found', async (t) => {
  const { host, names } = machine();
  const mount = host.tools.get('mount');
  host.tools.set('mount', async (...given) => {
    await host.files.makeDir('/run/bos/target/bos');
    await host.files.symlink('/dev/vdb', '/run/bos/target/bos/system');
    return mount?.(...given);
  });
  const step = mountState as Extract<Step, { kind: 'mount-state' }>;
  await t.throwsAsync(async () => handlers['mount-state'].run(step, contextOf(host, names)), {
    code: 'link-in-the-way',
  });
});
