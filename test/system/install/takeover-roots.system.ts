/** Takeover of systems whose disks are laid out as those of other distributions and clouds. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import type { DiskInput } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, fails, isoOn, ok, switchOff } from '../support/boots.ts';
import { openPartition, partitionsOf } from '../support/disk-images.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';
import { makeOldSystem, makeTree, type OldLayout, rootUuid } from '../support/other-systems/old-layouts.ts';
import { digestIn } from '../support/other-systems/taken-debian.ts';
import { newHostKey } from '../support/ssh.ts';

export const issue = 5;

const tree = 'the files of a Debian for many layouts';
const ubuntu = 'a Debian with a /boot of its own';
const fedora = 'a Debian with /boot/grub2 on XFS';
const onFat = 'a Debian with a /boot on FAT';
const onLvm = 'a Debian on LVM';
const onBtrfs = 'a Debian on btrfs with /boot/grub2 on XFS';
const layouts: Readonly<Record<string, OldLayout>> = {
  [ubuntu]: { boot: 'ext4', root: 'ext4', menu: 'debian' },
  [fedora]: { boot: 'xfs', root: 'ext4', menu: 'fedora' },
  [onFat]: { boot: 'vfat', root: 'ext4', menu: 'debian' },
  [onLvm]: { boot: 'ext4', root: 'ext4', lvm: true, menu: 'debian' },
  [onBtrfs]: { boot: 'xfs', root: 'btrfs', menu: 'fedora' },
};

export const fixtures: Fixture[] = [
  { name: tree, seconds: 150, make: makeTree },
  ...Object.entries(layouts).map(([name, layout]) => ({
    name,
    seconds: 30,
    uses: [tree],
    make: async (t: SystemContext) => {
      await makeOldSystem(t, t.fixture(tree), layout);
    },
  })),
];

const password = 'open';
/** What is waited for after a restart comes at the end of two boots, and after the network was waited for. */
const patience = { timeoutMs: 400_000 };
const deleted = /takeover: the old system is deleted \(([\d.]+) s\)/;

async function oldDisk(t: SystemContext, fixture: string): Promise<DiskInput> {
  const file = join(t.folder, 'old.img');
  await t.host.processes.run('cp', ['--sparse=always', join(t.fixture(fixture), 'old.img'), file]);
  return { id: 'old', file, bus: 'virtio', serial: 'old1', cache: 'unsafe' };
}

async function start(t: SystemContext, fixture: string): Promise<{ session: Session; disk: DiskInput }> {
  const disk = await oldDisk(t, fixture);
  const session = await t.start({ memory: 768, disks: [disk, { ...isoOn(t, 'virtio'), serial: 'iso' }] });
  await session.login('root', bootLimit);
  await ok(session, `printf 'bos:\\n  password: ${password}\\n' > /root/config.yaml`);
  return { session, disk };
}

/** What is in it of folders that are read quickly, and what of the others their inodes say, which FAT numbers anew. */
const digestOf = async (session: Session, folder: string) =>
  digestIn(
    await ok(
      session,
      '(find /etc /root /srv -xdev -type f ! -name .bash_history -print0 | sort -z | xargs -0 sha256sum; ' +
        `find /usr /boot -xdev -type f ! -path '/boot/${folder}/grubenv' -printf '%F %p %s %m %i %T@\\n' | ` +
        "sed 's/^\\(vfat .*\\) [0-9]* /\\1 /' | sort) | sha256sum",
      120_000,
    ),
  );

const isTakenOver = async (session: Session, folder: string, fsType: string): Promise<void> => {
  assert.equal((await ok(session, 'sudo ls -A /run/bos/state | xargs')).trim(), 'bos lost+found');
  await ok(session, 'grep bos_mark=valid /bos/system/grub/grubenv && test ! -e /bos/system/takeover.json');
  assert.equal((await ok(session, 'systemctl --failed --no-legend --plain')).trim(), '');
  await ok(session, `sudo mkdir /run/b && sudo mount -t ${fsType} -o ro /dev/vda2 /run/b`);
  assert.match(await ok(session, `sudo ls -A /run/b/${folder} | xargs`), /^grub\.cfg grubenv i386-pc\s*$/);
  assert.match(await ok(session, `sudo cat /run/b/${folder}/grub.cfg`), /Leads to Bhojpur OS/);
};

