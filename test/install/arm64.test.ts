/** What an installation on arm64 does otherwise: one firmware, loaders of other names, and nothing for a BIOS. */
import test from 'ava';
import { partitionTypes } from '../../src/formats/partition-tables/gpt-types.ts';
import { requireFirmware } from '../../src/install/check/check.ts';
import { requireArch } from '../../src/install/medium/choose.ts';
import { assetOf } from '../../src/install/medium/live.ts';
import { bootPlaces } from '../../src/install/partition/boot.ts';
import { choosePartition } from '../../src/install/partition/choose.ts';
import { planInstall } from '../../src/install/plan.ts';
import type { Step } from '../../src/steps/index.ts';
import { partition } from '../disk/facts.ts';
import { assets, assetsFor, disk, facts, manifest, planInput } from './fixtures.ts';

const arm = planInput({
  facts: facts({ arch: 'arm64', firmware: 'efi' }),
  manifest: { ...manifest, arch: 'arm64' },
  assets: assetsFor('arm64'),
});
const ofKind = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);

test('a whole disk: shim comes last and is what firmware starts; the entry names it; no boot sector', (t) => {
  const { steps } = planInstall(arm);
  const [efi] = ofKind(steps, 'write-esp-files');
  t.deepEqual(
    efi?.files.map(({ path, content }) => [path, 'path' in content ? content.path.replace(/^.*\//, '') : '']),
    [
      ['EFI/debian/grub.cfg', ''],
      ['EFI/BOOT/grubaa64.efi', 'grubaa64.efi'],
      ['EFI/BOOT/mmaa64.efi', 'mmaa64.efi'],
      ['EFI/BOOT/BOOTAA64.EFI', 'shimaa64.efi'],
    ],
  );
  t.like(ofKind(steps, 'register-boot-entry')[0], { loader: 'EFI/BOOT/BOOTAA64.EFI' });
  t.deepEqual([...ofKind(steps, 'write-core'), ...ofKind(steps, 'write-boot-sector')], []);
  t.is(steps.at(-1)?.kind, 'mark-valid');
});

test('the steps are those of a disk that no BIOS starts', (t) => {
  const ids = planInstall(arm).steps.map(({ id }) => id);
  const large = planInput({ facts: facts({ firmware: 'efi' }), disk: disk({ logicalSectorSize: 4096 }) });
  t.deepEqual(
    ids,
    planInstall(large).steps.map(({ id }) => id),
  );
});

test('an ESP that is shared gets the loaders for arm64 under our folder, the fallback last', (t) => {
  const one = disk({
    tableType: 'gpt',
    partitions: [
      partition('/dev/vda1', {
        ...{ number: 1, start: 2 ** 20, type: partitionTypes.efiSystem },
        signature: { type: 'vfat', label: 'EFI' },
      }),
      partition('/dev/vda2', {
        ...{ number: 2, start: 2e9, guid: '6c6f8a4e-5d2c-4a8e-9d1f-0a1b2c3d4e5f' },
        signature: { type: 'ext4', label: 'BOS_STATE', uuid: '1b9fc0ba-8f6a-4f1c-9e57-1a2b3c4d5e6f' },
      }),
    ],
  });
  const chosen = choosePartition({ disks: [one] });
  const sight = { fat32: true, fallback: 'free', redirect: 'free', room: 1e9 } as const;
  const places = bootPlaces(
    { arch: 'arm64', disks: [one], firmware: 'efi' },
    chosen,
    new Map([['/dev/vda', { esp: sight }]]),
    { forceEfi: false },
  );
  const { steps } = planInstall({ ...arm, disk: one, existing: { ...chosen, places, older: false } });
  const [update] = ofKind(steps, 'update-boot-loader');
  t.deepEqual(
    update?.files.map(({ path }) => path),
    [
      'boot/grub/grub.cfg',
      'EFI/bhojpur/mmaa64.efi',
      'EFI/bhojpur/grubaa64.efi',
      'EFI/bhojpur/shimaa64.efi',
      'EFI/BOOT/mmaa64.efi',
      'EFI/BOOT/grubaa64.efi',
      'EFI/BOOT/BOOTAA64.EFI',
    ],
  );
  t.deepEqual(ofKind(steps, 'write-core'), []);
});

test('no boot sector is written where something else than UEFI started the machine', (t) => {
  const one = disk({
    tableType: 'dos',
    partitions: [
      partition('/dev/vda1', { start: 2 ** 21, signature: { type: 'ext4', label: 'BOS_STATE', uuid: 'u' } }),
    ],
  });
  const places = bootPlaces(
    { arch: 'arm64', disks: [one], firmware: 'bios' },
    choosePartition({ disks: [one] }),
    new Map(),
    { forceEfi: false },
  );
  t.deepEqual([places.efi, places.bios], [[], []]);
});

test('what only UEFI starts is refused where something else started the machine, and forced', (t) => {
  const machine = { arch: 'arm64', firmware: 'bios' } as const;
  t.throws(() => requireFirmware({ forceEfi: false }, machine), { code: 'firmware-other', message: /arm64/ });
  t.notThrows(() => requireFirmware({ forceEfi: true }, machine));
  t.notThrows(() => requireFirmware({ forceEfi: false }, { arch: 'arm64', firmware: 'efi' }));
  t.notThrows(() => requireFirmware({ forceEfi: false }, { arch: 'amd64', firmware: 'bios' }));
});

test('a medium of another architecture is refused with both names', (t) => {
  t.throws(() => requireArch({ ...manifest, arch: 'arm64' }, { arch: 'amd64' }), {
    code: 'medium-arch',
    message: 'The medium is for arm64, but this machine is amd64',
  });
});

test('loaders of another architecture are not those of this one', (t) => {
  t.throws(() => planInstall({ ...arm, assets }), {
    code: 'boot-asset-missing',
    message: /shimaa64|grubaa64/,
  });
  t.throws(() => assetOf({}, 'boot.img'), { code: 'boot-asset-missing' });
  t.throws(() => planInstall({ ...arm, facts: facts({ arch: 'arm' }) }), { code: 'arch-without-loader' });
});
