/** A copied disk gets ids of its own: in which order, and in which the boot loader finds the state at every moment. */
import test from 'ava';
import type { Host } from '../../../src/host/ports.ts';
import { takeIdentity } from '../../../src/runtime/boot/new-identity.ts';
import { type Effect, lineOf, notedFiles, notedProcesses } from '../../fakes/effects.ts';
import { copied, devices, old, seen } from './copied-ids.ts';

test('the boot loader knows the new id before the file system has it', async (t) => {
  const { root, host } = await copied(t);
  const run: Host['processes']['run'] = async (command, args, options) => {
    if (command === 'tune2fs') {
      const { environment } = await seen(root);
      t.is(environment.others.bos_next_state_uuid, args[1]);
      t.is(environment.stateUuid, old);
    }
    return host.processes.run(command, args, options);
  };
  await takeIdentity({ ...host, processes: { ...host.processes, run } }, root, devices);
});

test('table, ESP, boot environment, file system, all on the disk; the next boot settles that, and then it is asked for no more', async (t) => {
  const { root, host } = await copied(t);
  const effects: Effect[] = [];
  const note = (effect: Effect) => void effects.push(effect);
  const noted = {
    ...host,
    files: notedFiles(host.files, note),
    processes: notedProcesses(host.processes, note),
  };
  const taken = async () => {
    effects.length = 0;
    await takeIdentity(noted, root, devices);
    return effects
      .filter(({ kind }) => !['open', 'close', 'read', 'drop-cache', 'sync'].includes(kind))
      .map(lineOf)
      .map((line) => line.replaceAll(root, 'ROOT').replace(/(?<= )\d+(?=\+)| [0-9a-f-]{36}/, ''))
      .filter((line, index, all) => line !== all[index - 1]);
  };
  const at = 'ROOT/run/bos/state/bos/system/new-identity';
  const id = 'write ROOT/dev/vda2 +4';
  const environment = 'write ROOT/dev/vda2 +512';
  const first = await taken();
  t.deepEqual(
    first.filter((line) => !line.startsWith('write ROOT/dev/vda ')),
    [`replace ${at} 0600`, id, environment, 'run tune2fs -U /dev/vda3', `run sync -f ${at}`],
  );
  t.true(first.findLastIndex((line) => line.startsWith('write ROOT/dev/vda ')) < first.indexOf(id));
  t.deepEqual(await taken(), [environment, `remove ${at}`]);
});
