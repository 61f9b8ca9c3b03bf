import test from 'ava';
import { describeDisk } from '../../../src/disk/describe.ts';
import { probeMachine } from '../../../src/disk/probe/probe.ts';
import { obstaclesOf, swapsOf } from '../../../src/disk/probe/stacked.ts';
import { nothingHeld } from '../../steps/promises.ts';
import { machine, sample } from './machine.ts';

const secureBoot = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

test('a live system from a CD: firmware, memory, consoles, the medium and the one disk', async (t) => {
  const host = await machine('virtio-live-cd', {
    boot: { mode: 'install', medium: '/dev/sr0' },
    mountinfo: '22 21 11:0 / /run/bos/medium ro - iso9660 /dev/sr0 ro\n',
    files: { [secureBoot]: Uint8Array.of(6, 0, 0, 0, 1) },
    links: {
      '/dev/disk/by-id/virtio-BOS1': '/dev/vda',
      '/dev/disk/by-path/pci-0000:00:04.0': '/dev/vda',
      '/dev/disk/by-path/pci-0000:00:04.0-part1': '/dev/vda1',
    },
  });
  const { ids, ...facts } = await probeMachine(host);
  t.deepEqual(facts, {
    v: 1,
    arch: 'amd64',
    firmware: 'efi',
    secureBoot: true,
    system: 'live',
    memory: 2014304 * 1024,
    consoles: ['tty0', 'ttyS0,115200n8'],
    mediumRoot: '/run/bos/medium',
    disks: [
      {
        path: '/dev/vda',
        size: 21474836480,
        logicalSectorSize: 512,
        physicalSectorSize: 512,
        transport: 'virtio',
        removable: false,
        readOnly: false,
        links: ['/dev/disk/by-id/virtio-BOS1', '/dev/disk/by-path/pci-0000:00:04.0'],
        partitions: [],
        mounts: [],
        holders: [],
        stacked: [],
        bootMedium: false,
        content: 'empty',
        contentSummary: 'empty',
      },
    ],
  });
  t.is(ids.espFs, '07070707');
  t.regex(ids.stateFs, /^[0-9a-f-]{36}$/);
  t.true(host.ran.every((line) => /^(lsblk|wipefs|mtype|debugfs) /.test(line)));
});

test('a BIOS has no Secure Boot, a foreign system no medium', async (t) => {
  const facts = await probeMachine(await machine('mmc-board'));
  t.like(facts, { firmware: 'bios', secureBoot: false, system: 'other', mediumRoot: undefined });
});

const seen = test.macro({
  exec: async (t, name: string, setup: Parameters<typeof machine>[1], lines: readonly string[]) => {
    const { disks } = await probeMachine(await machine(name, setup));
    t.deepEqual(
      disks.map((disk) =>
        `${describeDisk(disk)}${disk.bootMedium ? ' [medium]' : ''} ${obstaclesOf(disk).join('; ')}`.trim(),
      ),
      lines,
    );
  },
  title: (title) => `disks: ${title}`,
});

