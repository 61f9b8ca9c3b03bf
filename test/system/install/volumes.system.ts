/** Installing onto file systems on LVM and RAID: they are there at boot, and what is somebody else's is left alone. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { DiskInput } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { appears, bootLimit, fails, isoOn, mediumBoot, ok, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { writeOldLoader } from '../support/old-loader.ts';
import { nextVersion } from '../support/upgrades/next-version.ts';

export const issue = 5;

/** Made by refusals.system.ts: a live system at its prompt. */
const live = 'live prompt, BIOS';

const disk = (id: string, file: string) =>
  ({ id, file, bus: 'virtio', serial: id, cache: 'unsafe' }) as const;

async function plug(t: SystemContext, session: Session, id: string): Promise<{ file: string; path: string }> {
  const file = await t.emptyDisk(`${id}.img`, 3e9);
  await session.plug(disk(id, file));
  await appears(session, `/dev/disk/by-id/virtio-${id}`);
  return { file, path: (await ok(session, `readlink -f /dev/disk/by-id/virtio-${id}`)).trim() };
}

const config = "printf 'bos:\\n  password: open\\n' > /tmp/c.yaml";
const script = (text: string) => `cat > /tmp/script.sh <<'END'\nset -e\n${text}\nEND\nsudo sh /tmp/script.sh`;
const install = 'sudo opsctl install --no-format --silent --config /tmp/c.yaml';
const forGrub = '-O ^metadata_csum_seed,^orphan_file';
/** Somebody's file, on a file system that is unmounted again. */
const photo = (device: string) => `mount ${device} /mnt; echo photo > '/mnt/a photo'; umount /mnt`;
const photoIsThere = async (session: Session) =>
  assert.equal(await ok(session, "sudo cat '/run/bos/state/a photo'"), 'photo\n');

/** A GPT that starts both ways, with the rest for a member or physical volume. */
const bothWays = (path: string, type: string) => `
printf 'label: gpt\\n,1MiB,21686148-6449-6E6F-744E-656564454649\\n,100MiB,U\\n,,${type}\\n' | sfdisk -q ${path}
udevadm settle
mkfs.fat -F 32 ${path}2 > /dev/null`;

/**
 * Two disks of a machine with a BIOS, each with a boot loader of its own, mirrored by md in an old format, whose members
 * look like what they mirror.
 */
async function mirrored(t: SystemContext, metadata: string, commands: string, device: string) {
  const session = await t.resume(join(t.fixture(live), 'state'));
  const [first, second] = [await plug(t, session, 'first'), await plug(t, session, 'second')];
  await ok(session, config);
  const [one, two] = [`${first.path}1`, `${second.path}1`];
  const create = `mdadm --create /dev/md/pair --run --level=1 --raid-devices=2 --metadata=${metadata} --assume-clean`;
  const tables = [first, second].map(
    ({ path }, index) =>
      `printf 'label: dos\\n,,fd\\n' | sfdisk -q ${path}\n${writeOldLoader(path, `LOADER ${index + 1}`)}`,
  );
  await ok(
    session,
    script(`${tables.join('\n')}
udevadm settle
${create} ${one} ${two}
${commands}
mkfs.ext4 -q ${forGrub} -L BOS_STATE ${device}
${photo(device)}
udevadm settle`),
    120_000,
  );
  const said = await ok(session, `${install} ${device}`, 240_000);
  assert.match(said, new RegExp(`boot\\s+sector\\s+of\\s+${second.path}`));
  await session.close();
  const started = await t.start({ memory: 256, disks: [disk('second', second.file)] });
  await login(started);
  await photoIsThere(started);
  assert.match(await ok(started, 'cat /proc/mdstat'), /^md127 : active .*raid1 [\s\S]*?\[2\/1\]/m);
  assert.match(await ok(started, 'cat /run/bos/initrd.log'), /1 of 2 members are here/);
  await switchOff(started);

  // What the second disk started before is the last entry of the menu: next line (Ctrl-N) three times, enter.
  const before = await t.start({ memory: 256, disks: [disk('second', second.file)] });
  await before.awaitText(/What this disk started before \(serial second\)/, bootLimit);
  before.type('\x0e\x0e\x0e\r');
  await before.awaitText(/LOADER 2/, bootLimit);
  await before.close();
}

