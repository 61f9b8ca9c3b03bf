/** Installing onto partitions that are there: what is on them stays, and the machine starts. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import {
  appears,
  bootLimit,
  diskFacts,
  fails,
  hasStarted,
  isoOn,
  ok,
  switchOff,
  target,
} from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { writeOldLoader } from '../support/old-loader.ts';

export const issue = 5;

/** Made by refusals.system.ts: a live system at its prompt. */
const live = 'live prompt, BIOS';

async function plug(t: SystemContext, session: Session, id: string) {
  const file = await t.emptyDisk(`${id}.img`, 3e9);
  await session.plug({ id, file, bus: 'virtio', serial: id, cache: 'unsafe' });
  await appears(session, `/dev/disk/by-id/virtio-${id}`);
  return { file, path: (await ok(session, `readlink -f /dev/disk/by-id/virtio-${id}`)).trim() };
}

/** Somebody's disk: an msdos table, homes on the first partition, room on the second. */
const msdosDisk = (disk: string) => `set -e
printf 'label: dos\\n,200MiB,L\\n,,L\\n' | sfdisk -q ${disk}
${writeOldLoader(disk, 'OLD LOADER')}
udevadm settle
mkfs.ext4 -q -L home ${disk}1
mkfs.ext4 -q -L data -O ^metadata_csum_seed,^orphan_file ${disk}2
mount ${disk}2 /mnt
echo photo > '/mnt/a photo'
mkdir /mnt/boot
echo mine > /mnt/boot/grub.txt
umount /mnt`;

/** Somebody's disk under UEFI, with a fallback loader and a GRUB of Debian on its EFI system partition. */
const gptDisk = (disk: string) => `set -e
printf 'label: gpt\\n,100MiB,U\\n,100MiB,L\\n,,L\\n' | sfdisk -q ${disk}
udevadm settle
mkfs.fat -F 32 -n SYSTEM ${disk}1 >/dev/null
mmd -i ${disk}1 ::/EFI ::/EFI/BOOT ::/EFI/debian
echo a loader | mcopy -i ${disk}1 - ::/EFI/BOOT/BOOTX64.EFI
echo a menu | mcopy -i ${disk}1 - ::/EFI/debian/grub.cfg
mkfs.ext4 -q -L home ${disk}2
mkfs.ext4 -q -L BOS_STATE -O ^metadata_csum_seed,^orphan_file ${disk}3
udevadm settle`;

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
  await hasStarted(session);
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
  assert.match(await ok(session, 'opsctl status'), /state +\/dev\/vda2, ephemeral: nothing is kept/);
  await hasStarted(session);
  await ok(session, 'echo y | sudo tee /var/lost; systemctl is-active ssh');
  assert.equal((await ok(session, 'sudo cat /bos/data/var/kept')).trim(), 'x');
  // As docs/factory-reset.md says.
  const leave = 'sudo mount -o remount,rw /run/bos/state && sudo rm /run/bos/state/bos/system/ephemeral';
  await ok(session, leave);
}

/** With `all`, the system that was installed there is reset, and made ephemeral, before the older one is started again. */
const onMsdos = (name: string, seconds: number, all: boolean): SystemTest => ({
  name: `a partition of an msdos disk, BIOS: kept as it is, installed to, started, ${name}`,
  seconds,
  soak: all,
  uses: [live],
  async run(t) {
    const session = await t.resume(join(t.fixture(live), 'state'));
    const disk = await plug(t, session, 'older');
    await ok(session, `printf '${config.replaceAll('\n', '\\n')}' > /tmp/c.yaml`);
    await ok(session, script(msdosDisk(disk.path)));
    const table = await ok(session, `sudo sfdisk --dump ${disk.path}`);
    await fails(session, install, 3, 'No partition is labelled BOS_STATE');
    await fails(session, `${install} ${disk.path}`, 3, 'is a whole disk', `${disk.path}2`);
    await fails(session, `${install} ${disk.path}1`, 3, 'has too little room', 'Nothing was touched');

    const said = await ok(session, `${install} ${disk.path}2`, 180_000);
    assert.match(said, /is\s+installed\s+on\s+\/dev\/vd.2,\s+2\.8\s+GB:\s+ext4\s+"data"/);
    assert.equal(await ok(session, `sudo sfdisk --dump ${disk.path}`), table);
    const facts = await diskFacts(session, disk.path);
    assert.equal(facts.content, 'bhojpur', facts.contentSummary);
    assert.deepEqual(
      facts.partitions.map(({ signature }) => signature?.label),
      ['home', 'BOS_STATE'],
    );
    // As an image that is copied to a larger disk.
    await ok(session, `sudo mount ${disk.path}2 /mnt; sudo touch /mnt/bos/system/growpart; sudo umount /mnt`);
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
    if (all) {
      await resets(started);
      await isEphemeral(started);
    }
    await switchOff(started);

    // The third entry of the menu: next line (Ctrl-N) twice, enter.
    const before = await t.start({
      ...{ memory: 512 },
      disks: [{ id: 'older', file: disk.file, bus: 'virtio', cache: 'unsafe' }],
    });
    await before.awaitText(/What this disk started before/, bootLimit);
    before.type('\x0e\x0e\r');
    await before.awaitText(/OLD LOADER/);
    await before.close();
  },
});