test(
  'a stick with the ISO is the medium, whatever its partitions say',
  seen,
  'nvme-usb-live',
  {
    boot: { medium: '/dev/sda' },
    tools: {
      mtype: () => ({ exitCode: 1, stderr: 'mtype: File "::/EFI/debian/grubenv" not found\n' }),
      debugfs: noManifest,
    },
  },
  [
    '/dev/sda, 15.7 GB, DataTraveler 3.0, serial 60A44C413FAE, usb, removable: iso9660 "BOS", iso9660 "BOS", vfat "ESP" [medium]',
    '/dev/nvme0n1, 512 GB, Samsung SSD 980 500GB, serial S64DNX0T123456, nvme: vfat, ntfs "Windows", 1 without a file system (Microsoft reserved partition)',
    '/dev/nvme1n1, 1 TB, WD_BLACK SN850X, serial 23123X800123, nvme: an unfinished installation of Bhojpur OS',
  ],
);
test(
  'the mounted partition of a stick makes the stick the medium',
  seen,
  'mmc-board',
  {
    boot: { medium: '' },
    mountinfo: '22 21 179:1 / /run/bos/medium ro - vfat /dev/mmcblk0p1 ro\n',
  },
  [
    '/dev/mmcblk0, 31.3 GB, serial 0x1a2b3c4d: vfat "boot", ext4 "rootfs" [medium] /dev/mmcblk0p1 is mounted on /run/bos/medium',
  ],
);
test(
  'an ISO in a loop device on a stick makes the stick the medium',
  seen,
  'ventoy-loop',
  {
    boot: { medium: '/dev/loop7' },
    mountinfo: [
      '21 1 0:20 / / rw - tmpfs tmpfs rw',
      '22 21 8:1 / /run/stick ro - exfat /dev/sda1 ro',
      '23 21 7:7 / /run/bos/medium ro - iso9660 /dev/loop7 ro',
    ].join('\n'),
    files: { '/sys/class/block/loop7/loop/backing_file': '/run/stick/isos/bos.iso\n' },
  },
  [
    '/dev/sda, 64 GB, USB Flash, serial V1, usb, removable: exfat "Ventoy" [medium] /dev/sda1 is mounted on /run/stick',
    '/dev/sdb, 8 GB, Disk, serial D1, sata: empty',
  ],
);
test(
  'RAID and LVM are active on their disks, and keep them when they are mounted',
  seen,
  'md-lvm',
  {
    mountinfo: '22 21 252:0 / /mnt rw - ext4 /dev/mapper/vg-root rw\n',
  },
  [
    '/dev/sda, 2 TB, ST2000NM0008, serial ZDH1, sata: RAID "host:0", active: /dev/md127',
    '/dev/sdb, 2 TB, ST2000NM0008, serial ZDH2, sata: RAID "host:0", active: /dev/md127',
    '/dev/sdc, 500 GB, Samsung SSD 860, serial S3Z9, sata: vfat, LVM, active: /dev/mapper/vg-root, /dev/mapper/vg-swap /dev/mapper/vg-root is mounted on /mnt',
  ],
);
test('a path of a multipath device is held', seen, 'multipath', {}, [
  '/dev/sda, 107 GB, VOLUME, serial 36001405, iscsi: multipath, active: /dev/mapper/mpatha /dev/sda is in use by dm-0',
  '/dev/sdb, 107 GB, VOLUME, serial 36001405, iscsi: multipath, active: /dev/mapper/mpatha /dev/sdb is in use by dm-0',
]);

test('what is stacked is told with the other disks under it, and swap by any of its names', async (t) => {
  const { disks } = await probeMachine(
    await machine('md-lvm', { files: { '/proc/swaps': 'Filename\n/dev/dm-1 partition 1 0 -2\n' } }),
  );
  const stacked = (index: number) => disks[index]?.stacked;
  t.deepEqual(stacked(0), [
    {
      ...{ kernelName: 'md127', path: '/dev/md127', type: 'raid1', mounts: [], alsoOn: ['/dev/sdb'] },
      ...{ size: 999999000000, on: ['/dev/sda1', '/dev/sdb1'] },
      signature: { type: 'ext4', label: 'srv', uuid: '11111111-1111-4111-8111-111111111111' },
    },
  ]);
  t.deepEqual(stacked(1)?.[0]?.alsoOn, ['/dev/sda']);
  t.deepEqual(
    stacked(2)?.map(({ path, mounts }) => [path, mounts]),
    [
      ['/dev/mapper/vg-root', []],
      ['/dev/mapper/vg-swap', ['[SWAP]']],
    ],
  );
  t.deepEqual(swapsOf(disks[2] ?? t.fail()), ['/dev/mapper/vg-swap']);
});
test('half of an array that does not run holds its member, and can be stopped', async (t) => {
  const half = 'virtio-installed';
  const { disks: before } = await probeMachine(await machine(half, { tools: { debugfs: noManifest } }));
  const member = before[0]?.partitions[0]?.path.slice('/dev/'.length) ?? t.fail();
  const { disks } = await probeMachine(
    await machine(half, {
      tools: { debugfs: noManifest },
      files: {
        [`/sys/class/block/${member}/holders/md127`]: '',
        [`/sys/class/block/md127/slaves/${member}`]: '',
      },
    }),
  );
  t.like(disks[0]?.stacked, [{ path: '/dev/md127', type: 'md', alsoOn: [], on: [`/dev/${member}`] }]);
  t.deepEqual(obstaclesOf(disks[0] ?? t.fail()), []);
});
test(
  'without wipefs a disk is never empty',
  seen,
  'virtio-live-cd',
  { tools: { wipefs: () => ({ exitCode: 1, stderr: 'wipefs: error: /dev/vda: Input/output error' }) } },
  ['/dev/vda, 21.5 GB, virtio: unknown (wipefs failed with exit code 1)'],
);
test(
  'what udev does not know is read from the disk',
  seen,
  'virtio-live-cd',
  {
    tools: {
      wipefs: () =>
        JSON.stringify({
          signatures: [{ device: 'vda', type: 'xfs', usage: 'filesystem', label: null, uuid: null }],
        }),
    },
  },
  ['/dev/vda, 21.5 GB, virtio: xfs'],
);

