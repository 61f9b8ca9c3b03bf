/** The medium boots: firmware × the way it is connected, the rescue shell, and what a live system is. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Bus, Firmware } from '../../../src/vm/machine.ts';
import { bootLimit, fails, isoOn, mediumBoot, ok, pxeSet, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 2;

const devices: Partial<Record<Bus, string>> = { cd: '/dev/sr0', usb: '/dev/sda', virtio: '/dev/vda' };

/** Boots the ISO to a login and checks where the system believes that it comes from. */
async function boots(t: SystemContext, firmware: Firmware, bus: Bus): Promise<void> {
  const session = await t.start({
    firmware,
    memory: firmware === 'bios' ? 384 : 768,
    disks: [isoOn(t, bus)],
  });
  await session.login('bhojpur', bootLimit);
  t.log(`${firmware} from ${bus}: ${session.mark('login')} ms to login`);
  // Nobody looks at a dark screen: each stage is told, in this order.
  const stages = ['starting Bhojpur OS', 'looking for the medium', `medium found: ${devices[bus]}`]
    .concat('system found: Bhojpur OS')
    // A stick has partitions, on which files of a configuration may lie.
    .concat(bus === 'cd' ? 'nothing is configured' : ['applying the configuration', 'configuration applied'])
    .map((words) => session.console.text.indexOf(`bos: ${words}`));
  assert.ok(!stages.includes(-1), session.console.text);
  assert.deepEqual(
    stages,
    stages.toSorted((a, b) => a - b),
  );
  assert.match(
    session.console.text,
    /Bhojpur OS: loading the kernel \.\.\.[\s\S]*Bhojpur OS: loading the initrd \.\.\./,
  );
  assert.equal((await session.run('test -e /run/bos/config.out', bootLimit)).exitCode, bus === 'cd' ? 1 : 0);
  const boot = JSON.parse(await ok(session, 'cat /run/bos/boot.json'));
  assert.match(await ok(session, 'cat /etc/issue'), /^Bhojpur OS .*log in as bhojpur/s);
  assert.equal(boot.mode, 'live');
  assert.equal(boot.medium, devices[bus]);
  const facts = JSON.parse(await ok(session, 'sudo opsctl facts'));
  assert.equal(facts.firmware, firmware === 'bios' ? 'bios' : 'efi');
  assert.equal(facts.secureBoot, firmware === 'secureboot');
}

/**
 * Every pair of firmware and bus, and whether `make test` runs it: the small ISOs of remaster.system.ts start from
 * every bus, and a CD by BIOS is a test of its own below.
 */
const matrix: readonly [Firmware, Bus, inTest: boolean][] = [
  ['bios', 'usb', false],
  ['bios', 'virtio', false],
  ['uefi', 'cd', false],
  ['uefi', 'usb', false],
  ['uefi', 'virtio', false],
  ['secureboot', 'cd', true],
  ['secureboot', 'usb', false],
  ['secureboot', 'virtio', false],
];

const wrongRoots: readonly [root: string, words: string, soak: boolean][] = [
  ['', 'bos.mode=local needs root=', true],
  ['root=LABEL=home', 'root=LABEL=home is not a known form', true],
  ['root=/dev/vdz9', '/dev/vdz9 was not found within 1 s', false],
  [
    'root=UUID=11111111-2222-3333-4444-555555555555',
    'UUID=11111111-2222-3333-4444-555555555555 was not found within 1 s',
    true,
  ],
];

/** A file system with somebody's data, where an installed system has them. */
async function filledState(t: SystemContext): Promise<string> {
  const home = join(t.folder, 'tree/bos/data/home');
  await t.host.files.makeDir(home);
  await t.host.files.write(join(home, 'letter'), 'kept');
  const disk = await t.emptyDisk('state.img', 64 * 2 ** 20);
  await t.host.processes.run('mkfs.ext4', ['-q', '-L', 'BOS_STATE', '-d', join(t.folder, 'tree'), disk]);
  return disk;
}

