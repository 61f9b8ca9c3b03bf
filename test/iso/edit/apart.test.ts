/** What cannot be done in place and what cannot be done at all is said: menus inside of boot images, long names. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { missingProgram } from '../../../src/host/linux/programs.ts';
import { inspectIso } from '../../../src/iso/inspect/inspect.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { writeTree } from '../media.ts';
import { change, digestOf, host, imageBy, pathsByXorriso } from './edit-support.ts';

const startsKernel = 'menuentry "In the image" {\n  linux /vmlinuz quiet\n}\n';
const leadsOn = 'search --file /vmlinuz --set=root\nconfigfile /boot/grub/grub.cfg\n';

/** An ISO whose boot image for UEFI has this menu beside its loader, and `menus` on the ISO itself. */
function withMenuInside(
  t: ExecutionContext,
  inside: string,
  menus: Readonly<Record<string, string>>,
): string {
  const folder = temporaryFolder(t);
  const tree = writeTree(join(folder, 'tree'), { vmlinuz: 'kernel', ...menus });
  const efi = join(tree, 'efi.img');
  const menu = join(folder, 'grub.cfg');
  writeFileSync(menu, inside);
  tool('mkfs.fat', '-C', efi, '1440');
  tool('mmd', '-i', efi, '::/EFI', '::/EFI/BOOT');
  tool('mcopy', '-i', efi, menu, '::/EFI/BOOT/grub.cfg');
  const iso = join(folder, 'a.iso');
  tool(
    ...(['xorriso', '-as', 'mkisofs', '-quiet', '-r', '-V', 'APART', '-eltorito-alt-boot'] as const),
    ...(['-e', 'efi.img', '-no-emul-boot', '-o', iso, tree] as const),
  );
  return iso;
}

const append = { menu: { append: ['added=1'] } };

test('a menu inside of the boot image starts kernels too: it is shown, and left as it is with a note', async (t) => {
  const iso = withMenuInside(t, startsKernel, { 'boot/grub/grub.cfg': startsKernel });
  const { notes } = await change(iso, append);
  t.is(notes[0], 'One kernel line was changed.');
  t.regex(notes[1] ?? '', /UEFI boot image .*\/EFI\/BOOT\/grub\.cfg, which was not changed/);
  const { menus } = await inspectIso(await fileSource(t, iso), 'a.iso');
  t.deepEqual(
    menus.map(({ path, where, entries }) => [path, where, entries[0]?.kernels[0]?.arguments]),
    [
      ['boot/grub/grub.cfg', 'iso', ['quiet', 'added=1']],
      ['EFI/BOOT/grub.cfg', 'boot image', ['quiet']],
    ],
  );
});

test('a menu inside that only leads on is not worth a note', async (t) => {
  const iso = withMenuInside(t, leadsOn, { 'boot/grub/grub.cfg': startsKernel });
  t.deepEqual((await change(iso, append)).notes, ['One kernel line was changed.']);
});

test('the only menu lies inside: refused, and the image stays as it is', async (t) => {
  const iso = withMenuInside(t, startsKernel, {});
  const before = digestOf(iso);
  const error = await t.throwsAsync(change(iso, append), { instanceOf: OpsError, code: 'iso-no-menu' });
  t.deepEqual((error as OpsError).details, [
    '/EFI/BOOT/grub.cfg is inside the UEFI boot image, which is not changed',
  ]);
  t.is(digestOf(iso), before);
});

const long = `a-name-of-150-bytes-${'x'.repeat(130)}`;

test('a name of 150 bytes takes a rebuild, which says why', async (t) => {
  const iso = imageBy(t, 'xorriso with a partition of its own', 3);
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'long');
  const before = digestOf(iso);
  const request = { add: [{ source, path: long }] };
  for (const method of ['padding', 'append'] as const) {
    const error = await t.throwsAsync(change(iso, { ...request, method }), { code: 'iso-name' });
    t.regex((error as OpsError).message, /^The name a-name-of-150-bytes-x+ is too long to be added in place/);
    t.regex((error as OpsError).hint ?? '', /at most 100 bytes, or --method rebuild/);
    t.is(digestOf(iso), before);
  }
  const { method, reason } = await change(iso, request);
  t.is(method, 'rebuild');
  t.regex(reason, /^The image cannot be patched\. The name .* is too long/);
  t.true(pathsByXorriso(iso).includes(long));
});

test('without xorriso a long name is refused, and the image stays as it is', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'long');
  const before = digestOf(iso);
  const run = async (program: string): Promise<never> => {
    throw missingProgram(program);
  };
  const on = { ...host, processes: { ...host.processes, run } };
  const error = await t.throwsAsync(change(iso, { add: [{ source, path: long }] }, { on }), {
    instanceOf: OpsError,
    code: 'tool-missing',
  });
  t.regex((error as OpsError).message, /xorriso/);
  t.is(digestOf(iso), before);
});
