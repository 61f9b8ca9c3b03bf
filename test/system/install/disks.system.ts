/** The disk that is installed to: what is active on it, large sectors, large disks, the firmware's boot entry. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import type { Session } from '../../../src/vm/session.ts';
import {
  appears,
  bootLimit,
  diskFacts,
  fails,
  isoOn,
  mediumBoot,
  ok,
  switchOff,
  target,
} from '../support/boots.ts';
import { openPartition, partitionsOf } from '../support/disk-images.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 4;

/** Made by refusals.system.ts: a live system at its prompt. */
const live = 'live prompt, BIOS';

async function plug(t: SystemContext, session: Session, id: string): Promise<string> {
  const file = await t.emptyDisk(`${id}.img`, 3e9);
  await session.plug({ id, file, bus: 'virtio', serial: id, cache: 'unsafe' });
  await appears(session, `/dev/disk/by-id/virtio-${id}`);
  return (await ok(session, `readlink -f /dev/disk/by-id/virtio-${id}`)).trim();
}

/**
 * Swap, a logical volume as LVM maps it, with LVM's label, and an array of md, each on a partition: by hand, so that
 * no program that knows them makes them again.
 */
const stack = (disk: string) => `set -e
echo 'label: gpt
,400MiB,S
,600MiB,V
,600MiB,R' | sfdisk -q ${disk}
udevadm settle
mkswap -q ${disk}1
swapon ${disk}1
printf 'LABELONE\\1\\0\\0\\0\\0\\0\\0\\0\\163\\254\\250\\050\\040\\0\\0\\0LVM2 001' | dd of=${disk}2 bs=512 seek=1 status=none
echo '0 1000000 linear ${disk}2 2048' | dmsetup create vg-root
mkfs.ext4 -q -L old /dev/mapper/vg-root
modprobe raid1
echo md_old > /sys/module/md_mod/parameters/new_array
cd /sys/block/md_old/md
echo none > metadata_version
echo raid1 > level
echo 1 > raid_disks
cat /sys/class/block/${disk.slice(5)}3/dev > new_dev
echo 0 > dev-${disk.slice(5)}3/slot
echo 500000 > component_size
echo active > array_state
udevadm settle`;

/** The partition of each boot entry of ours, in the order in which they are tried. */
async function ourEntries(session: Session): Promise<string[]> {
  const listed = await ok(session, 'sudo efibootmgr -v');
  const [, order = ''] = /^BootOrder: (\S+)/m.exec(listed) ?? [];
  return order.split(',').flatMap((number) => {
    const line = new RegExp(`^Boot${number}\\* Bhojpur OS\\s.*GPT,([0-9a-f-]+),.*BOOTX64`, 'm').exec(listed);
    return line?.[1] === undefined ? [] : [line[1]];
  });
}

/** The file system of a partition of an image was unmounted. */
async function cleanExt4(file: string, index: number): Promise<void> {
  const partition = (await partitionsOf(file))[index];
  assert.ok(partition);
  assert.equal((await probeExt4(openPartition(file, partition)))?.state, 'clean', file);
}

