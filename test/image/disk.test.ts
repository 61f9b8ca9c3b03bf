/** The disk in a packed image: what is asked of it for the sake of durability is asked of the file that holds it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { withDisk } from '../../src/image/disk.ts';
import { temporaryFolder } from '../formats/support.ts';

const real = linuxHost();

test('qcow2: written, on the disk, read anew, closed', async (t) => {
  const path = join(temporaryFolder(t), 'a.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'preallocation=full', path, '1M']);
  const done: string[] = [];
  const files: Host['files'] = Object.assign(Object.create(real.files), {
    open: async (...named: Parameters<Host['files']['open']>) => {
      const file = await real.files.open(...named);
      const noted = Object.create(file);
      for (const name of ['sync', 'dropCache', 'close'] as const)
        noted[name] = async () => {
          done.push(name);
          await file[name]();
        };
      noted.read = file.read.bind(file);
      noted.write = file.write.bind(file);
      return noted;
    },
  });
  const read = await withDisk({ ...real, files }, path, 'r+', async (disk) => {
    await disk.write(512, Buffer.from('abc'));
    await disk.sync();
    await disk.dropCache();
    return disk.read(512, 3);
  });
  t.is(Buffer.from(read).toString(), 'abc');
  t.deepEqual(done, ['sync', 'dropCache', 'close']);
});
