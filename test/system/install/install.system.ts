/** Installing: unattended and asked, then the installed system itself, booted the other way round too. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import type { Bus, DiskInput, Firmware } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, ended, fails, isoOn, ok, pxeSet, serve, switchOff, target } from '../support/boots.ts';
import { openPartition, partitionsOf } from '../support/disk-images.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 2;

/** Installs with the PXE set, unattended, from a configuration over HTTP; the machine powers off. */
async function unattended(
  t: SystemContext,
  firmware: Firmware,
  disk: DiskInput,
  device: string,
  config: string,
) {
  const server = await serve({ '/config.yaml': config });
  try {
    const session = await t.start({
      firmware,
      memory: 768,
      // Most machines have several: udev and the installer really run at the same time.
      cpus: 2,
      disks: [disk],
      kernel: pxeSet(
        t,
        ...[
          'bos.mode=install',
          'bos.install.silent',
          `bos.install.device=${device}`,
          'bos.install.power_off',
        ],
        `bos.install.config_url=${server.url}/config.yaml`,
      ),
    });
    const { before } = await session.awaitText(/is installed on/, bootLimit);
    // The firmware of this machine keeps its variables.
    assert.equal(/Add the boot entry/.test(before), firmware !== 'bios');
    assert.doesNotMatch(before, /warning: no boot entry/);
    await ended(session);
    assert.ok(server.requests.includes('/config.yaml'));
  } finally {
    server.close();
  }
}

/** The identity of a booted system, as one text. */
const identity = (session: Session) =>
  ok(session, 'cat /etc/machine-id /etc/hostname; cat /etc/ssh/ssh_host_*_key.pub | sort; uname -n');

/** Keys of every kind, as a boot applies them anew. */
const applied = `hostname: same
write_files:
- { path: /etc/same, content: "in /etc", permissions: "0640", owner: bhojpur }
- { path: /var/lib/same/file, content: "in /var" }
run_cmd: ["echo boot >> /var/boots"]
bos:
  modules: [dummy]
  sysctls: { net.ipv4.ip_default_ttl: "77" }
  ntp_servers: [192.0.2.1]
  wifi: [{ name: same, passphrase: a-passphrase }]
  environment: { SAME: "yes" }
`;

/** What the keys have done, as one text; the same in every boot. */
async function effects(session: Session, boots: number): Promise<string> {
  await ok(session, 'sudo systemctl start bos-config.service; opsctl status >/dev/null', 120_000);
  assert.equal((await ok(session, 'grep -c boot /var/boots')).trim(), String(boots));
  return ok(
    session,
    'sudo stat -c "%n %a %U %s" /etc/same /var/lib/same/file /var/lib/connman/*.config; sudo cat /etc/environment; ' +
      'grep -H . /proc/sys/net/ipv4/ip_default_ttl; grep ^dummy /proc/modules; grep Fallback /etc/connman/main.conf; ' +
      'cat ~/.ssh/authorized_keys',
  );
}

async function stateIsClean(disk: DiskInput): Promise<void> {
  const [, , state] = await partitionsOf(disk.file);
  assert.ok(state);
  const info = await probeExt4(openPartition(disk.file, state));
  assert.equal(info?.state, 'clean', 'the file system was unmounted cleanly');
}

/** In `make test` two pairs are installed, and booted once by the other firmware; in a soak all go through everything. */
const firmwareAndBus: readonly [
  Firmware,
  Bus,
  string,
  Firmware,
  'three boots' | 'one boot',
  soak: boolean,
][] = [
  ['bios', 'virtio', '/dev/vda', 'uefi', 'one boot', false],
  ['uefi', 'nvme', '/dev/nvme0n1', 'secureboot', 'one boot', false],
  ['bios', 'virtio', '/dev/vda', 'uefi', 'three boots', true],
  ['uefi', 'nvme', '/dev/nvme0n1', 'secureboot', 'three boots', true],
  ['uefi', 'virtio', '/dev/vda', 'bios', 'three boots', true],
  ['bios', 'nvme', '/dev/nvme0n1', 'uefi', 'three boots', true],
];

