import { join } from 'node:path';
import test from 'ava';
import { withAddition, withoutAddition } from '../../src/boot/menus/takeover-menu.ts';
import {
  parseReplaceMarker,
  type ReplaceMarker,
  renderReplaceAddition,
  renderReplaceMarker,
} from '../../src/boot/replace-menu.ts';
import { workstationHost } from '../../src/host/workstation/index.ts';

const { files, processes } = workstationHost();
const uuid = '5a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
const addition = renderReplaceAddition({
  uuid,
  kernel: 'bos/system/kernel/6.1/vmlinuz',
  initrds: ['bos/system/kernel/6.1/initrd', 'bos/system/trial/1.cpio', 'bos/system/os/1/rootfs.squashfs'],
  arguments: ['rootfstype=ramfs', 'bos.mode=live', 'console=ttyS0,115200', 'quiet'],
  limit: 1200,
});

test('what is added to the old menu: as it was when it last booted', (t) => t.snapshot(addition));
test("GRUB's own checker accepts it", async (t) => {
  const folder = await files.makeTempDir('bos-menu-');
  t.teardown(() => files.remove(folder));
  await files.write(join(folder, 'grub.cfg'), addition);
  await t.notThrowsAsync(processes.run('grub-script-check', [join(folder, 'grub.cfg')]));
});
test('it never becomes the default, and takes the place of any other addition', (t) => {
  t.notRegex(addition, /set (default|timeout)=/);
  t.is(withoutAddition(withAddition('mine\n', addition)), 'mine\n');
});

const marker: ReplaceMarker = {
  ...{ v: 1, replaces: 'disk', boot: { uuid: '1a2b-3c4d', fsType: 'xfs', path: '/grub2' }, after: 'reboot' },
  confirm: { seconds: 600, url: 'https://example.com/up' },
  request: { tty: 'ttyS1', debug: false, allowNoLogin: false, allowWarnings: true },
};
test('a marker is read as it was written', (t) => {
  t.deepEqual(parseReplaceMarker(renderReplaceMarker(marker)), marker);
  const { confirm: _, ...sure } = marker;
  t.deepEqual(parseReplaceMarker(renderReplaceMarker(sure)), sure);
});
for (const [name, text] of [
  ['cut short', '{"v":1'],
  ['of another kind of takeover', JSON.stringify({ v: 1, uuid, folder: 'boot/grub', after: 'reboot' })],
  ['that says more', JSON.stringify({ ...marker, disk: '/dev/vda' })],
  [
    'with a path that leads elsewhere',
    JSON.stringify({ ...marker, boot: { ...marker.boot, path: '/../etc' } }),
  ],
] as const)
  test(`a marker ${name} is none: nothing is erased`, (t) => {
    t.throws(() => parseReplaceMarker(text), { code: 'takeover-marker' });
  });
