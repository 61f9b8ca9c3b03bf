/** What a plan says of its steps: everything that a person decides by, in one line each. */
import test from 'ava';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, type Step } from '../../src/steps/index.ts';
import { cases } from './cases.ts';
import { copyFiles, espGuid, formatState, table } from './common-steps.ts';

const says = (step: Step) => handlerOf(handlers, step).describe(step);
/** The step of a case, with something else about it. */
const like = (name: string, more: object = {}): Step => ({ ...(cases[name]?.step as Step), ...more }) as Step;

test('which disk is looked for, erased, partitioned', (t) => {
  t.is(
    says(like('check-target')),
    'Check that /dev/vda is still the disk that was chosen (3.2 GB, QEMU, serial S1) and that nothing else uses it',
  );
  t.is(
    says(like('check-target', { model: null, serial: null, stops: [] })),
    'Check that /dev/vda is still the disk that was chosen (3.2 GB) and that nothing uses it',
  );
  t.is(
    says(like('stop-stacked')),
    'Stop swap on /dev/dm-1, /dev/mapper/vg-root, /dev/md127 (also on /dev/vdb), /dev/bcache0, /dev/md5',
  );
  t.is(says(like('detach-partitions')), 'Detach the old partitions of /dev/vda');
  t.is(
    says(like('wipe-signatures')),
    'Erase /dev/vda: boot code, partition table and signatures (now: ext4)',
  );
  t.is(says(table), 'Write a GPT to /dev/vda: part:bios 1 MB, part:esp 315 MB, part:state 2.9 GB');
});

test('what becomes of its file systems', (t) => {
  t.is(
    says(like('format-esp')),
    'Format the EFI system partition (FAT32, label BOS_GRUB), marked as not installed yet',
  );
  const uuid = '11111111-2222-4333-8444-555555555555';
  t.is(says(formatState), `Format the state partition (ext4, label BOS_STATE, UUID ${uuid})`);
  t.is(
    says({ ...formatState, label: 'BOS_VAR' } as Step),
    `Format the partition for /var (ext4, label BOS_VAR, UUID ${uuid})`,
  );
  t.is(says(like('mount-state')), 'Mount the state partition at /run/bos/target');
  t.is(says(like('unmount-state')), 'Unmount the state partition');
  t.is(
    says(like('check-filesystem')),
    `Check that /dev/vda3 is still the file system that was chosen (2.9 GB, ext4, UUID ${uuid}), whole and not in use`,
  );
  t.is(says(like('relabel')), 'Change the label of the file system "BOS_STATE" to NEW');
  t.is(says(like('relabel', { from: '' })), 'Change the label of the file system (none) to NEW');
  t.regex(says(like('claim-state')), /^Mark the file system as being filled .* its files stay$/);
  t.is(
    says(like('claim-root')),
    `Use the root file system on /dev/vda3 (UUID ${uuid}), and keep what is on it`,
  );
});

test('which files are copied, made and removed', (t) => {
  t.is(says(copyFiles), 'Copy the system (2 files, 28 bytes)');
  t.is(
    says(like('copy-from-image')),
    'Copy the system (2 files, 28 bytes) from /isos/bos.iso, comparing the digest of the whole ISO',
  );
  const image = { from: 'url', url: 'url:image', shown: 'https://example.com/bos.iso' };
  t.is(
    says(like('copy-from-image', { image, sha256: null })),
    'Copy the system (2 files, 28 bytes) from https://example.com/bos.iso',
  );
  t.is(
    says(like('copy-delta')),
    'Copy bos/system/os/2/rootfs.squashfs (174 kB) from /isos/bos.iso, fetching only what this machine does not have',
  );
  t.is(says(like('verify-files')), 'Read everything back and compare (28 bytes)');
  const folder = (path: string) => ({ path, mode: 0o755 });
  t.is(says(like('make-folders', { folders: [folder('a'), folder('b/c')] })), 'Make the folders a, b/c');
  const links = [
    { path: 'a/current', target: '1' },
    { path: 'b/current', target: '2' },
  ];
  t.is(says(like('make-links', { links })), 'Link a/current -> 1, b/current -> 2');
  t.is(says(like('write-file')), 'Write bos/system/config.yaml');
  t.is(says(like('write-journal')), 'Write bos/system/install.log, the journal so far');
  t.is(
    says(like('write-volume-tools')),
    'Write bos/system/grub/lvm.img, which activates LVM at boot (1 files, 9 bytes)',
  );
  t.is(
    says(like('remove-old-system')),
    'Remove the system files of the old Bhojpur OS, not its data: bos/system/manifest.json, bos/system/os',
  );
  t.is(says(like('manual-steps')), 'Leave to you: a boot loader for BIOS, since there is no room');
});

test('what starts it, and where that is written', (t) => {
  t.is(says(like('write-core')), 'Write the BIOS boot loader to its partition');
  t.is(
    says(like('write-core: beside other systems')),
    'Write the BIOS boot loader to /dev/vda, outside all file systems (sector 1024)',
  );
  t.is(says(like('write-boot-sector')), 'Write the boot sector of /dev/vda');
  t.is(says(like('write-esp-files')), 'Write the UEFI boot loader: grub.cfg, BOOTX64.EFI');
  t.is(
    says(like('update-boot-loader')),
    'Update the UEFI boot loader on /dev/vda2, never to an older version: boot/grub/grub.cfg, EFI/BOOT/BOOTX64.EFI',
  );
  t.regex(
    says(like('update-boot-loader', { partition: 'part:esp' })),
    /^Update the UEFI boot loader on the EFI system partition, never/,
  );
  t.is(
    says(like('keep-boot-sector')),
    'Keep the boot sector of /dev/vda, for the boot menu to start: bos/system/grub/boot-sector.old',
  );
  t.regex(
    says(like('register-boot-entry', { guid: espGuid })),
    /^Add the boot entry "Bhojpur OS" to the firmware, first/,
  );
  t.is(
    says(like('add-menu-entry')),
    'Add an entry to the boot menu (boot/grub/custom.cfg); the current default stays',
  );
  t.is(
    says(like('boot-once')),
    'Boot Bhojpur OS once at the next start; when it has booted, it becomes the default and deletes everything else on /dev/vda3',
  );
  t.is(says(like('mark-valid')), 'Mark the installation as valid (one sector, written last)');
  t.regex(says(like('mark-filling')), /^Mark the installation as being filled: .* its data stay$/);
});

test('a step that destroys nothing but leaves no way back says that instead', (t) => {
  const cautious = Object.entries(handlers).filter(([, { caution }]) => caution !== undefined);
  t.deepEqual(cautious.map(([kind]) => kind).toSorted(), [
    'claim-state',
    'mark-filling',
    'remove-deployments',
    'remove-old-system',
  ]);
  for (const [, { caution }] of cautious) t.is(caution, 'no way back from here');
});
