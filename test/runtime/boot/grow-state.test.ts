/** Growing a copied image: what is done in which order, so that a boot that is cut short is made up for by the next one. */
import test from 'ava';
import { growState } from '../../../src/runtime/boot/grow-state.ts';
import { type Effect, lineOf, notedFiles, notedProcesses } from '../../fakes/effects.ts';
import { copied, marker } from './grown-disk.ts';

test('the table, the kernel, the file system; it is asked for until all of it is on the disk', async (t) => {
  const { root, host, state } = await copied(t, 'vda', 'vda2', '');
  const effects: Effect[] = [];
  const note = (effect: Effect) => void effects.push(effect);
  const noted = {
    ...host,
    files: notedFiles(host.files, note),
    processes: notedProcesses(host.processes, note),
  };
  await growState(noted, root, state);
  const lines = effects
    .filter(({ kind, path }) => !['open', 'close', 'read'].includes(kind) || path === `${root}${state}`)
    .map((effect) =>
      lineOf(effect)
        .replaceAll(root, 'ROOT')
        .replace(/ \d+\+\d+$/, ''),
    )
    .filter((line, index, all) => line !== all[index - 1]);
  t.deepEqual(lines, [
    ...Array.from({ length: 3 }, () => ['write ROOT/dev/vda', 'sync ROOT/dev/vda']).flat(),
    'drop-cache ROOT/dev/vda',
    ...['run partx --update --nr 2 /dev/vda', 'run resize2fs /dev/vda2'],
    ...['open ROOT/dev/vda2 r', 'drop-cache ROOT/dev/vda2', 'read ROOT/dev/vda2', 'close ROOT/dev/vda2'],
    ...[`run sync -f ROOT/${marker}`, `remove ROOT/${marker}`],
  ]);
  t.false(await host.files.exists(`${root}/${marker}`));
});
