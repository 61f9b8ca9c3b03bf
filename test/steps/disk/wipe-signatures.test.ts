/** What is erased of a disk is what the plan says, to the byte, and no more is written than held something. */
import test from 'ava';
import { handlers } from '../../../src/steps/index.ts';
import { lineOf } from '../../fakes/effects.ts';
import { contextOf } from '../context.ts';
import { diskSize, MiB, machine } from '../machine.ts';

async function erased(
  ranges: readonly { readonly offset: number; readonly length: number }[],
  at: readonly number[],
) {
  const { host } = machine();
  const disk = host.devices.get('/dev/vda');
  for (const offset of at) disk?.write(offset, Uint8Array.of(0x55));
  const context = contextOf(host);
  const common = {
    id: 'a',
    kind: 'wipe-signatures',
    disk: '/dev/vda',
    content: 'x',
    sectorSize: 512,
  } as const;
  const step = { ...common, ranges: [...ranges] };
  await handlers['wipe-signatures'].run(step, context);
  await handlers['wipe-signatures'].verify?.(step, context);
  return {
    writes: host.effects.filter(({ kind }) => kind === 'write').map((effect) => lineOf(effect).split(' ')[2]),
    left: at.filter((offset) => disk?.read(offset, 1)[0] !== 0),
  };
}

test('a range ends where it ends, whatever comes after it', async (t) => {
  const ranges = [
    { offset: 0, length: 6000 },
    { offset: 3 * MiB, length: 2 * MiB + 100 },
  ];
  const at = [5999, 6000, 3 * MiB - 1, 5 * MiB + 99, 5 * MiB + 100];
  const { writes, left } = await erased(ranges, at);
  t.deepEqual(left, [6000, 3 * MiB - 1, 5 * MiB + 100]);
  t.deepEqual(writes, ['0+512', '4096+1904', `${5 * MiB}+100`]);
});

test('blocks beside each other are written as one, and empty ones not at all', async (t) => {
  const { writes, left } = await erased(
    [{ offset: diskSize - MiB, length: MiB }],
    [diskSize - MiB, diskSize - MiB + 4096, diskSize - 1],
  );
  t.deepEqual(left, []);
  t.deepEqual(writes, ['0+512', `${diskSize - MiB}+8192`, `${diskSize - 4096}+4096`]);
});
