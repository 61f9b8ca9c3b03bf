/** `opsctl disks` on machines in memory. */
import test from 'ava';
import { disksCommand } from '../../../../src/cli/commands/disks/command.ts';
import { disksText } from '../../../../src/cli/commands/disks/report.ts';
import type { DiskFacts } from '../../../../src/disk/facts.ts';
import type { Host } from '../../../../src/host/ports.ts';
import { disk, partition } from '../../../disk/facts.ts';
import { machine } from '../../../disk/probe/machine.ts';
import { runProgram } from '../install/fake-world.ts';

const list = (host: Host, ...argv: readonly string[]) =>
  runProgram(['disks', ...argv], { commands: [disksCommand], host });

const asUser = (host: Host): Host => ({ ...host, system: { ...host.system, uid: 1000 } });

test('a live system from a CD: the disk, and the medium, which is not a disk', async (t) => {
  const host = await machine('virtio-live-cd', { boot: { medium: '/dev/sr0' } });
  t.deepEqual(await list(host), {
    exitCode: 0,
    out: 'Can be installed to:\n  /dev/vda, 21.5 GB, virtio: empty\nStarted from: /dev/sr0\n',
    err: '',
  });
});

test('a live system from a stick: the stick is not offered', async (t) => {
  const host = await machine('nvme-usb-live', {
    boot: { medium: '/dev/sda' },
    mountinfo: '21 1 0:20 / / rw - tmpfs tmpfs rw\n22 21 8:0 / /run/bos/medium ro - iso9660 /dev/sda ro\n',
  });
  const { out, exitCode } = await list(host);
  t.is(exitCode, 0);
  t.regex(out, /^Can be installed to:\n {2}\/dev\/nvme0n1, /);
  t.regex(out, /^Not offered:\n {2}\/dev\/sda, [\s\S]*^ {4}- \/dev\/sda is the disk that this system was/m);
  t.true(out.endsWith('Started from: /dev/sda\n'));
});

test('a system that is not Bhojpur OS has disks too, and no medium', async (t) => {
  const { exitCode, out, err } = await list(await machine('virtio-installed'));
  t.deepEqual({ exitCode, err }, { exitCode: 0, err: '' });
  t.true(out.includes('/dev/vda'));
  t.false(out.includes('Started from'));
});

test('--json: the facts of the disks', async (t) => {
  const host = await machine('virtio-live-cd', { boot: { medium: '/dev/sr0' } });
  const { out, err } = await list(host, '--json');
  const { v, medium, disks } = JSON.parse(out);
  t.is(err, '');
  t.deepEqual([v, medium, disks.length], [1, '/dev/sr0', 1]);
  t.like(disks[0], { path: '/dev/vda', transport: 'virtio', content: 'empty', bootMedium: false });
});

test('without root it says that not all was seen, and what to type', async (t) => {
  const host = asUser(await machine('virtio-live-cd'));
  const text = await list(host);
  t.is(text.exitCode, 0);
  t.regex(text.out, /^Can be installed to:/);
  t.regex(text.err, /only root can read them\. Run it with sudo: sudo opsctl disks\n$/);
  const json = await list(host, '--json');
  t.notThrows(() => JSON.parse(json.out));
  t.regex(json.err, /Run it with sudo: sudo opsctl disks --json\n$/);
});

const small = disk('/dev/sdb', { size: 1e9, contentSummary: 'vfat "PHOTOS"', content: 'data' });
const used = disk('/dev/nvme0n1', {
  ...{
    size: 500e9,
    model: 'Samsung SSD 980 PRO with Heatsink 500GB',
    serial: 'S649NX0R812345',
    transport: 'nvme',
  },
  ...{ content: 'data', contentSummary: 'ext4 "root", ext4 "home", swap' },
  partitions: [
    partition('/dev/nvme0n1p1', { mounts: ['/'] }),
    partition('/dev/nvme0n1p2', { mounts: ['/home'] }),
  ],
});

const text = (disks: readonly DiskFacts[], columns = 80) => disksText(disks, '', columns);

test('each reason is a line, and everything fits', (t) => {
  t.is(
    text([used, small, disk('/dev/vda')]),
    `Can be installed to:
  /dev/vda, 20 GB: empty
Not offered:
  /dev/nvme0n1, 500 GB, Samsung SSD 980 PRO with Heatsink 500GB, serial
      S649NX0R812345, nvme: ext4 "root", ext4 "home", swap
    - /dev/nvme0n1p1 is mounted on /
    - /dev/nvme0n1p2 is mounted on /home
  /dev/sdb, 1 GB: vfat "PHOTOS"
    - /dev/sdb has 1 GB, but an installation needs 2.5 GB
`,
  );
  for (const columns of [200, 80, 60]) {
    const long = text([used, small], columns)
      .split('\n')
      .filter((line) => line.length > Math.min(columns, 80));
    t.deepEqual(long, [], String(columns));
  }
});

test('no disk to install to, and no disk at all', (t) => {
  t.regex(text([small]), /^No disk can be installed to\.\nNot offered:\n {2}\/dev\/sdb/);
  t.is(text([]), 'No disks were found.\n');
});
