/** The view of an image through its first partition: files and volume name stay there where the partition can grow. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { change, copyOf, digestOf, host, imageBy } from './edit-support.ts';

/** xorriso's -partition_offset 16. */
const origin = 16 * 2048;

/** As udev asks for it. */
const labelAt = (iso: string, offset: number): string => {
  try {
    return tool('blkid', '-p', '-O', `${offset}`, '-s', 'LABEL', '-o', 'value', iso).trim();
  } catch {
    return '';
  }
};

/** A partition as a loop device would show it. */
async function through(t: ExecutionContext, iso: string) {
  const source = await fileSource(t, iso);
  const part = (offset: number, length: number) => source.read(origin + offset, length);
  return openIso({ size: source.size - origin, read: part });
}

function added(t: ExecutionContext) {
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, Buffer.alloc(700_000, 'x'));
  return { source, path: 'd1/new' };
}

for (const method of ['append', undefined] as const)
  test(`${method ?? 'the cheapest way'}: a partition without another behind it grows, and shows all of it`, async (t) => {
    const original = imageBy(t, 'xorriso with a partition of its own');
    const iso = copyOf(t, original);
    t.is(labelAt(iso, origin), 'OFFSET');
    const file = added(t);
    const { notes } = await change(iso, { add: [file], ...(method && { method }) });
    t.deepEqual(
      notes.filter((note) => /partition/.test(note)),
      [],
    );
    t.is(labelAt(iso, origin), 'OFFSET');
    t.is(labelAt(iso, 0), 'OFFSET');
    const entry = await (await through(t, iso)).stat(file.path);
    t.is(entry?.size, 700_000);
    t.deepEqual((await verifyIso(await fileSource(t, iso), 'image')).faults, []);
    const [first] = JSON.parse(tool('sfdisk', '--json', iso)).partitiontable.partitions;
    t.true((first.start + first.size) * 512 > (entry?.extents[0]?.offset ?? Infinity) + origin);
    await undoRemaster(host, iso);
    t.is(digestOf(iso), digestOf(original));
  });

test('a new volume name is that of the partition, too', async (t) => {
  const iso = imageBy(t, 'xorriso with a partition of its own');
  await change(iso, { add: [added(t)], volumeId: 'OTHER', method: 'append' });
  t.is(labelAt(iso, origin), 'OTHER');
});
