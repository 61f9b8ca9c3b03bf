/** One of each kind of failure in the live system, past the point of no return where it can be: message, exit code, journal. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { appears, bootLimit, diskFacts, fails, ok } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 4;

const live = 'live prompt, BIOS';
const path = '/dev/disk/by-id/virtio-target';
const install = `sudo opsctl install ${path} --silent --allow-no-login`;
const broken = ['not installed and not bootable', 'run the same command again', 'opsctl install --report'];

/** Waits for the disk that was just plugged; returns its own name. */
async function plugged(session: Session): Promise<string> {
  await appears(session, path);
  await ok(session, 'sudo udevadm settle');
  return (await ok(session, `readlink -f ${path}`)).trim();
}

async function plug(t: SystemContext, session: Session) {
  const file = await t.emptyDisk('target.img', 3e9 - (3e9 % 4096));
  return session.plug({ id: 'target', file, bus: 'virtio', serial: 'target', cache: 'unsafe' });
}

/** Nothing of an installation is mounted, and the journal ends with how it ended. */
async function leftInOrder(session: Session, exitCode: number): Promise<void> {
  await fails(session, 'findmnt /run/bos/target', 1);
  const last = JSON.parse((await ok(session, 'sudo tail -n 1 /var/log/bos/install.log')).trim());
  assert.equal(last.type, 'result');
  assert.equal(last.exitCode, exitCode);
}

export const tests: SystemTest[] = [
  {
    name: 'failures: a tool missing, a tool killed, no space; then the same command installs',
    seconds: 80,
    soak: true,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      await plug(t, session);
      const disk = await plugged(session);
      // A tool that does not exist: no program has this file's permissions.
      await ok(session, 'touch /tmp/none && sudo mount --bind /tmp/none /usr/sbin/mkfs.fat');
      await fails(session, install, 3, 'mkfs.fat', 'Nothing was touched');
      await leftInOrder(session, 3);
      await ok(session, 'sudo umount /usr/sbin/mkfs.fat');

      await ok(session, String.raw`printf '#!/bin/sh\nkill -9 $$\n' > /tmp/kill && chmod 755 /tmp/kill`);
      const mkfs = (await ok(session, 'readlink -f /usr/sbin/mkfs.ext4')).trim();
      await ok(session, `sudo mount --bind /tmp/kill ${mkfs}`);
      await fails(session, install, 5, 'SIGKILL', ...broken);
      await leftInOrder(session, 5);
      assert.equal((await diskFacts(session, disk)).content, 'unfinished');
      await ok(session, `sudo umount ${mkfs}`);

      await ok(session, 'mkdir -p /tmp/small && sudo mount -t tmpfs -o size=1M tmpfs /tmp/small');
      const full = `sudo env TMPDIR=/tmp/small opsctl install ${path} --silent --allow-no-login`;
      await fails(session, full, 3, 'no room for temporary files', 'Nothing was touched');
      await leftInOrder(session, 3);

      assert.match(await ok(session, install, 180_000), /is installed on/);
      assert.equal((await diskFacts(session, disk)).content, 'bhojpur');
      const report = (await ok(session, 'sudo opsctl install --report 2>/dev/null')).trim();
      const { texts } = JSON.parse(await ok(session, `sudo cat ${report}`, 120_000));
      assert.match(texts['/var/log/bos/install.log'], /SIGKILL/);
    },
  },
  {
    name: 'failures: the disk is pulled out while it is copied to',
    seconds: 40,
    soak: true,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const disk = await plug(t, session);
      await plugged(session);
      session.type(`${install}; echo "ended: $?"\n`);
      await session.awaitText(/Copy the system/, bootLimit);
      await session.awaitText(/ %/, bootLimit);
      await session.unplug(disk);
      const { before } = await session.awaitText(/ended: 5\n/, bootLimit);
      const said = before.replaceAll(/\s+/g, ' ');
      for (const words of broken) assert.ok(said.includes(words), before);
      await session.awaitText(/[$#] $/);
      await leftInOrder(session, 5);
    },
  },
  {
    name: 'failures: a sector of the disk cannot be written',
    seconds: 55,
    soak: true,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const file = await t.emptyDisk('target.img', 3e9 - (3e9 % 4096));
      await session.qmp.execute('blockdev-add', {
        driver: 'blkdebug',
        'node-name': 'flawed',
        image: { driver: 'file', filename: file },
        // Where the EFI system partition will have its FAT.
        'inject-error': [{ event: 'none', iotype: 'write', errno: 5, sector: 4160 }],
      });
      const device = { driver: 'virtio-blk-pci', bus: 'port0', drive: 'flawed', serial: 'target' };
      await session.qmp.execute('device_add', { ...device, id: 'flawed-disk', werror: 'report' });
      const disk = await plugged(session);
      await fails(session, install, 5, 'EIO', ...broken);
      await leftInOrder(session, 5);
      assert.equal((await diskFacts(session, disk)).content, 'unfinished');
    },
  },
];
