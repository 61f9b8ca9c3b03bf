/**
 * What Raspberry Pi Imager or a person writes onto the FAT partition of a written image is in force with the first boot:
 * of a live medium, and of a disk image, whose commands then do not run again.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { within } from '../../../src/formats/bytes.ts';
import { probeFat } from '../../../src/formats/filesystems/fat/boot-sector.ts';
import { createImage } from '../../../src/image/create/create.ts';
import type { MachineInput } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import { fileSource, partitionsOf } from '../support/disk-images.ts';
import type { SystemContext, SystemFile, SystemTest } from '../support/machines.ts';

export const issue: SystemFile['issue'] = 17;

const password = 'hush-of-imager';
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa card';

/** In the form of Imager's "cloudinit", with line ends of an editor. */
const userData = (hash: string) =>
  [
    '#cloud-config',
    'manage_resolv_conf: false',
    'hostname: card-7',
    'manage_etc_hosts: true',
    'packages: [avahi-daemon]',
    'keyboard: {model: pc105, layout: "de"}',
    'users:',
    '- name: ada',
    '  lock_passwd: false',
    `  passwd: "${hash}"`,
    `  ssh_authorized_keys: ["${key}"]`,
    '  sudo: ALL=(ALL) NOPASSWD:ALL',
    'ssh_pwauth: false',
    'bos:',
    '  labels: {from: card}',
    'runcmd:',
    '- [ sh, -c, "date >> /var/lib/ran-once" ]',
    '',
  ].join('\r\n');

const networkConfig = `network:
  version: 2
  ethernets:
    eth0: {dhcp4: true, optional: true}
    fixed: {match: {macaddress: "52:54:00:99:99:99"}, addresses: [192.0.2.7/24], gateway4: 192.0.2.1}
  wifis:
    wlan0:
      access-points:
        "at home": {password: "b1b7cc4dd077d74bc3a830ebad9cd885add86ada76f183e6343667a3f70f93b9"}
`;

/** Onto the first FAT partition, as a flasher finds it. */
async function writeSeed(t: SystemContext, image: string): Promise<void> {
  const { files, processes } = t.host;
  const hash = await processes.run('openssl', ['passwd', '-6', '-stdin'], { input: `${password}\n` });
  const contents = {
    'user-data': userData(hash.stdout.trim()),
    'meta-data': 'instance-id: rpi-imager-1783287924709\n',
    'network-config': networkConfig,
  };
  for (const { firstLba } of await partitionsOf(image)) {
    const start = firstLba * 512;
    const volume = within(fileSource(image), start);
    if ((await probeFat(volume)) === undefined) continue;
    for (const [name, text] of Object.entries(contents)) {
      const path = join(t.folder, name);
      await files.write(path, text);
      const env = { MTOOLS_SKIP_CHECK: '1' };
      await processes.run('mcopy', ['-i', `${image}@@${start}`, path, `::/${name}`], { env });
    }
    return;
  }
  throw new Error(`${image} has no FAT partition`);
}

async function expectSeed(session: Session): Promise<void> {
  await session.login('bhojpur', { ...bootLimit, password });
  await ok(session, 'sudo systemctl start bos-config.service', bootLimit.timeoutMs);
  assert.equal((await ok(session, 'hostname')).trim(), 'card-7');
  assert.match(await ok(session, 'cat /home/bhojpur/.ssh/authorized_keys'), / card\r?$/m);
  assert.match(
    await ok(session, 'sudo cat /etc/ssh/sshd_config.d/00-password-login.conf'),
    /PasswordAuthentication no/,
  );
  await ok(session, "sudo dumpkeys -C /dev/tty0 | grep -q 'keycode *21 = z'");
  assert.match(await ok(session, 'sudo cat /var/lib/connman/bos-wifi.config'), /^Name=at home\r?$/m);
  assert.match(
    await ok(session, 'sudo cat /var/lib/connman/bos-network.config'),
    /MAC=52:54:00:99:99:99\s+IPv4=192\.0\.2\.7\/255\.255\.255\.0\/192\.0\.2\.1/,
  );
  assert.match(await ok(session, 'sudo stat -c %a /run/bos/seed /run/bos/seed/user-data'), /^700\s+600\s*$/);
  assert.match(
    await ok(session, 'sudo opsctl config show --origins'),
    /bos\.labels: .*# user-data on \/dev\/\w+:15:3/,
  );
  assert.match(await ok(session, 'sudo opsctl status'), /user-data on \/dev\/\w+:5:1: warning: packages/);
  assert.equal((await ok(session, 'sudo cat /var/lib/ran-once | wc -l')).trim(), '1');
}

const machine = (file: string): MachineInput => ({
  memory: 640,
  disks: [{ id: 'card', file, bus: 'usb', cache: 'unsafe' }],
});

export const tests: SystemTest[] = [
  {
    name: 'seed: a disk image with the files of Imager on its boot partition, and its second boot',
    seconds: 180,
    soak: true,
    run: async (t) => {
      const output = join(t.folder, 'card.img');
      await createImage(
        t.host,
        {
          ...{ from: isoOn(t, 'cd').file, output, append: [], allowNoLogin: true, force: false },
          checksums: false,
        },
        { emit: () => {}, signal: new AbortController().signal },
      );
      await writeSeed(t, output);
      const first = await t.start(machine(output));
      await expectSeed(first);
      assert.match(await ok(first, 'sudo cat /var/lib/bhojpur/seed.json'), /rpi-imager-1783287924709/);
      await switchOff(first);
      const second = await t.start(machine(output));
      await expectSeed(second);
      await switchOff(second);
    },
  },
  {
    name: 'seed: the live system from a stick with the files of Imager',
    seconds: 90,
    soak: true,
    run: async (t) => {
      const stick = join(t.folder, 'stick.img');
      await t.host.files.copy(isoOn(t, 'usb').file, stick);
      await writeSeed(t, stick);
      await expectSeed(await t.start(machine(stick)));
    },
  },
];
