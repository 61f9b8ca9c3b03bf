/** What `dcp` and `kubectl` say in an image without DCP. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { commands } from '../../../../src/cli/commands/index.ts';

const program = fileURLToPath(new URL('../../../../os/overlay/usr/bin/dcp', import.meta.url));

test('which file goes to which command, whatever was asked for', (t) => {
  const options = commands.find(({ name }) => name === 'build')?.options ?? [];
  t.true(options.some(({ flags }) => flags.startsWith('--dcp ')));
  for (const args of [['kubectl', 'get', 'nodes'], ['kubectl'], ['server'], []]) {
    const { status, stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', BOS_DCP: 'not-there' },
    });
    t.is(status, 127);
    t.is(stdout, '');
    t.regex(stderr, /^dcp: this image was built without Bhojpur DCP\n/);
    t.regex(stderr, /\n {2}opsctl build --dcp FILE\n$/);
  }
});
