/** Digests of what is served: each is computed once, however many ask. */
import { createHash } from 'node:crypto';
import test from 'ava';
import type { BaseVersion } from '../../../src/serve/iso/base.ts';
import type { Content } from '../../../src/serve/iso/content.ts';
import { Digests } from '../../../src/serve/iso/digests.ts';
import { fakeHost } from '../../fakes/host.ts';

const base = {} as BaseVersion;

function content(etag: string, text: string) {
  let reads = 0;
  const what: Content = {
    ...{ etag, size: text.length + 3_000_000, versions: new Map() },
    segments: () => {
      reads += 1;
      if (text === '') throw new Error('it is gone');
      return [
        { kind: 'bytes', bytes: Buffer.from(text) },
        { kind: 'zeros', length: 3_000_000 },
      ];
    },
  };
  return { what, reads: () => reads };
}

test('once for each content, also for those who ask while it is computed', async (t) => {
  const digests = new Digests(fakeHost().files);
  const [one, other] = [content('"1"', 'one'), content('"2"', 'other')];
  const all = await Promise.all([one, one, other, one].map(({ what }) => digests.of(what, base)));
  const wanted = (text: string) =>
    createHash('sha256').update(text).update(Buffer.alloc(3_000_000)).digest('hex');
  t.deepEqual(all, [wanted('one'), wanted('one'), wanted('other'), wanted('one')]);
  await digests.of(one.what, base);
  t.deepEqual([one.reads(), other.reads()], [1, 1]);
});

test('what failed is tried anew, and holds up nobody', async (t) => {
  const digests = new Digests(fakeHost().files);
  const gone = content('"1"', '');
  const failed = digests.of(gone.what, base);
  const behind = digests.of(content('"2"', 'b').what, base);
  await t.throwsAsync(failed, { message: 'it is gone' });
  t.regex(await behind, /^[0-9a-f]{64}$/);
  await t.throwsAsync(digests.of(gone.what, base));
  t.is(gone.reads(), 2);
});
