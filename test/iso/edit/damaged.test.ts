/** Damaged images end in a refusal when they are changed, too: whatever a folder, a table or a descriptor says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { damaged, onlyRefuses, temporaryFolder } from '../../formats/support.ts';
import { runs } from '../../properties.ts';
import { corpusImage } from '../corpus.ts';
import { change } from './edit-support.ts';

const sound = gunzipSync(
  readFileSync(join(import.meta.dirname, '../../formats/iso9660/corpus/sound.iso.gz')),
);

/** Adds a file in a folder of its own, for which the folders above it are written anew; only says what would be done. */
async function edit(t: ExecutionContext, bytes: Uint8Array, path = 'new/zz.txt'): Promise<void> {
  const folder = temporaryFolder(t);
  const [iso, source] = [join(folder, 'a.iso'), join(folder, 'f')];
  writeFileSync(iso, bytes);
  writeFileSync(source, 'new');
  await change(iso, { add: [{ source, path }] }, { dryRun: true });
}

/** Where the folder /boot lies, by its record in the root. */
function bootFolder(image: Buffer): number {
  const root = image.readUInt32LE(16 * 2048 + 156 + 2) * 2048;
  const record = image.indexOf('BOOT', root, 'latin1') - 33;
  return image.readUInt32LE(record + 2) * 2048;
}

const refused = async (t: ExecutionContext, bytes: Uint8Array, path?: string) => {
  const error = await t.throwsAsync(edit(t, bytes, path), { instanceOf: OpsError });
  t.is((error as OpsError).kind, 'refused');
  t.regex((error as OpsError).code, /^iso-(invalid|truncated)$/);
};

test('a folder whose extent has no record of itself', async (t) => {
  await refused(t, corpusImage('crash-minimal'));
});

for (const [what, write] of [
  ['zeros where a folder should be', (folder: Buffer) => folder.fill(0)],
  ['a folder without a parent', (folder: Buffer) => folder.fill(0, folder[0] ?? 0)],
  ['a record too short for its name', (folder: Buffer) => folder.writeUInt8(33, 0)],
  ['a file for a parent', (folder: Buffer) => folder.writeUInt8(65, (folder[0] ?? 0) + 33)],
] as const)
  test(what, async (t) => {
    const image = Buffer.from(corpusImage('udf'));
    const offset = bootFolder(image);
    write(image.subarray(offset, offset + 2048));
    await refused(t, image);
    await refused(t, image, 'boot/new/f');
  });

test('random damage', async (t) => {
  const spots = fc.oneof(fc.nat(2048), fc.integer({ min: 16 * 2048, max: sound.length - 1 }));
  await fc.assert(
    fc.asyncProperty(damaged(sound, spots), async (bytes) => {
      await onlyRefuses(() => edit(t, bytes));
    }),
    { numRuns: runs(60) },
  );
  t.pass();
});
