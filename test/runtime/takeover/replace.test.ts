/** The system that runs from memory: which disk it replaces, and what it leaves for the old system; on a real tree. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { diskToReplace, tellOldSystem } from '../../../src/runtime/takeover/replace.ts';
import { bootUuid, rootUuid, superBlock, xfsBlock } from '../../install/takeover/fixtures.ts';

const host = linuxHost();
const { files } = host;
const boot = { uuid: bootUuid, fsType: 'xfs', path: '/grub2' };

/** Block devices by name, each with its bytes; those with a digit at the end are partitions. */
async function machine(t: ExecutionContext, devices: Readonly<Record<string, Buffer>>): Promise<string> {
  const root = await files.makeTempDir('bos-replace-disk-');
  t.teardown(() => files.remove(root));
  for (const [name, bytes] of Object.entries(devices)) {
    const disk = name.replace(/p?\d+$/, '');
    const isPartition = disk !== name;
    const entry = join(root, 'sys/devices/pci0/block', disk, isPartition ? name : '');
    await files.makeDir(entry);
    if (isPartition) await files.write(join(entry, 'partition'), '2\n');
    await files.makeDir(join(root, 'sys/class/block'));
    await files.symlink(entry, join(root, 'sys/class/block', name));
    await files.makeDir(join(root, 'dev', name.replaceAll('!', '/'), '..'));
    await files.write(join(root, 'dev', name.replaceAll('!', '/')), bytes);
  }
  return root;
}

test('the disk of the partition with that file system, whatever it is called in this boot', async (t) => {
  const root = await machine(t, {
    sda: Buffer.alloc(4096),
    sda2: superBlock(rootUuid),
    sdb: Buffer.alloc(4096),
    sdb2: xfsBlock(bootUuid),
  });
  t.is(await diskToReplace(host, root, { boot }), '/dev/sdb');
});
test('a name with a slash', async (t) => {
  const devices = { 'cciss!c0d': Buffer.alloc(4096), 'cciss!c0d2': xfsBlock(bootUuid) };
  t.is(await diskToReplace(host, await machine(t, devices), { boot }), '/dev/cciss/c0d');
});
test('a whole disk with that file system is not a partition of one', async (t) => {
  const root = await machine(t, { sdx: xfsBlock(bootUuid) });
  await t.throwsAsync(diskToReplace(host, root, { boot }), { message: /no partition has the file system/ });
});
test('a copy of the disk beside it: neither of them', async (t) => {
  const root = await machine(t, { sda2: xfsBlock(bootUuid), sdb2: xfsBlock(bootUuid) });
  await t.throwsAsync(diskToReplace(host, root, { boot }), {
    code: 'takeover-unexpected',
    message: /\/dev\/sda2 and \/dev\/sdb2 have the same file system/,
  });
});

test('why the old system is back is written to its /boot, which is mounted for that alone', async (t) => {
  const root = await machine(t, {});
  const on = join(root, 'run/bos/old-boot');
  await files.makeDir(join(on, 'bos/system'));
  const ran: string[] = [];
  const noting: Host = {
    ...host,
    processes: {
      ...host.processes,
      run: async (command, args) => {
        ran.push([command, ...args].join(' ').replaceAll(root, ''));
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    },
  };
  await tellOldSystem(noting, root, { boot }, 'nobody came\n');
  t.is(await files.readText(join(on, 'bos/system/takeover-returned')), 'nobody came\n');
  t.deepEqual(ran, [
    `mount -t xfs -o rw,dirsync,nosuid,nodev,noexec /dev/disk/by-uuid/${bootUuid} /run/bos/old-boot`,
    'umount /run/bos/old-boot',
  ]);
});
