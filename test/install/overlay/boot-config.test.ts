/** Kernel command lines as boards keep them. */
import test from 'ava';
import { crc32 } from '../../../src/formats/crc32.ts';
import { readBootConfig, startsOnce } from '../../../src/install/overlay/boot-config.ts';

const bytes = (text: string) => Buffer.from(text);

test('cmdline.txt: the first line, and the last word of ro and rw', (t) => {
  t.like(readBootConfig('a', 'cmdline.txt', bytes('root=/dev/mmcblk0p2 rw quiet ro\nro rw\n')), {
    lines: ['root=/dev/mmcblk0p2 rw quiet ro'],
    readOnly: true,
    init: '',
  });
  t.false(readBootConfig('a', 'cmdline.txt', bytes('ro rw')).readOnly);
  t.false(readBootConfig('a', 'cmdline.txt', bytes('fsck.mode=ro root=rootfs')).readOnly);
});

test('Raspberry Pi OS starts something else the first time', (t) => {
  const { init } = readBootConfig(
    'a',
    'cmdline.txt',
    bytes('quiet init=/usr/lib/raspberrypi-sys-mods/firstboot'),
  );
  t.true(startsOnce(init));
  t.false(startsOnce('/bin/sh'));
});

test('extlinux.conf, armbianEnv.txt and grub.cfg', (t) => {
  const extlinux = 'LABEL l0\n  linux /vmlinuz\n  append root=UUID=1 ro quiet\n';
  t.like(readBootConfig('a', 'extlinux.conf', bytes(extlinux)), {
    lines: ['root=UUID=1 ro quiet'],
    readOnly: true,
  });
  const armbian = 'verbosity=1\nrootdev=UUID=1\nextraargs=ro cma=256M\n';
  t.like(readBootConfig('a', 'environment', bytes(armbian)), { lines: ['ro cma=256M'], readOnly: true });
  const grub = 'menuentry x {\n\tlinux /boot/vmlinuz-6 root=UUID=1 rw\n}\n';
  t.like(readBootConfig('a', 'grub.cfg', bytes(grub)), { lines: ['root=UUID=1 rw'], readOnly: false });
});

/** As `mkimage -T script` makes it. */
function script(text: string): Buffer {
  const data = Buffer.concat([Buffer.alloc(8), bytes(text)]);
  data.writeUInt32BE(text.length, 0);
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x27051956, 0);
  header.writeUInt32BE(data.length, 12);
  header.writeUInt32BE(crc32(data), 24);
  header[30] = 6;
  header.writeUInt32BE(crc32(header), 4);
  return Buffer.concat([header, data]);
}

test('boot.scr: a script in an image of U-Boot, with checksums', (t) => {
  const made = script('setenv bootargs "root=/dev/mmcblk0p1 ro"\nbootz\n');
  t.like(readBootConfig('a', 'boot.scr', made), { lines: ['root=/dev/mmcblk0p1 ro'], readOnly: true });
  made[80] = (made[80] ?? 0) ^ 1;
  t.like(readBootConfig('a', 'boot.scr', made), { lines: [], fault: 'its checksums are wrong' });
  t.is(readBootConfig('a', 'boot.scr', bytes('nothing')).fault, 'its checksums are wrong');
});
