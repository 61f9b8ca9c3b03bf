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

export const tests: SystemTest[] = [
  {
    name: 'a partition of an msdos disk, BIOS: kept as it is, installed to and started',
    seconds: 75,
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
      await session.close();

      const started = await t.start({
        ...{ memory: 512 },
        disks: [{ id: 'older', file: disk.file, bus: 'virtio', cache: 'unsafe' }],
      });
      await started.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.match(await ok(started, 'findmnt -nro SOURCE /home'), /^\/dev\/vda2\[\/bos\/data\/home\]/);
      const kept = await ok(started, "sudo cat '/run/bos/state/a photo' /run/bos/state/boot/grub.txt");
      assert.equal(kept, 'photo\nmine\n');
      await switchOff(started);
    },
  },
];
