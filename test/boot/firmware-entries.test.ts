import test from 'ava';
import fc from 'fast-check';
import { hasEntry, parseBootEntries, staleEntries } from '../../src/boot/firmware-entries.ts';
import { fakeFirmware, hardDrive } from '../fakes/efibootmgr.ts';

const here = '8b0e5f5e-0000-4000-8000-000000000002';
const gone = '8b0e5f5e-0000-4000-8000-0000000000ff';

// OVMF of Debian 12 in QEMU, read by efibootmgr 17.
const ovmf = String.raw`BootCurrent: 0002
Timeout: 0 seconds
BootOrder: 0003,0002,0001,0000
Boot0000* UiApp	FvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)
Boot0001* EFI Internal Shell	FvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(7c04a583-9e3e-4f1c-ad65-e05268d0b4d1)
Boot0002* UEFI QEMU NVMe Ctrl target1 1	PciRoot(0x0)/Pci(0x3,0x0)/NVMe(0x1,00-00-00-00-00-00-00-00)N.....YM....R,Y.
Boot0003* Bhojpur OS	HD(2,GPT,8B0E5F5E-0000-4000-8000-000000000002,0x1000,0x96000)/File(\EFI\BOOT\BOOTX64.EFI)
`;

test('the entries of a firmware, active or not, with the partition of those on disks', (t) => {
  const { entries, order } = parseBootEntries(ovmf.replace('Boot0001*', 'Boot0001 '));
  t.deepEqual(order, ['0003', '0002', '0001', '0000']);
  t.deepEqual(
    entries.map(({ number, active, label }) => [number, active, label]),
    [
      ['0000', true, 'UiApp'],
      ['0001', false, 'EFI Internal Shell'],
      ['0002', true, 'UEFI QEMU NVMe Ctrl target1 1'],
      ['0003', true, 'Bhojpur OS'],
    ],
  );
  t.deepEqual(
    entries.map((one) => one.partition),
    [undefined, undefined, undefined, here],
  );
});

test('ours for a partition that is gone is stale; those of others and of other disks are not', (t) => {
  const firmware = fakeFirmware(
    {
      '0000': { label: 'Bhojpur OS', path: hardDrive(here) },
      '0001': { label: 'Bhojpur OS', path: hardDrive(gone) },
      '0002': { label: 'debian', path: hardDrive(gone) },
      '0003': { label: 'Bhojpur OS', path: 'PciRoot(0x0)/Pci(0x3,0x0)' },
    },
    {},
  );
  const read = parseBootEntries(String(firmware.efibootmgr([], {})));
  t.deepEqual(staleEntries(read, [here]), ['0001']);
  t.true(hasEntry(read, here));
  t.false(hasEntry({ ...read, order: ['0001'] }, here), 'an entry that is never tried is none');
});

test('any text is read, or is no list', (t) => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...ovmf.split('\n')),
    fc.tuple(fc.string(), fc.string()).map(([label, path]) => `Boot00AF* ${label}\t${path}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = ['BootCurrent: 0001', ...lines].join('\n');
      return parseBootEntries(text).entries.every(({ number }) => /^[0-9A-F]{4}$/.test(number));
    }),
  );
  t.throws(() => parseBootEntries('EFI variables are not supported on this system.\n'), {
    code: 'boot-entries-unknown',
  });
});
