/** Which file system is on a device, and by which id GRUB and udev find it: against those who make them. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { fileSystemIdentity } from '../../../src/formats/filesystems/identity.ts';
import { runs } from '../../properties.ts';
import { fileSource, temporaryFolder, tool } from '../support.ts';

const uuid = '6d1c0b9a-0000-4000-8000-0123456789ab';
const MiB = 2 ** 20;

const made = test.macro({
  title: (_, type: string) => `an image of ${type}`,
  exec: async (t, type: string, size: number, id: string, words: readonly string[]) => {
    const file = join(temporaryFolder(t), 'image');
    writeFileSync(file, '');
    truncateSync(file, size);
    const [program = '', ...options] = words;
    tool(program, ...options, file);
    t.deepEqual(await fileSystemIdentity(await fileSource(t, file)), { type, uuid: id });
  },
});
test(made, 'ext4', 8 * MiB, uuid, ['mkfs.ext4', '-q', '-U', uuid]);
test(made, 'ext2', 8 * MiB, uuid, ['mkfs.ext2', '-q', '-U', uuid]);
test(made, 'xfs', 300 * MiB, uuid, ['mkfs.xfs', '-q', '-m', `uuid=${uuid}`]);
test(made, 'btrfs', 110 * MiB, uuid, ['mkfs.btrfs', '-q', '-U', uuid]);
test(made, 'vfat', 64 * MiB, '1a2b-3c4d', ['mkfs.fat', '-F', '32', '-i', '1a2b3c4d']);

test('features that GRUB does not read are told', async (t) => {
  const file = join(temporaryFolder(t), 'image');
  writeFileSync(file, '');
  truncateSync(file, 8 * MiB);
  tool('mkfs.ext4', '-q', '-U', uuid, '-O', 'casefold', file);
  t.deepEqual((await fileSystemIdentity(await fileSource(t, file)))?.unknownToGrub, ['casefold']);
});

test('whatever else is there has none', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (bytes) =>
      t.is(await fileSystemIdentity(fromBytes(bytes)), undefined),
    ),
    { numRuns: runs(200) },
  );
  // Cut off behind its magic.
  const cut = Buffer.alloc(40);
  cut.write('XFSB', 0, 'latin1');
  t.is(await fileSystemIdentity(fromBytes(cut)), undefined);
});