export const tests: SystemTest[] = [
  onMsdos('grown', 110, false),
  onMsdos('grown, reset, ephemeral', 180, true),
  {
    name: 'beside another system on a GPT disk, Secure Boot: its loaders stay, ours is started by its boot entry',
    seconds: 150,
    soak: true,
    async run(t) {
      const disk = await target(t, 'virtio');
      const session = await t.start({
        ...{ firmware: 'secureboot', bootOrder: 'firmware', memory: 1024 },
        disks: [isoOn(t, 'cd'), disk],
      });
      await session.login('bhojpur', bootLimit);
      await ok(session, 'stty cols 250');
      await ok(session, `printf '${config.replaceAll('\n', '\\n')}' > /tmp/c.yaml`);
      await ok(session, script(gptDisk('/dev/vda')));
      const said = await ok(session, `${install} /dev/vda3`, 240_000);
      assert.match(
        said,
        /left\s+to\s+you:\s+EFI\/BOOT\/BOOTX64\.EFI\s+on\s+\/dev\/vda1,\s+which\s+is\s+another\s+system's/,
      );
      assert.match(said, /is\s+installed\s+on\s+\/dev\/vda3/);
      await ok(session, 'sudo mount /dev/vda3 /mnt; sudo touch /mnt/bos/system/growpart; sudo umount /mnt');
      // The medium stays in: our entry is the first in the order.
      session.type('sudo systemctl reboot\n');
      await session.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.match(await ok(session, 'opsctl status'), /mode disk/);
      assert.match(await ok(session, 'sudo cat /sys/kernel/security/lockdown'), /\[integrity\]/);
      const esp = 'sudo mount -o ro /dev/vda1 /mnt && cat /mnt/EFI/BOOT/BOOTX64.EFI /mnt/EFI/debian/grub.cfg';
      assert.equal(await ok(session, esp), 'a loader\na menu\n');
      assert.match(await ok(session, 'df --output=size -BM /home | tail -1'), /^ *2[56]\d\dM/);
      await switchOff(session);
    },
  },
  {
    name: 'our own layout installed anew without formatting: data kept; copied to a larger NVMe disk: grown',
    seconds: 150,
    soak: true,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const { file, path } = await plug(t, session, 'whole');
      await ok(session, `printf '${config.replaceAll('\n', '\\n')}' > /tmp/c.yaml`);
      await ok(session, `sudo opsctl install ${path} --silent --config /tmp/c.yaml`, 180_000);
      const data =
        'sudo mkdir -p /mnt/bos/data/home/somebody && echo kept | sudo tee /mnt/bos/data/home/somebody/file';
      await ok(session, `sudo mount ${path}3 /mnt && ${data} && sudo umount /mnt`);
      const said = await ok(session, `${install} ${path}3`, 180_000);
      assert.match(said, /Remove\s+the\s+system\s+files\s+of\s+the\s+Bhojpur\s+OS\s+that\s+is\s+there/);
      assert.equal((await diskFacts(session, path)).content, 'bhojpur');
      await ok(session, `sudo mount ${path}3 /mnt; sudo touch /mnt/bos/system/growpart; sudo umount /mnt`);
      await session.close();
      await t.host.processes.run('truncate', ['-s', '5G', file]);

      const disk = { id: 'whole', file, bus: 'nvme', serial: 'n1', cache: 'unsafe' } as const;
      const started = await t.start({ memory: 512, disks: [disk] });
      await started.login('bhojpur', { ...bootLimit, password: 'open' });
      assert.equal((await ok(started, 'sudo cat /home/somebody/file')).trim(), 'kept');
      assert.match(await ok(started, 'df --output=size -BM /home | tail -1'), /^ *4[4567]\d\dM/);
      const after = await diskFacts(started, '/dev/nvme0n1');
      assert.equal(after.size, 5 * 2 ** 30);
      assert.match(await ok(started, 'sudo sfdisk --verify /dev/nvme0n1 2>&1'), /No errors/i);
      await switchOff(started);
    },
  },
];
