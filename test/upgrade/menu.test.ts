/** Whether the boot menu of a node counts starts, wherever it lies. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { renderDiskMenu } from '../../src/boot/menus/menu.ts';
import { readMenu } from '../../src/upgrade/menu.ts';
import { settingsVolume } from '../boot/settings-volume.ts';
import { fakeHost, SparseBytes } from '../fakes/host.ts';

const state = '/run/bos/state';
const old = readFileSync(new URL('../boot/older-menus/disk.cfg', import.meta.url), 'utf8');
const counting = renderDiskMenu({ arguments: ['quiet'] });

function withEsp(volume: Uint8Array) {
  const esp = new SparseBytes(volume.length);
  esp.write(0, volume);
  // What an image has on its state file system leads on to the one on the ESP.
  return fakeHost({ devices: { '/dev/vda2': esp }, files: { [`${state}/boot/grub/grub.cfg`]: counting } });
}

test('on the state file system: of a partition, of a whole disk', async (t) => {
  for (const path of ['bos/system/grub/menu.cfg', 'boot/grub/grub.cfg']) {
    const read = (text: string) => readMenu(fakeHost({ files: { [`${state}/${path}`]: text } }), state, '');
    t.like(await read(old), { kind: 'older', path, before: old });
    t.deepEqual(await read(counting), { kind: 'counts' });
    t.deepEqual(await read(`${counting.replaceAll('save_env', 'load_env')}`), { kind: 'changed' });
  }
  t.deepEqual(await readMenu(fakeHost(), state, ''), { kind: 'changed' });
});

test('of a disk that was copied from an image: the one on its EFI system partition', async (t) => {
  const read = (contents: Parameters<typeof settingsVolume>[0], menuRoom = 16_384) =>
    readMenu(withEsp(settingsVolume(contents, { menuRoom })), state, '/dev/vda2');
  t.deepEqual(await read({ menu: counting, config: '' }), { kind: 'counts' });
  t.like(await read({ menu: old, config: '' }), { kind: 'older', path: 'settings', before: old });
  // Not moved yet: it would have to be written again with the menu.
  t.deepEqual(await read({ menu: old, config: 'hostname: waiting\n' }), { kind: 'changed' });
  t.deepEqual(await read({ menu: old, config: '' }, 4096), { kind: 'changed' }, 'no room for a longer menu');
  t.deepEqual(await read({}), { kind: 'counts' }, 'no settings there: the other one');
});
