/** Installing onto partitions that are there: what is on them stays, and the machine starts. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Session } from '../../src/vm/session.ts';
import { bootLimit, diskFacts, fails, ok, switchOff } from './boots.ts';
import type { SystemContext, SystemTest } from './support.ts';

export const issue = 5;

/** Made by refusals.system.ts: a live system at its prompt. */
const live = 'live prompt, BIOS';

async function plug(t: SystemContext, session: Session, id: string) {
  const file = await t.emptyDisk(`${id}.img`, 3e9);
  await session.plug({ id, file, bus: 'virtio', serial: id, cache: 'unsafe' });
  await ok(session, `timeout 30 sh -c 'until test -e /dev/disk/by-id/virtio-${id}; do sleep 0.2; done'`);
  return { file, path: (await ok(session, `readlink -f /dev/disk/by-id/virtio-${id}`)).trim() };
}

/** Somebody's disk: an msdos table, homes on the first partition, room on the second. */
const msdosDisk = (disk: string) => `set -e
printf 'label: dos\\n,200MiB,L\\n,,L\\n' | sfdisk -q ${disk}
udevadm settle
mkfs.ext4 -q -L home ${disk}1
mkfs.ext4 -q -L data -O ^metadata_csum_seed,^orphan_file ${disk}2
mount ${disk}2 /mnt
echo photo > '/mnt/a photo'
mkdir /mnt/boot
echo mine > /mnt/boot/grub.txt
umount /mnt`;

const config = 'bos:\n  password: open\n';
const script = (text: string) => `cat > /tmp/script.sh <<'END'\n${text}\nEND\nsudo sh /tmp/script.sh`;
const install = 'sudo opsctl install --no-format --silent --config /tmp/c.yaml';

/** What is asked for by a file below /bos/system, which is read-only where people look at it. */
const ask = (session: Session, name: string) =>
  ok(session, `sudo touch /run/bos/state/bos/system/${name} && sync`);

/** Restarts an installed machine from its console, and logs in again. */
async function restart(session: Session): Promise<void> {
  session.type('sudo systemctl reboot\n');
  await session.login('bhojpur', { ...bootLimit, password: 'open' });
}

/** Everything that lasts goes, with the identity; what the installation brought stays. */
async function resets(session: Session): Promise<void> {
  await ok(session, 'echo x | sudo tee /var/kept /var/lib/fixed; touch ~/kept; sudo mkdir -p /opt/kept');
  await ok(session, 'sudo chattr +i /var/lib/fixed');
  const machine = await ok(session, 'cat /etc/machine-id');
  await ask(session, 'factory-reset');
  await restart(session);
  const left = 'ls -d /var/kept /var/lib/fixed ~/kept /opt/kept /bos/system/factory-reset 2>/dev/null; true';
  assert.equal((await ok(session, left)).trim(), '');
  assert.notEqual(await ok(session, 'cat /etc/machine-id'), machine);
  assert.match(
    await ok(session, 'cat /run/bos/initrd.log'),
    /factory reset: removing[\s\S]*factory reset: done/,
  );
  await ok(session, 'findmnt /var && systemctl is-active ssh');
}

/** /home, /var and /opt are in memory, and what lies on the disk is not seen. */
async function isEphemeral(session: Session): Promise<void> {
  await ok(session, 'echo x | sudo tee /var/kept');
  await ask(session, 'ephemeral');
  await restart(session);
  const types = await ok(session, 'for d in /home /var /opt; do findmnt -no FSTYPE -T $d; done');
  assert.deepEqual(types.trim().split(/\s+/), ['tmpfs', 'tmpfs', 'tmpfs']);
  assert.equal((await ok(session, 'ls -d /var/kept 2>/dev/null; true')).trim(), '');
  assert.match(await ok(session, 'opsctl status'), /state +\/dev\/vda2, ephemeral: nothing lasts/);
  await ok(session, 'echo y | sudo tee /var/lost; systemctl is-active ssh');
  assert.equal((await ok(session, 'sudo cat /bos/data/var/kept')).trim(), 'x');
  // As docs/factory-reset.md says.
  const leave = 'sudo mount -o remount,rw /run/bos/state && sudo rm /run/bos/state/bos/system/ephemeral';
  await ok(session, leave);
}

export const tests: SystemTest[] = [
  {
    name: 'a partition of an msdos disk, BIOS: kept as it is, installed to, started, grown, reset, ephemeral',
    seconds: 110,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const disk = await plug(t, session, 'older');
      await ok(session, `printf '${config.replaceAll('\n', '\\n')}' > /tmp/c.yaml`);
      await ok(session, script(msdosDisk(disk.path)));
      const table = await ok(session, `sudo sfdisk --dump ${disk.path}`);
      await fails(session, install, 3, 'no partition is labelled BOS_STATE');
      await fails(session, `${install} ${disk.path}`, 3, 'is a whole disk', `${disk.path}2`);
      await fails(session, `${install} ${disk.path}1`, 3, 'has too little room', 'Nothing was touched');

      const said = await ok(session, `${install} ${disk.path}2`, 180_000);
      assert.match(said, /is installed on \/dev\/vd.2, 2\.8 GB: ext4 "data"/);
      assert.equal(await ok(session, `sudo sfdisk --dump ${disk.path}`), table);
      const facts = await diskFacts(session, disk.path);
      assert.equal(facts.content, 'bhojpur', facts.contentSummary);
      assert.deepEqual(
        facts.partitions.map(({ signature }) => signature?.label),
        ['home', 'BOS_STATE'],
      );
      // As an image that is copied to a larger disk.
      await ok(
        session,
        `sudo mount ${disk.path}2 /mnt; sudo touch /mnt/bos/system/growpart; sudo umount /mnt`,
      );
      await session.close();
      await t.host.processes.run('truncate', ['-s', '4G', disk.file]);

      const started = await t.start({
        ...{ memory: 512 },
        disks: [{ id: 'older', file: disk.file, bus: 'virtio', cache: 'unsafe' }],
      });
      await started.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.match(await ok(started, 'findmnt -nro SOURCE /home'), /^\/dev\/vda2\[\/bos\/data\/home\]/);
      const kept = await ok(started, "sudo cat '/run/bos/state/a photo' /run/bos/state/boot/grub.txt");
      assert.equal(kept, 'photo\nmine\n');
      assert.match(await ok(started, 'df --output=size -BM /home | tail -1'), /^ *3[789]\d\dM/);
      assert.equal((await ok(started, 'ls /bos/system/growpart 2>/dev/null; true')).trim(), '');
      await resets(started);
      await isEphemeral(started);
      await switchOff(started);
    },
  },
];
