/** The corpus of hostile images: what each ends in, for every reader of an image. Made by make-corpus.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { gapsBetween, usedExtents } from '../../../src/formats/iso9660/layout.ts';
import { inspectIso } from '../../../src/iso/inspect/inspect.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { runs } from '../../properties.ts';
import { damaged, onlyRefuses } from '../support.ts';

const corpus = join(import.meta.dirname, 'corpus');

/** The refusal, or what came of it. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test('the corpus is there', (t) => {
  t.true(readdirSync(corpus).length > 30);
});

for (const name of readdirSync(corpus)) {
  test(name.replace('.iso.gz', '').replaceAll('-', ' '), async (t) => {
    const source = fromBytes(gunzipSync(readFileSync(join(corpus, name))));
    t.snapshot({
      opened: await outcome(async () => {
        const iso = await openIso(source, 'x.iso');
        const walked: string[] = [];
        for await (const { path, type, size } of iso.walk()) walked.push(`${type} ${path} ${size}`);
        return walked;
      }),
      link: await outcome(async () => (await openIso(source, 'x.iso')).readFile('link/three/file', 1000)),
      gaps: await outcome(async () => {
        const iso = await openIso(source, 'x.iso', { allowTruncated: true });
        return gapsBetween(await usedExtents(source, iso, 'x.iso'), source.size).length;
      }),
      inspected: await outcome(async () => (await inspectIso(source, 'x.iso')).faults),
      verified: await outcome(async () => (await verifyIso(source, 'x.iso')).faults),
    });
  });
}

test('random damage ends in a report or a refusal', async (t) => {
  const sound = gunzipSync(readFileSync(join(corpus, 'sound.iso.gz')));
  // Descriptors, catalogue and folders are what a small image consists of; the system area holds the tables.
  const spots = fc.oneof(fc.nat(2048), fc.integer({ min: 16 * 2048, max: sound.length - 1 }));
  await fc.assert(
    fc.asyncProperty(damaged(sound, spots), async (bytes) => {
      await onlyRefuses(() => inspectIso(fromBytes(bytes), 'x.iso'));
      await onlyRefuses(() => verifyIso(fromBytes(bytes), 'x.iso'));
    }),
    { numRuns: runs(300) },
  );
  t.pass();
});
