import { readdirSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { flatten, listBlockDevices, parseLsblk } from '../../../src/disk/probe/lsblk.ts';
import { mountOf, mountPointsOf, parseMountinfo, parseSwaps } from '../../../src/host/mounts.ts';
import { fakeHost } from '../../fakes/host.ts';
import { onlyRefuses } from '../../formats/support.ts';
import { sample } from './machine.ts';

for (const file of readdirSync(new URL('samples/', import.meta.url))) {
  const name = file.replace('.json', '');
  test(`the sample ${name} parses`, (t) => {
    t.snapshot(
      flatten(parseLsblk(sample(name))).map((one) => ({
        path: one.path,
        is: [one.type, one.size, one.start, one.logicalSectorSize, one.tableType, one.signature?.type].join(
          ' ',
        ),
        about: [one.model, one.serial, one.transport, one.partitionName].join('|'),
      })),
    );
  });
}

test('numbers and flags may be text, as older versions print them', (t) => {
  const [device] = parseLsblk(
    JSON.stringify({
      blockdevices: [
        {
          kname: 'sda',
          path: '/dev/sda',
          'maj:min': '  8:0  ',
          type: 'disk',
          size: '512110190592',
          'log-sec': '512',
          'phy-sec': '4096',
          rm: '0',
          ro: '1',
        },
      ],
    }),
  );
  t.like(device, {
    size: 512110190592,
    physicalSectorSize: 4096,
    removable: false,
    readOnly: true,
    number: '8:0',
  });
});

test('the start of a partition is in bytes whatever the sectors', (t) => {
  const all = flatten(parseLsblk(sample('nvme-usb-live')));
  t.is(all.find((one) => one.kernelName === 'nvme1n1p3')?.start, 618496 * 512);
});

test('what lsblk cannot have printed is refused', async (t) => {
  t.throws(() => parseLsblk('nonsense'), { code: 'lsblk-output' });
  t.throws(() => parseLsblk('{"blockdevices":[{"kname":1}]}'), { code: 'lsblk-output' });
  await fc.assert(fc.asyncProperty(fc.json(), (text) => onlyRefuses(() => parseLsblk(text))));
});

test('a machine without any block device has none', async (t) => {
  t.deepEqual(await listBlockDevices(fakeHost({ tools: { lsblk: () => ({ exitCode: 1 }) } })), []);
});

test('a device that goes while it is looked at: lsblk is asked again, three times in all', async (t) => {
  const gone = sample('nvme-usb-live').replace(/"log-sec": *\d+/, '"log-sec": null');
  let asked = 0;
  const lsblk = () => {
    asked += 1;
    return { stdout: asked < 3 ? gone : sample('nvme-usb-live') };
  };
  const host = fakeHost({ tools: { lsblk } });
  t.deepEqual(await listBlockDevices(host), parseLsblk(sample('nvme-usb-live')));
  t.is(asked, 3);
  asked = -100;
  await t.throwsAsync(listBlockDevices(host), { code: 'lsblk-output' });
  t.is(asked, -97);
});

const mountinfo = `21 1 0:20 / / rw,relatime shared:1 - tmpfs tmpfs rw
22 21 8:1 / /run/bos/medium ro - iso9660 /dev/sda1 ro
23 21 0:45 /@ /mnt/with\\040space rw master:1 propagate_from:2 - btrfs /dev/sdb2 rw
24 21 8:17 /sub /mnt rw - ext4 /dev/sdb1 rw
nonsense
`;

test('mounts are parsed with their escapes, and lines that make no sense left out', (t) => {
  const mounts = parseMountinfo(mountinfo);
  t.deepEqual(
    mounts.map((mount) => mount.mountPoint),
    ['/', '/run/bos/medium', '/mnt/with space', '/mnt'],
  );
  t.deepEqual(
    mounts.map(({ folder, readOnly }) => `${folder} ${readOnly}`),
    ['/ false', '/ true', '/@ false', '/sub false'],
  );
  t.deepEqual(mountPointsOf({ number: '8:18', path: '/dev/sdb2' }, mounts, ['/dev/sdb2']), [
    '/mnt/with space',
    '[SWAP]',
  ]);
  t.is(mountOf('/run/bos/medium/x.iso', mounts)?.source, '/dev/sda1');
  t.is(mountOf('/mnt/with space', mounts)?.source, '/dev/sdb2');
  t.is(mountOf('/mnt2', mounts)?.source, 'tmpfs');
  t.deepEqual(parseSwaps('Filename Type Size\n/dev/sda2   partition 1 2 3\n/a\\040b file 1 2 3\n'), [
    '/dev/sda2',
    '/a b',
  ]);
  fc.assert(
    fc.property(
      fc.string(),
      (text) => Array.isArray(parseMountinfo(text)) && Array.isArray(parseSwaps(text)),
    ),
  );
});
