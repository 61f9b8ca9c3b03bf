/** The FAT image that UEFI starts from is as large as its loaders ask for, by the tools that fill it. */
import { join } from 'node:path';
import test from 'ava';
import { efiKilobytes } from '../../../src/build/stages/boot.ts';
import { folder, realHost } from '../support.ts';

const { files, processes } = realHost;

for (const sizes of [
  [1_048_504, 3_835_328, 877_992],
  [1, 2, 3],
  [262_144, 262_144, 262_144],
])
  test(`room for ${sizes.join(' + ')} bytes, and for another 128 KiB`, async (t) => {
    const at = await folder(t);
    const kilobytes = efiKilobytes(sizes);
    t.is(kilobytes % 256, 0);
    t.true(kilobytes * 1024 < sizes.reduce((sum, size) => sum + size, 0) + 600_000);
    await processes.run('mkfs.fat', ['-C', join(at, 'efi.img'), String(kilobytes)]);
    for (const [index, size] of [...sizes, 128 * 1024].entries()) {
      await files.write(join(at, `${index}`), Buffer.alloc(size));
      await processes.run('mcopy', ['-i', join(at, 'efi.img'), join(at, `${index}`), '::/']);
    }
    t.pass();
  });