test('several signatures on one disk are told as such', async (t) => {
  const row = (type: string) => ({ device: 'vda', type, usage: 'filesystem', label: null, uuid: null });
  const host = await machine('virtio-live-cd', {
    tools: { wipefs: () => JSON.stringify({ signatures: [row('ext4'), row('LVM2_member'), row('ext4')] }) },
  });
  t.is((await probeMachine(host)).disks[0]?.contentSummary, 'ext4+LVM');
});

test('the disk of an installed system is what it was started from', async (t) => {
  const host = await machine('virtio-installed', {
    boot: { mode: 'disk', state: '/dev/vda3', mediumRoot: '' },
    tools: { mtype: () => ({ exitCode: 1, stderr: 'x not found\n' }), debugfs: noManifest },
  });
  const facts = await probeMachine(host);
  t.is(facts.system, 'installed');
  t.true(facts.disks[0]?.bootMedium);
  t.is(facts.mediumRoot, undefined);
});

test('partitions that the kernel does not see make a disk unknown, not empty', async (t) => {
  const host = await machine('virtio-installed');
  const whole = JSON.parse(sample('virtio-installed'));
  for (const device of whole.blockdevices) delete device.children;
  host.tools.set('lsblk', () => JSON.stringify(whole));
  t.like((await probeMachine(host)).disks[0], {
    content: 'data',
    contentSummary: 'unknown (3 partitions in its table, 0 known to the kernel)',
  });
});

test('names and types of partitions are read from the table where udev has none', async (t) => {
  const host = await machine('virtio-installed', { tools: { debugfs: noManifest, mtype: () => 'x' } });
  host.tools.set('lsblk', () =>
    sample('virtio-installed').replaceAll(/"(parttype|partlabel)": "[^"]*"/g, '"$1": null'),
  );
  t.deepEqual(
    (await probeMachine(host)).disks[0]?.partitions.map((one) => [
      one.number,
      one.name,
      one.type?.slice(0, 8),
    ]),
    [
      [1, 'bios_grub', '21686148'],
      [2, 'BOS_GRUB', 'c12a7328'],
      [3, 'BOS_STATE', '0fc63daf'],
    ],
  );
});

test('loop devices are disks when asked for', async (t) => {
  const host = await machine('virtio-live-cd');
  const paths = async (loops: boolean) =>
    (await probeMachine(host, { loops })).disks.map((disk) => disk.path);
  t.deepEqual(await paths(false), ['/dev/vda']);
  t.deepEqual(await paths(true), ['/dev/loop0', '/dev/loop1', '/dev/vda']);
});

function noManifest() {
  return { stderr: 'debugfs 1.47.0\n/bos/system/manifest.json: File not found by ext2_lookup\n' };
}

test('udev has ended before the disks are listed, and every disk that was read is closed', async (t) => {
  const host = await machine('multipath', {
    files: { '/run/udev/queue': '' },
    tools: { udevadm: () => undefined },
  });
  await probeMachine(host);
  t.regex(host.ran[0] ?? '', /^udevadm settle --timeout=\d+$/);
  t.true(host.ran.slice(1).some((line) => line.startsWith('lsblk ')));
  for (const name of ['virtio-installed', 'nvme-usb-live']) {
    const other = await machine(name);
    await probeMachine(other);
    t.true(other.effects.some(({ kind }) => kind === 'open'));
    t.is(nothingHeld({ run: other.effects, verify: [] }), undefined);
  }
});