const inPlace: SystemTest[] = (
  [
    [ubuntu, 'grub', 'ext4'],
    [fedora, 'grub2', 'xfs'],
    [onFat, 'grub', 'vfat'],
  ] as const
).map(
  ([fixture, folder, fsType]): SystemTest => ({
    name: `takeover of ${fixture}: not confirmed, the old system is back; confirmed, it is deleted`,
    seconds: 300,
    soak: true,
    uses: [fixture],
    async run(t) {
      const { session, disk } = await start(t, fixture);
      await ok(
        session,
        'opsctl install --takeover /dev/vda3 /dev/vdb --silent --trial 45s --config /root/config.yaml',
        240_000,
      );
      const before = await digestOf(session, folder);
      session.type('systemctl reboot\n');
      await session.awaitText(/takeover: nobody confirmed the new system within 45 s: restarting/, patience);
      await session.awaitText(/Booting `(Debian|Fedora)/, patience);
      await session.login('root', patience);
      assert.match(await ok(session, 'cat /bos/system/takeover-returned'), /nobody confirmed .* within 45 s/);
      assert.equal(await digestOf(session, folder), before);
      await fails(session, 'opsctl install --takeover /dev/vdb --silent', 3, 'nobody confirmed');

      await ok(session, `grub-editenv /boot/${folder}/grubenv set next_entry=bos-takeover`);
      session.type('systemctl reboot\n');
      await session.login('bhojpur', { ...patience, password });
      await session.awaitText(/takeover: on trial for another/, patience);
      assert.match(await ok(session, 'sudo opsctl takeover confirm'), /This system is kept/);
      await session.awaitText(deleted, patience);
      await session.login('bhojpur', { ...patience, password });
      await isTakenOver(session, folder, fsType);
      await switchOff(session);
      const [, , root] = await partitionsOf(disk.file);
      assert.ok(root);
      const info = await probeExt4(openPartition(disk.file, root));
      assert.deepEqual([info?.state, info?.label, info?.uuid], ['clean', 'BOS_STATE', rootUuid]);
    },
  }),
);

const fromMemory: SystemTest[] = (
  [
    [onLvm, 'grub'],
    [onBtrfs, 'grub2'],
  ] as const
).map(
  ([fixture, folder]): SystemTest => ({
    name: `takeover of ${fixture} from memory: not confirmed, the old system is back; confirmed, its disk is erased`,
    seconds: 540,
    soak: true,
    uses: [fixture],
    async run(t) {
      const { session, disk } = await start(t, fixture);
      await fails(session, 'opsctl install --takeover /dev/vdb --silent', 3, '--takeover=replace');
      await fails(
        session,
        'opsctl install --takeover=replace /dev/vdb /dev/vdb --silent',
        3,
        'starts from /dev/vda',
      );
      const { secret, line } = await newHostKey(t);
      const key = '/etc/ssh/ssh_host_ed25519_key';
      await ok(
        session,
        `mkdir -p /etc/ssh; rm -f ${key}.pub; echo ${Buffer.from(secret).toString('base64')} | base64 -d > ${key}`,
      );
      const isCarried = async () =>
        assert.equal(
          (await ok(session, `sudo ssh-keygen -yf ${key}`)).trim().split(' ')[1],
          line.split(' ')[1],
          'the host key of the old system',
        );
      const command =
        'opsctl install --takeover=replace /dev/vda /dev/vdb --silent --trial 100s --config /root/config.yaml';
      const plan = await ok(session, `${command} --dry-run`, 120_000);
      assert.match(plan.replaceAll(/\s+/g, ' '), /ERASES ALL OF \/dev\/vda \(.*\/boot.*\)/);
      assert.match(await ok(session, command, 240_000), /ready to be tried from memory/);
      const before = await digestOf(session, folder);
      session.type('systemctl reboot\n');
      const loaded = session.mark('restarted');
      await session.awaitText(/takeover: on trial for another \d+ s: log in over ssh/, patience);
      t.figure('restart to trial from memory, s', (session.mark('on trial') - loaded) / 1000);
      await session.awaitText(/takeover: nobody confirmed the new system within 100 s: restarting/, patience);
      await session.awaitText(/Booting `(Debian|Fedora)/, patience);
      await session.login('root', patience);
      assert.match(
        await ok(session, 'cat /boot/bos/system/takeover-returned'),
        /nobody confirmed .* within 100 s/,
      );
      await ok(session, 'rm /boot/bos/system/takeover-returned');
      assert.equal(await digestOf(session, folder), before);
      await fails(session, `${command}`, 3, 'rm -r /boot/bos');

      await ok(session, `grub-editenv /boot/${folder}/grubenv set next_entry=bos-takeover`);
      session.type('systemctl reboot\n');
      await session.awaitText(/takeover: on trial for another \d+ s/, patience);
      await session.login('bhojpur', { ...patience, password });
      assert.match(await ok(session, 'cat /proc/cmdline'), /bos\.mode=live.*bos\.upgrade\.try=t .*panic=10/);
      await isCarried();
      assert.match(await ok(session, 'sudo opsctl takeover confirm'), /This system is kept/);
      await session.awaitText(/takeover: all of \/dev\/vda is erased/, patience);
      await session.awaitText(/takeover: Bhojpur OS is installed on \/dev\/vda/, patience);
      await session.login('bhojpur', { ...patience, password });
      assert.match(await ok(session, 'cat /proc/cmdline'), /bos\.mode=disk.*console=ttyS0,115200/);
      await isCarried();
      assert.equal((await ok(session, 'systemctl --failed --no-legend --plain')).trim(), '');
      await switchOff(session);
      const [, , state] = await partitionsOf(disk.file);
      assert.ok(state);
      const info = await probeExt4(openPartition(disk.file, state));
      assert.deepEqual([info?.state, info?.label], ['clean', 'BOS_STATE']);
    },
  }),
);

export const tests: SystemTest[] = [...inPlace, ...fromMemory];
