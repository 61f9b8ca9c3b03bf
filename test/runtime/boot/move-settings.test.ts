/**
 * The configuration of a disk image moves from the EFI system partition to the state file system: at each moment one of
 * the two is whole, nobody else may read it, and a power cut anywhere is followed by a boot that goes on.
 */
import test, { type ExecutionContext } from 'ava';
import { locateSettings, type SettingName, settingContent } from '../../../src/boot/image-settings.ts';
import { loadConfig } from '../../../src/config/sources/sources.ts';
import { fromBytes, joinedRanges } from '../../../src/formats/bytes.ts';
import { hasSettings, moveSettings } from '../../../src/runtime/boot/move-settings.ts';
import { settingsVolume } from '../../boot/settings-volume.ts';
import { fakeRoot, real } from '../fake-root.ts';

const esp = '/dev/vda2';
const config = 'hostname: imaged\n';
const installed = 'run/bos/state/bos/system/config.yaml';

async function started(t: ExecutionContext) {
  const fake = await fakeRoot(t, { mode: 'disk', state: '/dev/vda3', esp });
  await real.files.makeDir(`${fake.root}/dev`);
  await real.files.makeDir(`${fake.root}/run/bos/state/bos/system`);
  await real.files.write(`${fake.root}${esp}`, settingsVolume({ menu: 'a menu\n', config }));
  // As the initrd leaves it.
  await real.files.makeDir(`${fake.root}/run/bos/settings`, 0o700);
  await fake.write('run/bos/settings/config.yaml', config);
  return fake;
}

const volumeOf = async (root: string) => fromBytes(await real.files.read(`${root}${esp}`));

async function onEsp(root: string): Promise<Record<string, string>> {
  const volume = await volumeOf(root);
  const settings = await locateSettings(volume);
  const content = async (name: SettingName, which: 'current' | 'other') => {
    const { extents = [], size = 0 } = settings?.files[name][which] ?? {};
    return Buffer.from(settingContent(name, await joinedRanges(volume, extents).read(0, size))).toString();
  };
  return {
    menu: await content('menu', 'current'),
    config: await content('config', 'current'),
    old: await content('config', 'other'),
  };
}

test('it moves: only root may read it, the menu stays, and nothing of it is left on the partition', async (t) => {
  const { host, root, read, mode } = await started(t);
  t.true(await hasSettings(host, root));
  await moveSettings(host, root, esp);
  t.is(await read(installed), config);
  t.is(await mode(installed), '600');
  t.deepEqual(await onEsp(root), { menu: 'a menu\n', config: '', old: '' });
  t.false((await real.files.read(`${root}${esp}`)).includes('imaged'), 'not even where it was');
  t.false(await hasSettings(host, root));
});

test('it is on the state before it is touched on the partition; the empty one takes its place before it is erased', async (t) => {
  const { host, root, effects } = await started(t);
  effects.length = 0;
  const volume = await volumeOf(root);
  const settings = await locateSettings(volume);
  await moveSettings(host, root, esp);
  const places = effects.filter((line) => /^(replace|write|sync|remove) |^run mount/.test(line));
  const at = (range: { offset: number; length: number } | undefined) =>
    `write ROOT${esp} ${range?.offset}+${range?.length}`;
  const synced = (what: string) => [what, `sync ROOT${esp}`];
  t.deepEqual(places, [
    'run mount -o remount,rw ROOT/run/bos/state',
    `replace ROOT/${installed} 0600`,
    ...synced(at(settings?.files.config.other.extents[0])),
    ...synced(at(settings?.sector)),
    ...synced(at(settings?.files.config.current.extents[0])),
    ...synced(at(settings?.files.menu.other.extents[0])),
    'remove ROOT/run/bos/settings',
  ]);
});

test('a power cut after any write leaves the configuration whole in one of the two places, and nothing half', async (t) => {
  for (let allowed = 0; ; allowed += 1) {
    const { host, root, read } = await started(t);
    let writes = 0;
    const cut = {
      ...host,
      files: {
        ...host.files,
        open: async (path: string, flags: 'r' | 'r+' | 'w') => {
          const file = await host.files.open(path, flags);
          return {
            ...file,
            size: file.size,
            write: async (offset: number, data: Uint8Array) => {
              writes += 1;
              if (writes > allowed) throw new Error('the power is gone');
              await file.write(offset, data);
            },
          };
        },
      },
    };
    const done = await moveSettings(cut, root, esp).then(
      () => true,
      () => false,
    );
    t.is(await read(installed), config);
    const { config: pending = '', old } = await onEsp(root);
    t.true(pending === '' || pending === config, `after ${allowed} writes the partition has "${pending}"`);
    if (done) break;
    // The next boot: the initrd takes what is there, and what is left to erase counts, too.
    await real.files.remove(`${root}/run/bos/settings/config.yaml`);
    if (pending !== '') await real.files.write(`${root}/run/bos/settings/config.yaml`, pending);
    t.true(pending !== '' || old !== '' || allowed > 2);
    await moveSettings(host, root, esp);
    t.deepEqual(await onEsp(root), { menu: 'a menu\n', config: '', old: '' });
    t.is(await read(installed), config);
  }
});

test('until it has moved, what the initrd took is in force', async (t) => {
  const { host, root, write } = await started(t);
  await write(installed, 'hostname: older\n');
  await real.files.makeDir(`${root}/bos/system`);
  await write('bos/system/config.yaml', 'hostname: older\n');
  t.is((await loadConfig(host, root)).config.hostname, 'imaged');
  await moveSettings(host, root, esp);
  t.is((await loadConfig(host, root)).config.hostname, 'older', 'what /bos shows');
});

test('what keeps something else is said, and what the initrd took stays', async (t) => {
  const { host, root } = await started(t);
  const deaf = {
    ...host,
    files: {
      ...host.files,
      open: async (path: string, flags: 'r' | 'r+' | 'w') => {
        const file = await host.files.open(path, flags);
        return { ...file, size: file.size, write: async () => {} };
      },
    },
  };
  // The room beside is empty already; the record is not swapped.
  await t.throwsAsync(moveSettings(deaf, root, esp), { code: 'read-back' });
  t.true(await hasSettings(host, root));
});
