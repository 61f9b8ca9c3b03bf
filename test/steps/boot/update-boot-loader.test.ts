/** A boot loader that is newer than ours stays, which is told; what belongs to it is written all the same. */
import test from 'ava';
import { readFatFile } from '../../../src/formats/filesystems/fat-file.ts';
import type { UpdateBootLoader } from '../../../src/steps/boot/update-boot-loader.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { portableExecutable } from '../../formats/executables/portable-executable.ts';
import { file, formatEsp, text } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const loader = (generation: number) => portableExecutable(`sbat,1,x\ngrub,${generation},x\n`, generation);
const path = 'EFI/BOOT/BOOTX64.EFI';

/** Writes one loader and then the other; what is there then, and what was told. */
async function after(there: Buffer, ours: Buffer) {
  const { host, names } = machine({ files: { '/boot/there': there, '/boot/ours': ours } });
  const context = contextOf(host, names);
  await handlers['format-esp'].run(formatEsp as Extract<Step, { kind: 'format-esp' }>, context);
  const step = (source: string, bytes: Buffer, menu: string): UpdateBootLoader => ({
    ...{ id: 'a', kind: 'update-boot-loader', partition: '/dev/vda2' },
    files: [
      { path: 'EFI/BOOT/grub.cfg', content: text(menu) },
      { path, content: file(source, bytes) },
    ],
  });
  await handlers['update-boot-loader'].run(step('/boot/there', there, 'one'), context);
  const second = step('/boot/ours', ours, 'two');
  await handlers['update-boot-loader'].run(second, context);
  await handlers['update-boot-loader'].verify?.(second, context);
  const device = await host.files.open('/dev/vda2', 'r');
  const read = async (name: string) => Buffer.from((await readFatFile(device, name)) ?? []);
  return { loader: await read(path), menu: `${await read('EFI/BOOT/grub.cfg')}`, warned: context.warned };
}

test('a newer one takes the place of an older one, and nothing has to be told', async (t) => {
  t.deepEqual(await after(loader(4), loader(5)), { loader: loader(5), menu: 'two', warned: [] });
});

test('an older one does not, and that is told', async (t) => {
  t.deepEqual(await after(loader(5), loader(4)), {
    ...{ loader: loader(5), menu: 'two' },
    warned: ['the newer boot loader that is there stays: grub 5 (ours: 4)'],
  });
});
