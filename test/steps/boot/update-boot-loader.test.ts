/** A boot loader that is newer than ours stays, which is told. What is replaced, and how: the long tests. */
import test from 'ava';
import { readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import type { UpdateBootLoader } from '../../../src/steps/boot/update-boot-loader.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { portableExecutable } from '../../formats/executables/portable-executable.ts';
import { file, formatEsp, text } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const loader = (generation: number) => portableExecutable(`sbat,1,x\ngrub,${generation},x\n`, generation);
const path = 'EFI/BOOT/BOOTX64.EFI';

/** Writes one loader and then the other, with the same menu; what is there then, and what was told. */
async function after(there: Buffer, ours: Buffer) {
  const { host, names } = machine({ files: { '/boot/there': there, '/boot/ours': ours } });
  const context = contextOf(host, names);
  await handlers['format-esp'].run(formatEsp as Extract<Step, { kind: 'format-esp' }>, context);
  const step = (source: string, bytes: Buffer): UpdateBootLoader => ({
    ...{ id: 'a', kind: 'update-boot-loader', partition: '/dev/vda2' },
    files: [
      { path: 'EFI/BOOT/grub.cfg', content: text('exit\n') },
      { path, content: file(source, bytes) },
    ],
  });
  await handlers['update-boot-loader'].run(step('/boot/there', there), context);
  const second = step('/boot/ours', ours);
  await handlers['update-boot-loader'].run(second, context);
  await handlers['update-boot-loader'].verify?.(second, context);
  const device = await host.files.open('/dev/vda2', 'r');
  const read = async (name: string) => Buffer.from((await readFatFile(device, name)) ?? []);
  return { loader: await read(path), warned: context.warned };
}

test('one of the same generation is no reason to tell anything', async (t) => {
  t.deepEqual(await after(loader(4), loader(4)), { loader: loader(4), warned: [] });
});

test('an older one does not take the place of a newer one, and that is told', async (t) => {
  t.deepEqual(await after(loader(5), loader(4)), {
    loader: loader(5),
    warned: ['the newer boot loader that is there stays: grub 5 (ours: 4)'],
  });
});
