/** The steps that write blocks, on a disk image instead of a disk: every partition is a range of one file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { layoutTable, wholeDiskLayout } from '../../src/disk/layout/layout.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, programsOf, type Step } from '../../src/steps/index.ts';
import { contextOf } from './context.ts';

const GiB = 2 ** 30;
const size = 3 * GiB;
const ids = {
  ...{ disk: '11111111-1111-4111-8111-111111111111', biosGrub: '22222222-2222-4222-8222-222222222222' },
  ...{ esp: '33333333-3333-4333-8333-333333333333', state: '44444444-4444-4444-8444-444444444444' },
};
const stateUuid = '55555555-5555-4555-8555-555555555555';
const environment = {
  ...{ path: 'EFI/debian/grubenv', stateUuid, kernel: '6.1.0', os: '0.1.0', dcp: null },
};

/** A core image as grub-mkimage begins one: its block list is at the end of the first sector. */
function coreImage(): string {
  const core = Buffer.alloc(1536, 0x90);
  core.fill(0, 496, 512);
  core.writeUInt16LE(2, 508);
  return core.toString('latin1').replaceAll('\x90', 'G');
}

function stepsFor(image: string): Step[] {
  const layout = wholeDiskLayout(size, 512);
  const table = layoutTable(layout, { ...ids, var: ids.state } as never);
  const [bios] = layout.partitions;
  const text = (content: string) => ({ from: 'text', text: content }) as const;
  return [
    {
      ...{ id: 'table', kind: 'write-partition-table', disk: image, diskGuid: ids.disk, sectorSize: 512 },
      diskSectors: table.diskSectors,
      partitions: layout.partitions.map(({ number, type, name, role }, index) => {
        const { firstLba = 0, lastLba = 0, guid = '' } = table.partitions[index] ?? {};
        return { number, type, guid, firstLba, lastLba, name, bind: `part:${role}`, path: null };
      }),
    },
    {
      ...{ id: 'esp', kind: 'format-esp', partition: 'part:esp', label: 'BOS_GRUB', serial: '1234ABCD' },
      ...{ sectorSize: 512, folders: ['EFI', 'EFI/BOOT', 'EFI/debian'], environment },
    },
    { id: 'state', kind: 'format-ext4', partition: 'part:state', label: 'WRONG', uuid: stateUuid },
    { id: 'relabel', kind: 'relabel', partition: 'part:state', from: 'WRONG', to: 'BOS_STATE' },
    {
      ...{ id: 'core', kind: 'write-core', target: 'part:biosGrub', offset: 0, room: bios.size },
      ...{ lba: bios.start / 512, shared: false, core: text(coreImage()) },
    },
    {
      ...{ id: 'efi', kind: 'write-esp-files', partition: 'part:esp' },
      files: [{ path: 'EFI/BOOT/BOOTX64.EFI', content: text('loader') }],
    },
    {
      ...{ id: 'newer', kind: 'update-boot-loader', partition: 'part:esp' },
      files: [{ path: 'boot/grub/grub.cfg', content: text('menu') }],
    },
    {
      ...{ id: 'mark', kind: 'mark-valid', fileSystem: 'fat', partition: 'part:esp' },
      ...{ from: 'installing', environment },
    },
  ];
}

function emptyImage(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bos-image-file-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const image = join(folder, 'disk.img');
  writeFileSync(image, '');
  execFileSync('truncate', ['-s', `${size}`, image]);
  return image;
}

test('an image has its table, its file systems and its loaders, each inside of its partition', async (t) => {
  const image = emptyImage(t);
  const context = contextOf(linuxHost());
  for (const step of stepsFor(image)) {
    const handler = handlerOf(handlers, step);
    await handler.run(step, context);
    await handler.verify?.(step, context);
  }
  t.regex(execFileSync('sgdisk', ['-v', image], { encoding: 'utf8' }), /No problems found/);
  const esp = context.block('part:esp');
  const state = context.block('part:state');
  const fat = ['-i', `${image}@@${esp.offset}`];
  t.is(execFileSync('mtype', [...fat, '::/EFI/BOOT/BOOTX64.EFI'], { encoding: 'utf8' }), 'loader');
  t.is(execFileSync('mtype', [...fat, '::/boot/grub/grub.cfg'], { encoding: 'utf8' }), 'menu');
  t.regex(execFileSync('mtype', [...fat, '::/EFI/debian/grubenv'], { encoding: 'utf8' }), /bos_mark=valid/);
  const superblock = execFileSync('dumpe2fs', ['-h', `${image}?offset=${state.offset}`], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  t.regex(superblock, /BOS_STATE/);
  t.regex(superblock, new RegExp(`Block count: +${Math.floor((state.size ?? 0) / 4096)}\\b`));
  execFileSync('e2fsck', ['-fn', `${image}?offset=${state.offset}`], { stdio: 'pipe' });
});

test('a step that would write beyond its range is stopped by it', async (t) => {
  const image = emptyImage(t);
  const context = contextOf(linuxHost());
  context.bind('part:biosGrub', { path: image, offset: 4096, size: 1024 });
  const step = stepsFor(image).find(({ id }) => id === 'core');
  if (step === undefined) return t.fail();
  await t.throwsAsync(async () => handlerOf(handlers, step).run(step, context), { instanceOf: RangeError });
});

test('an image needs no partx, and every other program of its steps is asked for', (t) => {
  t.deepEqual(programsOf(stepsFor('/disk.img')), [...['mkfs.ext4', 'e2label']]);
});