const login = (session: Session) => session.login('bhojpur', { ...bootLimit, password: 'open' });

/** A node whose GRUB cannot write is upgraded: that it cannot return by itself is said, and it goes back by hand. */
async function upgraded(t: SystemContext, node: DiskInput): Promise<void> {
  const next = await nextVersion(t, isoOn(t, 'cd').file, '9.0.0');
  const session = await t.start({
    ...{ memory: 512, disks: [node, { id: 'next', file: next, bus: 'cd', readOnly: true }] },
  });
  await login(session);
  const version = async () =>
    (JSON.parse(await ok(session, 'sudo opsctl status --json')) as { os: string }).os;
  const before = await version();
  const said = await ok(session, 'sudo opsctl upgrade /dev/sr0', 240_000);
  assert.match(
    said.replaceAll(/\s+/g, ' '),
    /cannot count starts here: if it fails, choose \S+ in the boot menu/,
  );
  session.type('sudo systemctl reboot\n');
  await login(session);
  await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs);
  assert.equal(await version(), '9.0.0');
  await photoIsThere(session);
  await ok(session, 'sudo opsctl rollback', 240_000);
  session.type('sudo systemctl reboot\n');
  await login(session);
  await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs);
  assert.equal(await version(), before);
  await switchOff(session);
  await t.host.files.remove(next);
}

