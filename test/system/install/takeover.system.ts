/** Takeover of a running Debian, from its own menu to a disk on which nothing of it is left; with power cuts. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import type { DiskInput, Firmware } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, ended, fails, isoOn, ok, serve, switchOff } from '../support/boots.ts';
import { openPartition, partitionsOf } from '../support/disk-images.ts';
import type { Fixture, SystemTest } from '../support/machines.ts';
import { makeOldDebian, oldRootUuid } from '../support/other-systems/old-debian.ts';
import {
  debianDisk,
  digestOf,
  oldDebian,
  password,
  patience,
  prepare,
} from '../support/other-systems/taken-debian.ts';
import { newHostKey, newKey, overSsh } from '../support/ssh.ts';

export const issue = 5;

/** What makes the Debian reachable, and is carried over: a key of root's, and a host key. */
async function makeReachable(session: Session, publicKey: string, hostKey: string): Promise<void> {
  await ok(session, 'mkdir -p -m 700 /root/.ssh /etc/ssh');
  await ok(session, `echo '${publicKey}' > /root/.ssh/authorized_keys`);
  const secret = Buffer.from(hostKey).toString('base64');
  await ok(session, `echo ${secret} | base64 -d > /etc/ssh/ssh_host_ed25519_key`);
  await ok(session, 'chmod 600 /etc/ssh/ssh_host_ed25519_key');
}

/** What is on the disk once the takeover is finished, seen from inside. */
async function isTakenOver(session: Session): Promise<void> {
  assert.equal((await ok(session, 'sudo ls -A /run/bos/state | xargs')).trim(), 'boot bos lost+found');
  assert.equal((await ok(session, 'sudo ls -A /run/bos/state/boot | xargs')).trim(), 'grub');
  assert.equal((await ok(session, 'sudo ls -A /run/bos/state/lost+found | wc -l')).trim(), '0');
  assert.match(await ok(session, 'sudo ls -A /run/bos/state/boot/grub | xargs'), /grub\.cfg grubenv i386-pc/);
  assert.match(
    await ok(session, 'sudo blkid -o export $(findmnt -nro SOURCE /run/bos/state)'),
    /LABEL=BOS_STATE/,
  );
  await ok(session, 'grep bos_mark=valid /bos/system/grub/grubenv && test ! -e /bos/system/takeover.json');
  assert.match(await ok(session, 'cat /proc/cmdline'), /bos\.mode=disk.*console=ttyS0,115200/);
  assert.equal((await ok(session, 'systemctl --failed --no-legend --plain')).trim(), '');
}

/** The same from outside. */
async function isCleanState(disk: DiskInput): Promise<void> {
  const [, , root] = await partitionsOf(disk.file);
  assert.ok(root);
  const info = await probeExt4(openPartition(disk.file, root));
  assert.deepEqual([info?.state, info?.label, info?.uuid], ['clean', 'BOS_STATE', oldRootUuid]);
}

export const fixtures: Fixture[] = [
  {
    name: oldDebian,
    seconds: 60,
    make: async (t) => {
      await makeOldDebian(t);
    },
  },
];

const deleted = /takeover: the old system is deleted \(([\d.]+) s\)/;

const firmwares: readonly [Firmware, name: string][] = [
  ['uefi', 'takeover of a Debian by install.sh, UEFI'],
  ['secureboot', 'takeover with Secure Boot by install.sh'],
];

