/** What starts something on a disk that keeps what it has: whose the loaders and the boot code are. */
import test from 'ava';
import { espFolder, espRedirectPath, renderEspRedirect } from '../../../src/boot/menus/partition-menu.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import type { EspFacts } from '../../../src/install/partition/boot.ts';
import { lookAtBoot } from '../../../src/install/partition/probe-boot.ts';
import { disk, partition } from '../../disk/facts.ts';
import { makeFat, putOnFat } from '../../fakes/fat.ts';
import { type FakeHost, type FakeSetup, fakeHost, SparseBytes } from '../../fakes/host.ts';
import { nothingHeld } from '../../steps/promises.ts';
import { facts } from '../fixtures.ts';

const stateUuid = '11111111-2222-4333-8444-555555555555';
const otherUuid = '11111111-2222-4333-8444-5555555555aa';
const esp = partition('/dev/vda1', {
  type: partitionTypes.efiSystem,
  signature: { type: 'vfat', label: 'EFI' },
});
const state = partition('/dev/vda2', { number: 2, signature: { type: 'ext4', uuid: stateUuid } });
const other = partition('/dev/vda3', { number: 3, signature: { type: 'ext4', uuid: otherUuid } });
const vda = disk('/dev/vda', { tableType: 'gpt', partitions: [esp, state, other] });
const chosen = { disk: vda, partition: state };

/** A machine whose ESP has these files; undefined: it is not FAT32. */
async function look(
  files: Readonly<Record<string, string>> | undefined,
  setup: FakeSetup = {},
  sector?: Uint8Array,
) {
  const host: FakeHost = fakeHost({
    ...setup,
    devices: { '/dev/vda': new SparseBytes(2 ** 20), '/dev/vda1': new SparseBytes(300 * 2 ** 20) },
    tools: {
      mdir: () => ' Volume\n      3 files   1 000 bytes\n             12 345 678 bytes free\n',
      debugfs: () => ({ exitCode: 0, stderr: 'File not found by ext2_lookup' }),
      ...setup.tools,
    },
  });
  if (sector !== undefined) host.devices.get('/dev/vda')?.write(0, sector);
  if (files !== undefined) {
    makeFat(host.devices.get('/dev/vda1'));
    await putOnFat(host.devices.get('/dev/vda1'), files);
  }
  const found = await lookAtBoot(host, facts({ disks: [vda] }), chosen);
  if (nothingHeld({ run: host.effects, verify: [] }) !== undefined) throw new Error('something stays open');
  return found.get('/dev/vda') ?? {};
}

const seen = test.macro({
  title: (name) => `an ESP with ${name}`,
  exec: async (t, files: Readonly<Record<string, string>> | undefined, expected: Partial<EspFacts>) => {
    t.deepEqual((await look(files)).esp, { fat32: true, room: 12_345_678, ...expected } as EspFacts);
  },
});
const fallback = 'EFI/BOOT/BOOTX64.EFI';
const shim = `${espFolder}/shimx64.efi`;
const ours = { [espRedirectPath]: renderEspRedirect(stateUuid) };

test('nothing', seen, { 'EFI/x/y.txt': 'z' }, { fallback: 'free', redirect: 'free' });
test('ours alone', seen, { ...ours, [shim]: 'shim' }, { fallback: 'free', redirect: 'ours' });
test(
  'ours as what firmware starts',
  seen,
  { ...ours, [shim]: 'shim', [fallback]: 'shim' },
  {
    ...{ fallback: 'ours', redirect: 'ours' },
  },
);
test(
  'another loader as what firmware starts',
  seen,
  { ...ours, [shim]: 'shim', [fallback]: 'x' },
  {
    ...{ fallback: 'other', redirect: 'ours' },
  },
);
test(
  'a loader like ours that leads nowhere of ours',
  seen,
  { [shim]: 'shim', [fallback]: 'shim' },
  {
    ...{ fallback: 'other', redirect: 'free' },
  },
);
test(
  'a configuration of somebody else',
  seen,
  { [espRedirectPath]: 'menuentry x {}\n' },
  {
    ...{ fallback: 'free', redirect: 'other' },
  },
);
test(
  'ours that leads to another file system of this machine',
  seen,
  { [espRedirectPath]: renderEspRedirect(otherUuid) },
  {
    ...{ fallback: 'free', redirect: 'other' },
  },
);
test('a file system that is not FAT32', seen, undefined, {
  ...{ fat32: false, fallback: 'other', redirect: 'other', room: 0 },
});

test('boot code is somebody else’s unless an installation of ours is there', async (t) => {
  const sector = Buffer.alloc(512);
  sector.writeUInt16LE(0xaa55, 510);
  t.is((await look({}, {}, sector)).otherBootCode, false, 'there is none');
  sector[0] = 0xeb;
  t.is((await look({}, {}, sector)).otherBootCode, true);
  const installed = { debugfs: () => '# GRUB Environment Block\n' };
  t.is((await look({}, { tools: installed }, sector)).otherBootCode, false);
  t.false('bootedCore' in (await look({}, {}, sector)));
  sector.write('GRUB \0Geom\0', 0x180, 'latin1');
  sector.writeUInt32LE(34, 0x5c);
  t.is((await look({}, {}, sector)).bootedCore, 34);
});