export const tests: SystemTest[] = [
  {
    name: 'LVM, BIOS: a linear volume is installed to and started in 256 MB, also by a medium, and upgraded; others stay inactive; snapshots refused',
    seconds: 340,
    soak: true,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const own = await plug(t, session, 'own');
      const foreign = await plug(t, session, 'foreign');
      await ok(session, config);
      await ok(
        session,
        script(`printf 'label: dos\\n,,8e\\n' | sfdisk -q ${own.path}; udevadm settle
pvcreate -q ${own.path}1
vgcreate -q my-data ${own.path}1
lvcreate -q -y -L 100M -n before my-data
lvcreate -q -y -L 1200M -n state my-data
lvextend -q -L 1600M my-data/state ${own.path}1
mkfs.ext4 -q ${forGrub} -L BOS_STATE /dev/my-data/state
${photo('/dev/my-data/state')}
printf 'label: gpt\\n,1GiB,L\\n,1GiB,L\\n,,L\\n' | sfdisk -q ${foreign.path}; udevadm settle
vgcreate -q theirs ${foreign.path}1
lvcreate -q -y -L 100M -n data theirs
mkfs.ext4 -q /dev/theirs/data
mdadm --create /dev/md/theirs --run --level=1 --raid-devices=2 ${foreign.path}2 missing
mkfs.ext4 -q /dev/md/theirs
lvcreate -q -y -s -L 100M -n copy my-data/state
echo 0 2048 linear ${foreign.path}3 64 | dmsetup create bare
udevadm settle`),
        120_000,
      );
      await fails(
        session,
        `${install} /dev/my-data/state`,
        3,
        'cannot read LVM snapshots',
        'Nothing was touched',
      );
      await fails(session, `${install} /dev/mapper/bare`, 3, 'a device of type "dm"');
      await ok(session, 'sudo lvremove -q -y my-data/copy; sudo dmsetup remove bare; udevadm settle');
      await fails(session, `${install} /dev/theirs/data`, 3, 'too little room');

      const said = await ok(session, install, 240_000);
      assert.match(said, /is\s+installed\s+on\s+\/dev\/mapper\/my--data-state/);
      assert.match(said, /never\s+goes\s+back\s+by\s+itself/);
      await session.close();

      const started = await t.start({
        ...{ memory: 256, disks: [disk('own', own.file), disk('foreign', foreign.file)] },
      });
      await login(started);
      await photoIsThere(started);
      const active = await ok(started, 'sudo dmsetup ls; cat /proc/mdstat; ls /dev/md* 2>/dev/null; true');
      assert.match(active, /^my--data-state/m);
      assert.doesNotMatch(active, /theirs|md12|my--data-before/);
      assert.match(await ok(started, 'cat /proc/cmdline'), / bos\.lv=\S{6}(-\S{4}){5}-\S{6} /);
      const block = await ok(started, 'cat /bos/system/grub/grubenv');
      assert.match(block, /^bos_automatic_return=off$/m);
      await switchOff(started);
      await upgraded(t, disk('own', own.file));

      const again = await t.start({
        ...{ memory: 384, disks: [isoOn(t, 'cd'), disk('own', own.file)] },
        kernel: await mediumBoot(t, 'bos.fallback_mode=install'),
      });
      await login(again);
      assert.match(await ok(again, 'cat /run/bos/initrd.log'), /disks: valid/);
      await photoIsThere(again);
      await switchOff(again);
    },
  },
  {
    name: 'RAID1 of format 0.90, BIOS: started from the second disk alone in 256 MB',
    seconds: 150,
    soak: true,
    uses: [live],
    run: (t) => mirrored(t, '0.90', '', '/dev/md/pair'),
  },
  {
    name: 'LVM on RAID1 of format 1.0, BIOS: started from the second disk alone in 256 MB',
    seconds: 150,
    soak: true,
    uses: [live],
    run: (t) =>
      mirrored(
        t,
        '1.0',
        'vgcreate -q pair /dev/md/pair; lvcreate -q -y -L 1600M -n state pair',
        '/dev/pair/state',
      ),
  },
  {
    name: 'RAID1, Secure Boot: installed to by its label, started from both disks, and from the second alone',
    seconds: 300,
    soak: true,
    async run(t) {
      const [first, second] = [await t.emptyDisk('first.img', 3e9), await t.emptyDisk('second.img', 3e9)];
      const session = await t.start({
        ...{ firmware: 'secureboot', memory: 1024 },
        disks: [isoOn(t, 'cd'), disk('first', first), disk('second', second)],
      });
      await session.login('bhojpur', bootLimit);
      await ok(session, `stty cols 250; ${config}`);
      await ok(
        session,
        script(`${bothWays('/dev/vda', 'R')}${bothWays('/dev/vdb', 'R')}
mdadm --create /dev/md/state --run --level=1 --raid-devices=2 --metadata=1.2 --assume-clean /dev/vda3 /dev/vdb3
mkfs.ext4 -q ${forGrub} -L BOS_STATE /dev/md/state
${photo('/dev/md/state')}
udevadm settle`),
        120_000,
      );
      const said = await ok(session, install, 300_000);
      assert.match(said, /is\s+installed\s+on\s+\/dev\/md127/);
      await switchOff(session);

      const both = await t.start({
        ...{ firmware: 'secureboot', memory: 512, disks: [disk('first', first), disk('second', second)] },
      });
      await login(both);
      await photoIsThere(both);
      assert.match(await ok(both, 'sudo cat /sys/kernel/security/lockdown'), /\[integrity\]/);
      assert.match(await ok(both, 'cat /proc/mdstat'), /raid1[^\n]*\n[^\n]*\[2\/2\] \[UU\]/);
      await switchOff(both);

      const alone = await t.start({ firmware: 'secureboot', memory: 512, disks: [disk('second', second)] });
      await login(alone);
      await photoIsThere(alone);
      assert.match(await ok(alone, 'cat /proc/mdstat'), /raid1[^\n]*\n[^\n]*\[2\/1\]/);
      await switchOff(alone);
    },
  },
];
