import test from 'ava';
import { factsCommand } from '../../src/cli/commands/facts.ts';
import { machine } from '../disk/machine.ts';

test('facts prints the facts as JSON, loop devices when asked', async (t) => {
  const host = await machine('virtio-live-cd');
  const run = await factsCommand.load?.();
  const disks = async (options: Record<string, unknown>) => {
    let out = '';
    const terminal = {
      stdinIsTty: false,
      stdoutIsTty: false,
      stderrIsTty: false,
      columns: 80,
      color: false,
      out: (text: string) => {
        out += text;
      },
      err: () => t.fail('nothing is said beside the result'),
    };
    t.is(
      await run?.({ host, terminal, verbose: false, signal: new AbortController().signal }, [], options),
      0,
    );
    t.true(out.endsWith('}\n'));
    return (JSON.parse(out) as { disks: { path: string }[] }).disks.map((disk) => disk.path);
  };
  t.deepEqual(await disks({}), ['/dev/vda']);
  t.deepEqual(await disks({ loops: true }), ['/dev/loop0', '/dev/loop1', '/dev/vda']);
});
