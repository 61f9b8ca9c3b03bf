/** Finishing a takeover: what is done in which order, so that a power cut leaves one system or the other. */
import { join } from 'node:path';
import test from 'ava';
import { stateEnvironmentPath } from '../../../src/boot/environment.ts';
import { type Effect, lineOf, notedFiles, notedProcesses } from '../../fakes/effects.ts';

import { finish, host, type Machine, machineOf } from './taken-over.ts';

const { files } = host;

test('a machine that is switched off forgets who it was, and nothing else; copies of it grow', async (t) => {
  const machine = await machineOf(t, { after: 'power-off' });
  t.is(await finish(host, machine), 'power-off');
  t.deepEqual(await files.list(join(machine.root, 'var/lib/bhojpur')), ['os']);
  t.true(await files.exists(join(machine.state, 'bos/system/growpart')));
});

/** What becomes of the disk, in order; what is only looked at is left out. */
async function effectsOf(machine: Machine): Promise<string[]> {
  const effects: Effect[] = [];
  const note = (effect: Effect) => void effects.push(effect);
  const noted = {
    ...host,
    files: notedFiles(files, note),
    processes: notedProcesses(host.processes, note),
  };
  await finish(noted, machine);
  const { root, state, device } = machine;
  return effects
    .filter(({ kind, path }) => !['open', 'close', 'read'].includes(kind) && !path.endsWith('trial-alive'))
    .map((effect) =>
      lineOf(effect).replaceAll(state, 'STATE').replaceAll(device, 'DEVICE').replaceAll(root, 'ROOT'),
    );
}

const becomesDefault = [
  'remove STATE/bos/system/takeover-returned',
  'run chattr -f -i -a -- STATE/boot/grub STATE/boot/grub/grub.cfg STATE/boot/grub/custom.cfg',
  `write STATE/${stateEnvironmentPath} 0+512`,
  `sync STATE/${stateEnvironmentPath}`,
  `drop-cache STATE/${stateEnvironmentPath}`,
  'run sync -f STATE',
  'rename STATE/boot/grub/bos.cfg -> STATE/boot/grub/grub.cfg',
  'run sync -f STATE',
  'run tune2fs -L BOS_STATE DEVICE',
];
const forgets = ['machine-id', 'hostname', 'ssh', 'node'].map(
  (name) => `remove ROOT/var/lib/bhojpur/${name}`,
);
const grows = 'STATE/bos/system/growpart';
const order = {
  reboot: [],
  // A copy that grows must be another machine.
  'power-off': [...forgets, `create ${grows} 0644-umask`, `write ${grows} 0+0`, `sync ${grows}`],
} as const;
for (const [after, image] of Object.entries(order))
  test(`the default first, then what is deleted, and the marker last: ${after}`, async (t) => {
    const machine = await machineOf(t, { after: after as keyof typeof order });
    const effects = await effectsOf(machine);
    const start = becomesDefault.length;
    t.deepEqual(effects.slice(0, start), becomesDefault);
    const custom = effects.indexOf('remove STATE/boot/grub/custom.cfg');
    t.true(custom > start, 'what leads to the new system goes when the old one is gone');
    t.deepEqual(effects.slice(custom), [
      'remove STATE/boot/grub/custom.cfg',
      'run sync -f STATE',
      ...image,
      'remove STATE/bos/system/takeover.json',
      'run sync -f STATE',
    ]);
  });