export const tests: SystemTest[] = [
  {
    name: 'a disk with active LVM, RAID and swap: kept while mounted, then stopped and erased',
    seconds: 75,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const disk = await plug(t, session, 'stacked');
      await ok(session, `cat > /tmp/stack.sh <<'END'\n${stack(disk)}\nEND`);
      await ok(session, 'sudo sh /tmp/stack.sh');
      const before = await diskFacts(session, disk);
      assert.deepEqual(before.stacked.map(({ kernelName }) => kernelName).toSorted(), ['dm-0', 'md_old']);
      assert.match(before.contentSummary, /swap.*LVM/);

      await ok(session, 'sudo mount /dev/mapper/vg-root /mnt && echo photo | sudo tee /mnt/photo');
      const install = 'sudo opsctl install serial=stacked --silent --allow-no-login';
      await fails(session, install, 3, 'in use', '/dev/mapper/vg-root is mounted on /mnt');
      assert.equal((await ok(session, 'cat /mnt/photo; sudo umount /mnt')).trim(), 'photo');

      const said = (await ok(session, install, 120_000)).replaceAll(/\s+/g, ' ');
      assert.ok(said.includes(`Stop swap on ${disk}1, /dev/mapper/vg-root, /dev/md_old`), said);
      assert.match(said, /is installed on/);
      const after = await diskFacts(session, disk);
      assert.equal(after.content, 'bhojpur');
      assert.deepEqual([after.stacked, after.mounts, after.holders], [[], [], []]);
      assert.equal(
        (await ok(session, 'ls /sys/block | grep -E "^(dm|md)" || true; tail -n +2 /proc/swaps')).trim(),
        '',
      );
    },
  },
  {
    name: 'sectors of 4096 bytes, UEFI: installed and booted; one boot entry, none doubled, none no failure',
    seconds: 220,
    soak: true,
    async run(t) {
      const disk = await target(t, 'virtio', { sectorSize: 4096 });
      const session = await t.start({
        ...{ firmware: 'uefi', memory: 768, disks: [isoOn(t, 'cd'), disk] },
        kernel: await mediumBoot(t, 'bos.mode=live'),
      });
      await session.login('bhojpur', bootLimit);
      const esp = async () =>
        (await ok(session, 'sudo blkid -p -s PART_ENTRY_UUID -o value /dev/vda2')).trim();
      const config = 'printf "bos: {password: open}\\n" > /tmp/c.yaml';
      await ok(session, config);
      const install = 'sudo opsctl install /dev/vda --silent --config /tmp/c.yaml';
      assert.match(await ok(session, install, 180_000), /is installed on/);
      const first = await esp();
      assert.deepEqual(await ourEntries(session), [first]);

      // Again: the old entry goes with the old partition.
      assert.match(await ok(session, install, 180_000), /is installed on/);
      const second = await esp();
      assert.notEqual(second, first);
      assert.deepEqual(await ourEntries(session), [second]);

      await ok(session, 'sudo mount -o remount,ro /sys/firmware/efi/efivars');
      const said = (await ok(session, install, 180_000)).replaceAll(/\s+/g, ' ');
      assert.match(
        said,
        /warning: no boot entry \(.*\): the firmware finds the disk by EFI\/BOOT\/BOOTX64\.EFI/,
      );
      assert.match(said, /is installed on/);
      await switchOff(session);

      // A machine that never heard of it, so by the fallback path.
      const installed = await t.start({ firmware: 'uefi', memory: 512, disks: [disk] });
      await installed.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.equal((await ok(installed, 'cat /sys/block/vda/queue/logical_block_size')).trim(), '4096');
      await switchOff(installed);
    },
  },
  {
    name: '/var on a disk of its own: kept from boot to boot, both clean, and never replaced by an empty one',
    seconds: 200,
    soak: true,
    async run(t) {
      const system = await target(t, 'virtio');
      const data = { ...system, id: 'data', serial: 'data1', file: await t.emptyDisk('data.img', 4e9) };
      const session = await t.start({
        ...{ memory: 768, disks: [isoOn(t, 'cd'), system, data] },
        kernel: await mediumBoot(t, 'bos.mode=live'),
      });
      await session.login('bhojpur', bootLimit);
      await ok(session, 'printf "bos: {password: open}\\n" > /tmp/c.yaml');
      const install = 'sudo opsctl install smallest --var-device serial=data1 --silent --config /tmp/c.yaml';
      assert.match(await ok(session, install, 240_000), /is installed on \/dev\/vda/);
      await switchOff(session);

      const first = await t.start({ memory: 512, disks: [system, data] });
      await first.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.match(await ok(first, 'findmnt -nro SOURCE /var'), /^\/dev\/vdb1\[/);
      assert.match(await ok(first, 'findmnt -nro SOURCE /home'), /^\/dev\/vda3\[/);
      await ok(first, 'echo kept | sudo tee /var/kept; sudo mkdir -p /var/lib/bhojpur/os');
      await ok(first, 'echo hostname: named | sudo tee /var/lib/bhojpur/os/config.yaml');
      const machineId = await ok(first, 'cat /etc/machine-id');
      await switchOff(first);
      await cleanExt4(system.file, 2);
      await cleanExt4(data.file, 0);

      // The other way round: disks change their names.
      const second = await t.start({
        memory: 512,
        disks: [
          { ...data, bootIndex: 2 },
          { ...system, bootIndex: 1 },
        ],
      });
      await second.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.match(await ok(second, 'findmnt -nro SOURCE /var'), /^\/dev\/vda1\[/);
      assert.match(await ok(second, 'cat /var/kept; hostname'), /^kept\s+named/);
      assert.equal(await ok(second, 'cat /etc/machine-id'), machineId);
      await switchOff(second);
      await cleanExt4(data.file, 0);

      const alone = await t.start({
        ...{ memory: 512, disks: [system] },
        kernel: await mediumBoot(t, 'bos.mode=disk', 'bos.state_wait=3'),
      });
      await alone.awaitText(
        /RESCUE: the partition for \/var \(UUID [0-9a-f-]{36}\) was not found within 3 s/,
        bootLimit,
      );
      await alone.close();
    },
  },
  {
    name: 'a disk of 3 TB, BIOS: chosen by its size, installed and booted',
    seconds: 130,
    soak: true,
    async run(t) {
      const small = await target(t, 'virtio');
      // With holes: about a gigabyte of it is written.
      const large = { ...small, id: 'large', serial: 'large1', file: await t.emptyDisk('large.img', 3e12) };
      const session = await t.start({
        ...{ memory: 768, disks: [isoOn(t, 'cd'), small, large] },
        kernel: await mediumBoot(t, 'bos.mode=live'),
      });
      await session.login('bhojpur', bootLimit);
      await ok(session, 'printf "bos: {password: open}\\n" > /tmp/c.yaml');
      const install = "sudo opsctl install 'size>=2TiB' --silent --config /tmp/c.yaml";
      assert.match(await ok(session, install, 240_000), /is installed on \/dev\/vdb \(3 TB/);
      assert.equal((await diskFacts(session, '/dev/vda')).content, 'empty');
      await switchOff(session);
      const installed = await t.start({ memory: 512, disks: [large] });
      await installed.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.match(await ok(installed, 'df --output=size -B1G /home | tail -1'), /^\s*2[67]\d\d\s*$/);
      await switchOff(installed);
    },
  },
];
