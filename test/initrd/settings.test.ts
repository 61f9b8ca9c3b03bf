/** What the initrd takes of the settings on the EFI system partition of a disk image, run by busybox over a file. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { locateSettings, swapped } from '../../src/boot/image-settings.ts';
import { fromBytes } from '../../src/formats/bytes.ts';
import { settingsVolume } from '../boot/settings-volume.ts';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

/** The folder of settings that it leaves, with the EFI system partition `volume`. */
function taken(t: ExecutionContext, volume: Uint8Array): string {
  const folder = temporaryFolder(t);
  for (const name of ['dev', 'run']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'dev/vda2'), volume);
  const script = [
    initrdFunctions(folder, ['devices', 'signatures', 'mark', 'settings']),
    'blocks() { echo vda2 vda3; }; disk_of() { echo vda; }; fat_label() { [ $1 != vda2 ] || echo BOS_GRUB; }',
    `mount() { mcopy -sni "$5" '::/*' "$6"; }; umount() { rm -rf "$1"; mkdir "$1"; }`,
    `STATE=${folder}/dev/vda3; umask 022; take_settings`,
    'umask; ls -A $RUN/esp',
  ].join('\n');
  const said = execFileSync('busybox', ['sh', '-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MTOOLS_SKIP_CHECK: '1' },
  });
  t.is(said, '0022\n', 'the partition is not left mounted, and what follows has its old mode');
  return join(folder, 'run/settings');
}

test('a configuration is taken as it is, for root alone', (t) => {
  for (const config of ['hostname: imaged\n', '\nno end of a line', 'ü: |+\n  a\n\n\n']) {
    const folder = taken(t, settingsVolume({ menu: 'a menu\n', config }));
    t.is(readFileSync(join(folder, 'config.yaml'), 'utf8'), config);
    t.is(statSync(join(folder, 'config.yaml')).mode & 0o777, 0o600);
    t.is(statSync(folder).mode & 0o777, 0o700);
  }
});

test('none is taken where there is none: an image that was started, another installation', (t) => {
  t.false(existsSync(taken(t, settingsVolume({ menu: 'a menu\n', config: '' }))));
  t.false(existsSync(taken(t, settingsVolume({}))));
});

test('one that was moved and is still to be erased does not count again, but is known', async (t) => {
  const volume = settingsVolume({ menu: 'a menu\n', config: 'hostname: moved\n' });
  const settings = await locateSettings(fromBytes(volume));
  if (settings === undefined) throw new Error('no settings');
  const { offset, length } = settings.sector;
  volume.set(swapped(volume.subarray(offset, offset + length), settings, ['config']), offset);
  const folder = taken(t, volume);
  t.true(existsSync(folder));
  t.false(existsSync(join(folder, 'config.yaml')));
});