export const tests: SystemTest[] = [
  ...firmwareAndBus.map(
    ([firmware, bus, device, other, depth, soak]): SystemTest => ({
      name: `unattended install: ${firmware}, ${bus}; ${depth}`,
      seconds: depth === 'one boot' ? 130 : 270,
      soak,
      run: async (t) => {
        const key = join(t.folder, 'key');
        await t.host.processes.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]);
        const publicKey = (await t.host.files.readText(`${key}.pub`)).trim();
        const disk = await target(t, bus);
        const config = `ssh_authorized_keys:\n- ${publicKey}\n${applied}  password: "secret one"\n`;
        await unattended(t, firmware, disk, device, config);
        await stateIsClean(disk);

        const sshPort = await t.host.sockets.freePort();
        const network = { isolated: false, sshPort };
        const first = await t.start({
          // A BIOS does not boot from NVMe in QEMU.
          firmware: depth === 'one boot' || (bus === 'nvme' && firmware === 'bios') ? other : firmware,
          memory: 512,
          disks: [disk],
          network,
        });
        await first.login('bhojpur', { ...bootLimit, password: 'secret one' });
        t.log(`installed, ${first.spec.firmware} from ${bus}: ${first.mark('login')} ms to login`);
        const who = await identity(first);
        assert.match(who, /^[0-9a-f]{32}\n/);
        await ok(first, 'echo kept > ~/kept; echo kept | sudo tee /var/kept /opt/kept; sudo touch /etc/gone');
        assert.match(await ok(first, 'sudo cat /bhojpur/system/config.yaml'), /ssh_authorized_keys/);
        assert.match(await ok(first, 'findmnt -no OPTIONS /bos'), /^ro/);
        assert.equal((await ok(first, 'systemctl --failed --no-legend --plain')).trim(), '');
        await fails(first, 'sudo opsctl install /dev/vda --silent', 3, 'installed');
        assert.doesNotMatch(await ok(first, 'opsctl --help'), /^\s+install /m);
        const seen = await effects(first, 1);
        for (const part of [
          '/etc/same 640 bhojpur 7',
          '/var/lib/same/file 644 root 7',
          'SAME=',
          'ip_default_ttl:77',
          'dummy',
        ])
          assert.ok(seen.includes(part), `${part} in:\n${seen}`);
        assert.equal(seen.split(publicKey).length, 2, 'the key is there once');
        const ssh = await t.host.processes.run('ssh', [
          ...[
            '-i',
            key,
            '-p',
            String(sshPort),
            '-o',
            'StrictHostKeyChecking=no',
            '-o',
            'UserKnownHostsFile=/dev/null',
          ],
          ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', 'bhojpur@127.0.0.1', 'cat ~/kept'],
        ]);
        assert.equal(ssh.stdout.trim(), 'kept');
        await switchOff(first);
        await stateIsClean(disk);
        if (depth === 'one boot') return;

        // The same disk boots by the other firmware, and is the same machine.
        const second = await t.start({ firmware: other, memory: 512, disks: [disk] });
        await second.login('bhojpur', { ...bootLimit, password: 'secret one' });
        assert.equal(await identity(second), who);
        assert.equal(await effects(second, 2), seen);
        assert.match(
          await ok(second, 'cat ~/kept /var/kept /opt/kept; ls /etc/gone 2>&1 || true'),
          /kept\s+kept\s+kept\s+.*No such file/,
        );
        // The shell may be gone before it can say how that went.
        second.type('sudo systemctl reboot\n');
        await second.login('bhojpur', { ...bootLimit, password: 'secret one' });
        assert.equal(await identity(second), who);
        assert.equal(await effects(second, 3), seen);
        await switchOff(second);
        await stateIsClean(disk);
      },
    }),
  ),
  {
    name: 'interactive install, typed at the console of the installer',
    seconds: 150,
    run: async (t) => {
      const disk = await target(t, 'virtio');
      const session = await t.start({ memory: 512, disks: [isoOn(t, 'cd'), disk] });
      // The second entry of the menu: next line (Ctrl-N), enter. An arrow is several bytes, which GRUB may read apart.
      await session.awaitText(/Install Bhojpur OS/, bootLimit);
      session.type('\x0e\r');
      await session.awaitText(/Ctrl-C quits/, bootLimit);
      await session.awaitText(/Disk: /);
      await session.awaitText(/How does this machine get its network address/);
      // The second answer, by its number.
      session.type('2\r');
      await session.awaitText(/Interface: e\w+, 52:54:00:12:34:56, virtio_net, connected/);
      await session.awaitText(/Address, such as/);
      // QEMU's router has it.
      session.type('10.0.2.2/24\r');
      await session.awaitText(/10\.0\.2\.2 is in use/);
      session.type('\x1510.0.2.77/24\r');
      await session.awaitText(/Gateway/);
      session.type('10.0.2.2\r');
      await session.awaitText(/Name servers/);
      session.type('10.0.2.3\r');
      // DHCP has given one: Enter keeps that.
      await session.awaitText(/Use this address now, too\? \(y\/N\)/);
      session.type('\r');
      await session.awaitText(/How will you log in/);
      session.type('\r');
      await session.awaitText(/Ctrl-T/);
      session.type('correct horse\r');
      await session.awaitText(/Repeat the password:.*/);
      // One question back, and on again.
      session.type('\x1b');
      await session.awaitText(/Password:/);
      session.type('correct horse\r');
      await session.awaitText(/Repeat the password:.*/);
      session.type('correct horse\r');
      await session.awaitText(/Host name/);
      session.type('not a name');
      await session.awaitText(/expected a host name/);
      // Ctrl-U empties the line.
      session.type('\x15node1\r');
      await session.awaitText(/will be lost/);
      await session.awaitText(/Host name +node1/);
      await session.awaitText(/Network +e\w+ 10\.0\.2\.77\/24/);
      await session.awaitText(/Type yes/);
      session.type('yes\r');
      await session.awaitText(/is installed on/, bootLimit);
      await session.awaitText(/Log in as bhojpur by a password/);
      // It stays in the machine: the menu of the medium starts what is installed first.
      await session.awaitText(/Remove the CD, then press Enter/);
      session.type('\r');
      await session.awaitText(/Start the installed disk/, bootLimit);
      await session.awaitText(/node1 login:/, bootLimit);
      await session.close();

      const installed = await t.start({ memory: 256, disks: [disk] });
      await installed.login('bhojpur', { ...bootLimit, password: 'correct horse' });
      assert.equal((await ok(installed, 'hostname')).trim(), 'node1');
      assert.match(await ok(installed, 'cat /proc/cmdline'), /console=tty0 console=ttyS0,115200/);
      await ok(
        installed,
        "timeout 60 sh -c 'until ip -o -4 address | grep -q 10.0.2.77/24; do sleep 0.2; done'",
        90_000,
      );
      assert.match(await ok(installed, 'ip -4 route show default'), /^default via 10\.0\.2\.2 /);
      await switchOff(installed);
    },
  },
];
