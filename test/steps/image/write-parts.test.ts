/** A file written from parts: what is on the disk when it is done. */
import test from 'ava';
import type { Part } from '../../../src/formats/disk-images/virtual-disk.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { writeParts } from '../../../src/steps/image/write-parts.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';
import { sameBytes } from '../../formats/support.ts';
import { contextOf } from '../context.ts';

async function* partsOf(...parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts;
}
const text = Buffer.from('text');

test('a hole at the end counts: the file has its size, and its digest is of all of it', async (t) => {
  const host = fakeHost({ folders: ['/images'] });
  const digest = await writeParts('/images/a', partsOf(text, { hole: 5 }), contextOf(host));
  const whole = Buffer.concat([text, Buffer.alloc(5)]);
  sameBytes(t, await host.files.read('/images/a'), whole);
  t.is(digest, sha256Of(whole));
});

test('a hole between parts', async (t) => {
  const host = fakeHost({ folders: ['/images'] });
  await writeParts('/images/a', partsOf({ hole: 3 }, text, { hole: 2 }, text), contextOf(host));
  t.is((await host.files.readText('/images/a')).replaceAll('\0', '.'), '...text..text');
});

test('its name is on the disk before its content, which is synced after the last of it; only its owner reads it', async (t) => {
  const host = fakeHost({ files: { '/images/a': 'of an earlier attempt' } });
  await writeParts('/images/a', partsOf(text, { hole: 5 }), contextOf(host));
  t.deepEqual(host.effects.filter(({ kind }) => !['open', 'close'].includes(kind)).map(lineOf), [
    'remove /images/a',
    ...['create /images/a 0600', 'write /images/a 0+0', 'sync /images/a'],
    ...['write /images/a 0+4', 'resize /images/a 9', 'sync /images/a'],
  ]);
});