export const tests: SystemTest[] = [
  {
    name: 'takeover of a Debian, BIOS: tried once, then the old system is deleted',
    seconds: 240,
    uses: [oldDebian],
    async run(t) {
      const disk = await debianDisk(t);
      const iso = { ...isoOn(t, 'virtio'), serial: 'iso' };
      const login = await newKey(t);
      const session = await t.start({
        memory: 768,
        disks: [disk, iso],
        network: { isolated: false, sshPort: login.port },
      });
      await session.login('root', bootLimit);
      const started = session.mark('Debian is up');
      await fails(
        session,
        'opsctl install --takeover /dev/vda2 /dev/vdb --silent',
        3,
        'is on /dev/vda3, not on /dev/vda2',
        'Nothing was',
      );
      await prepare(session);
      const { secret, line } = await newHostKey(t);
      await makeReachable(session, login.publicKey, secret);
      const command =
        'opsctl install --takeover --no-format /dev/vda3 /dev/vdb --silent --config /root/config.yaml';
      const shown = (await ok(session, `${command} --dry-run`, 120_000)).replaceAll(/\s+/g, ' ');
      assert.match(shown, /from this system the network: .*; the ssh key of root; the host name olddebian/);
      const prepared = await ok(session, command, 240_000);
      assert.match(prepared, /Reboot to try it: once it is confirmed within 10 min/);
      t.log(`prepared in ${session.mark('prepared') - started} ms`);
      await fails(session, 'opsctl install --takeover /dev/vdb --silent', 3, 'already prepared');
      session.type('systemctl reboot\n');
      await session.awaitText(/takeover: on trial for another 10 min: log in over ssh/, patience);
      // Above the prompt of whoever stands before it.
      await session.awaitText(
        /Takeover: {2}on trial for another 10 min, then the old system returns/,
        patience,
      );
      // By the key and with the host key of the old system.
      const known = { ...login, hostKey: line };
      assert.match(
        await overSsh(t, known, 'hostname; cat /proc/cmdline'),
        /^olddebian\n.*bos\.upgrade\.try=t .*panic=10/,
      );
      await session.awaitText(/takeover: confirmed by a login of bhojpur over ssh from /, patience);
      const match = await session.awaitText(deleted, patience);
      const seconds = Number(match.groups[0]);
      t.figure('deletion, s', seconds);
      await session.login('bhojpur', { ...bootLimit, password });
      const all = (session.mark('taken over') - started) / 1000;
      t.log(`taken over in ${all} s, of which deletion ${seconds} s`);
      t.figure('takeover, s', all);
      await isTakenOver(session);
      await switchOff(session);
      await isCleanState(disk);
    },
  },
  {
    name: 'takeover: not confirmed in time, and a kernel that panics: the old system is back as it was; confirmed by hand',
    seconds: 420,
    soak: true,
    uses: [oldDebian],
    async run(t) {
      const disk = await debianDisk(t);
      const iso = { ...isoOn(t, 'virtio'), serial: 'iso' };
      const session = await t.start({ memory: 768, disks: [disk, iso] });
      await session.login('root', bootLimit);
      await prepare(session);
      const digest = () => digestOf(session);
      const command =
        'opsctl install --takeover /dev/vda3 /dev/vdb --silent --trial 45s --config /root/config.yaml';
      await ok(session, command, 240_000);
      const before = await digest();

      session.type('systemctl reboot\n');
      await session.awaitText(/takeover: on trial for another 45 s/, patience);
      await session.awaitText(/takeover: nobody confirmed the new system within 45 s: restarting/, patience);
      await session.login('root', patience);
      assert.match(await ok(session, 'cat /bos/system/takeover-returned'), /nobody confirmed .* within 45 s/);
      assert.equal(await digest(), before);
      await fails(
        session,
        'opsctl install --takeover /dev/vdb --silent',
        3,
        'nobody confirmed',
        'grub-reboot',
      );

      await ok(session, 'grub-reboot bos-takeover');
      session.type('systemctl reboot\n');
      await session.login('bhojpur', { ...patience, password });
      session.type('sudo sh -c "echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger"\n');
      await session.awaitText(/Kernel panic/, patience);
      await session.login('root', patience);
      assert.equal(await digest(), before);

      await ok(session, 'grub-reboot bos-takeover');
      session.type('systemctl reboot\n');
      await session.login('bhojpur', { ...patience, password });
      await session.awaitText(/takeover: on trial for another/, patience);
      assert.match(await ok(session, 'sudo opsctl takeover confirm'), /This system is kept/);
      await session.awaitText(deleted, patience);
      await session.login('bhojpur', { ...patience, password });
      await isTakenOver(session);
      await fails(session, 'sudo opsctl takeover confirm', 3, 'No takeover is on trial');
      await switchOff(session);
      await isCleanState(disk);
    },
  },
  ...firmwares.map(
    ([firmware, name]): SystemTest => ({
      name: `${name}: power cuts while it is tried and in the deletion, then off`,
      seconds: 260,
      soak: true,
      uses: [oldDebian],
      async run(t) {
        const disk = await debianDisk(t);
        const names = ['install.sh', 'opsctl-linux-amd64', 'sha256sum-amd64.txt', 'bos-amd64.iso'];
        const files = names.map((name) => [`/${name}`, { file: join(t.artifacts, name) }] as const);
        const server = await serve(Object.fromEntries(files));
        try {
          const boot = () => t.start({ firmware, memory: 768, disks: [disk] });
          let session = await boot();
          await session.login('root', bootLimit);
          await prepare(session);
          const words =
            '--insecure --takeover --no-format --poweroff --tty ttyS0 --config /root/config.yaml /dev/vda3';
          await ok(session, `wget -q ${server.url}/install.sh`);
          const said = await ok(session, `sh install.sh ${words} ${server.url}/bos-amd64.iso`, 300_000);
          assert.match(said, /Reboot to try it/);
          session.type('systemctl reboot\n');
          await session.awaitText(/Booting `Bhojpur OS \d/, bootLimit);
          await session.cutPower();

          // It was tried once, and not to its end: the old system, as it was; tried again as the refusal says.
          session = await boot();
          await session.login('root', bootLimit);
          await fails(
            session,
            'opsctl install --takeover /dev/vda3 /x.iso --silent',
            3,
            'grub-reboot bos-takeover',
          );
          await ok(session, 'grub-reboot bos-takeover');
          session.type('systemctl reboot\n');
          for (let cut = 1; cut <= 2; cut += 1) {
            await session.awaitText(/takeover: everything else on .* is deleted/, patience);
            await session.cutPower();
            session = await boot();
          }
          await session.awaitText(deleted, patience);
          await ended(session);
          await isCleanState(disk);

          const image = await boot();
          await image.login('bhojpur', { ...bootLimit, password });
          await isTakenOver(image);
          await switchOff(image);
        } finally {
          server.close();
        }
      },
    }),
  ),
];