export const tests: SystemTest[] = [
  ...matrix.map(
    ([firmware, bus, inTest]): SystemTest => ({
      name: `live boot: ${firmware}, ${bus}`,
      seconds: firmware === 'bios' ? 35 : 55,
      soak: !inTest,
      run: (t) => boots(t, firmware, bus),
    }),
  ),
  {
    name: 'live boot: bios, cd; what a live system is',
    seconds: 75,
    run: async (t) => {
      const sshPort = await t.host.sockets.freePort();
      const session = await t.start({
        memory: 384,
        cpus: 2,
        disks: [isoOn(t, 'cd')],
        network: { isolated: false, sshPort },
      });
      await session.login('bhojpur', bootLimit);
      assert.match(session.console.text, /sudo opsctl install/, 'the message of the day says how to install');
      // Above the prompts and after logging in: where it is reached, and what that needs.
      await ok(
        session,
        'timeout 60 sh -c "until test -e /run/issue.d/bos-addresses.issue; do sleep 1; done"',
        70_000,
      );
      const told = await ok(session, 'cat /run/issue.d/bos-addresses.issue');
      assert.match(told, /^Address: {3}10\.0\.2\.15 \(\w+\)$/m);
      assert.match(told, /^Log in: {4}here; ssh needs a key/m);
      const key = (await ok(session, 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? '';
      assert.ok(told.includes(`ED25519 ${key}`), told);
      assert.ok((await ok(session, 'opsctl status')).includes(key));
      await ok(session, 'mkdir -p ~/.ssh && cp /etc/ssh/ssh_host_ed25519_key.pub ~/.ssh/authorized_keys');
      await ok(
        session,
        // The services of the boot go on meanwhile.
        'timeout 60 sh -c "until grep -q bhojpur@10.0.2.15 /run/motd.d/bos-addresses; do sleep 1; done"',
        70_000,
      );
      assert.equal((await ok(session, 'systemctl show -P DefaultTimeoutStopUSec')).trim(), '30s');
      assert.match(await ok(session, 'sudo grep ^root: /etc/shadow'), /^root:[!*]/, 'root is locked');
      assert.match(await ok(session, 'id -un; sudo id -un'), /bhojpur\s+root/);
      // A getty for each console= of the command line.
      assert.match(
        await ok(session, 'systemctl is-active getty@tty1 serial-getty@ttyS0'),
        /^active\s+active\s*$/,
      );
      // The prompt waits for the console, and must not for what udev does with other devices.
      const came = async (unit: string) =>
        Number(await ok(session, `systemctl show -P ActiveEnterTimestampMonotonic ${unit}`));
      const [console, drive] = [await came('dev-ttyS0.device'), await came('dev-sr0.device')];
      assert.ok(console > 0 && console < drive, `the console came at ${console} us, the CD at ${drive}`);
      // Each line with its time, up to the start of systemd.
      const log = (await ok(session, 'cat /run/bos/initrd.log')).trim().split(/\r?\n/);
      const times = log.map((line) => Number(/^\[(\d+\.\d\d)\] bos: \S/.exec(line)?.[1]));
      assert.ok(times.length > 5 && times.every((time, at) => time >= (times[at - 1] ?? 0)), log.join('\n'));
      assert.equal((await ok(session, 'systemctl --failed --no-legend --plain')).trim(), '');
      assert.match(await ok(session, 'findmnt -no FSTYPE,OPTIONS /usr'), /squashfs\s+ro/);
      await fails(session, 'sudo touch /usr/x', 1, 'Read-only file system');
      await fails(session, 'sudo touch /bos/x', 1, 'Read-only file system');
      assert.equal((await ok(session, 'readlink /usr/local')).trim(), '/var/local');
      assert.equal((await ok(session, 'readlink -f /bhojpur/system')).trim(), '/bos/system');
      assert.match(await ok(session, 'sudo losetup -nO RO'), /^\s*1\s+1\s*$/, 'loop devices are read-only');
      assert.match(await ok(session, 'pgrep -a connmand'), /--nodnsproxy/);
      const running = (await ok(session, 'uname -r')).trim();
      await ok(session, `test -d /usr/lib/modules/${running}/kernel && sudo modprobe dummy`);
      await fails(session, 'kubectl version', 127, 'without Bhojpur DCP');

      // Nobody gets in over the network: the console's empty password is none for ssh.
      await ok(session, 'timeout 60 sh -c "until systemctl -q is-active ssh; do sleep 1; done"', 70_000);
      const ssh = await t.host.processes.run(
        'ssh',
        [
          ...['-p', String(sshPort), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
          ...['-o', 'NumberOfPasswordPrompts=1', '-o', 'ConnectTimeout=20', 'bhojpur@127.0.0.1', 'true'],
        ],
        { okCodes: [255], env: { SSH_ASKPASS: '/bin/true', SSH_ASKPASS_REQUIRE: 'force', DISPLAY: 'none' } },
      );
      assert.match(ssh.stderr, /Permission denied/);
      assert.match(await ok(session, 'journalctl -b -o cat | head -5'), /Linux version/);
      assert.match(await ok(session, 'sudo stat -c %a:%U /var/lib/bhojpur/os/config.yaml'), /^600:root/);
      await ok(session, 'sudo opsctl config validate /var/lib/bhojpur/os/config.yaml');
      // The power button works once the system is up, as the name of the command does.
      await session.run('systemctl is-system-running --wait', bootLimit);
      await switchOff(session, 'poweroff');
    },
  },
  {
    name: 'the PXE set without room says so',
    seconds: 30,
    run: async (t) => {
      const kernel = pxeSet(t);
      const append = kernel.append?.replace('rootfstype=ramfs', '') ?? '';
      const session = await t.start({ memory: 320, kernel: { ...kernel, append } });
      await session.awaitText('RESCUE: the PXE initrd was not unpacked completely', bootLimit);
      await session.awaitText('rootfstype=ramfs');
    },
  },
  {
    name: 'rescue by bos.mode, with the whole system and root locked',
    seconds: 30,
    run: async (t) => {
      const disk = await filledState(t);
      const session = await t.start({
        memory: 512,
        kernel: pxeSet(t, 'bos.mode=rescue'),
        disks: [{ id: 'state', file: disk, bus: 'virtio' }],
      });
      await session.awaitText('RESCUE: requested on the command line', bootLimit);
      await session.awaitText(/# $/);
      assert.match(await ok(session, 'id -un'), /root/);
      await ok(session, 'opsctl --version && e2fsck -V && lsblk');
      assert.equal(JSON.parse(await ok(session, 'cat /run/bos/boot.json')).medium, '');
      // As the page says, with the disk of this machine.
      const page = await t.host.files.readText(join(import.meta.dirname, '../../../docs/rescue.md'));
      const recipe = /## Getting data off a disk\n[^`]*```sh\n([^`]*)```/.exec(page)?.[1] ?? '';
      assert.match(recipe, /mount .* \/dev\/vda3 /);
      for (const line of recipe.trim().split('\n')) await ok(session, line.replace('/dev/vda3', '/dev/vda'));
      assert.match(await ok(session, 'cat /mnt/state/bos/data/home/letter'), /kept/);
    },
  },
  {
    name: 'a state partition that never comes ends in a message and a shell',
    seconds: 25,
    run: async (t) => {
      const words = ['bos.mode=disk', 'bos.state=11111111-2222-3333-4444-555555555555', 'bos.state_wait=6'];
      const session = await t.start({ memory: 512, kernel: await mediumBoot(t, ...words) });
      await session.awaitText('waiting for the state partition', bootLimit);
      await session.awaitText(/RESCUE: the state partition .* was not found within 6 s/);
      await session.awaitText(/# $/);
      assert.match(await ok(session, 'echo shell works'), /shell works/);
    },
  },
  ...wrongRoots.map(
    ([root, words, soak]): SystemTest => ({
      name: `bos.mode=local with ${root || 'no root='} ends in a message and a shell`,
      seconds: 15,
      soak,
      run: async (t) => {
        const kernel = await mediumBoot(t, 'bos.mode=local', root, 'bos.state_wait=1');
        const session = await t.start({ memory: 512, kernel });
        await session.awaitText(`RESCUE: ${words}`, bootLimit);
        await session.awaitText(/# $/);
      },
    }),
  ),
];
