import test from 'ava';
import { factsCommand } from '../../../../src/cli/commands/facts/command.ts';
import { machine } from '../../../disk/probe/machine.ts';
import { fakeTerminal } from '../install/fake-world.ts';

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
      await run?.(
        {
          ...{ host, workstation: async () => host, terminal, verbose: false },
          signal: new AbortController().signal,
        },
        [],
        options,
      ),
      0,
    );
    t.true(out.endsWith('}\n'));
    return (JSON.parse(out) as { disks: { path: string }[] }).disks.map((disk) => disk.path);
  };
  t.deepEqual(await disks({}), ['/dev/vda']);
  t.deepEqual(await disks({ loops: true }), ['/dev/loop0', '/dev/loop1', '/dev/vda']);
});

test('without root it says that not all was seen, and what to type', async (t) => {
  const host = await machine('virtio-live-cd');
  const run = await factsCommand.load?.();
  const terminal = fakeTerminal();
  const user = { ...host, system: { ...host.system, uid: 1000 } };
  const context = {
    host: user,
    workstation: async () => user,
    terminal,
    verbose: false,
    signal: new AbortController().signal,
  };
  t.is(await run?.(context, [], { loops: true }), 0);
  t.notThrows(() => JSON.parse(terminal.written.out));
  t.regex(terminal.written.err, /Run it with sudo: sudo opsctl facts --loops\n$/);
});
