/** UDF beside ISO 9660: turned off by a change, since it would show the old files; refused where it alone has them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { readUdf } from '../../../src/formats/filesystems/udf.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { inspectIso } from '../../../src/iso/inspect/inspect.ts';
import type { Method } from '../../../src/iso/pieces.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import { onlyRefuses, temporaryFolder, tool } from '../../formats/support.ts';
import { isLongRun } from '../../properties.ts';
import { corpusImage } from '../corpus.ts';
import { copyOnce, writeTree } from '../media.ts';
import { byXorriso, change, digestOf, host } from './edit-support.ts';

const menu = 'menuentry x {\n  linux /v quiet\n}\n';
const isUdf = (iso: string) => tool('blkid', '-p', '-o', 'value', '-s', 'TYPE', iso).trim() === 'udf';

function made(t: ExecutionContext, ...options: string[]): string {
  const make = (folder: string) => {
    const iso = join(folder, 'udf.iso');
    const files = { 'boot/grub/grub.cfg': menu, 'A long name.text': 'a', 'sources/install.wim': 'w' };
    tool('genisoimage', '-quiet', '-udf', ...options, '-o', iso, writeTree(join(folder, 'tree'), files));
    return iso;
  };
  return copyOnce(temporaryFolder(t), 'udf.iso', make, `udf.iso ${options.join(' ')}`);
}

function ofCorpus(t: ExecutionContext): string {
  const iso = join(temporaryFolder(t), 'udf.iso');
  writeFileSync(iso, corpusImage('udf'));
  return iso;
}

const udfOf = async (iso: string) => {
  const source = fromBytes(readFileSync(iso));
  const { extent } = (await openIso(source)).descriptors;
  return readUdf(source, extent.offset + extent.length);
};

test('what it is, and the names of its root', async (t) => {
  t.deepEqual((await udfOf(ofCorpus(t)))?.root, ['boot']);
  t.deepEqual((await udfOf(made(t, '-R')))?.root?.toSorted(), ['A long name.text', 'boot', 'sources']);
  const { trees } = await inspectIso(fromBytes(corpusImage('udf')), 'udf.iso');
  t.deepEqual(
    trees.map(({ kind }) => kind),
    ['iso9660', 'joliet', 'udf'],
  );
  t.is(await udfOf(join(ofCorpus(t))).then((udf) => udf?.marks.length), 5);
});

for (const method of ['same-room', 'append', 'rebuild'] as const satisfies readonly Method[])
  for (const make of [ofCorpus, (t: ExecutionContext) => made(t, '-R')])
    test(`${method} of ${make === ofCorpus ? 'the corpus' : 'another one'}: only ISO 9660 is left`, async (t) => {
      const iso = make(t);
      t.true(isUdf(iso));
      const before = digestOf(iso);
      const { notes } = await change(iso, { menu: { append: ['x=1'] }, method });
      t.true(notes.some((note) => note.startsWith('The UDF view of the image is turned off')));
      t.false(isUdf(iso));
      t.is(await udfOf(iso), undefined);
      t.true(byXorriso(t, iso, 'boot/grub/grub.cfg').toString().includes('quiet x=1'));
      if (method === 'rebuild') return;
      await undoRemaster(host, iso);
      t.is(digestOf(iso), before);
    });

test('files that UDF alone shows: refused', async (t) => {
  const iso = made(t, '-R', '-hide', 'sources');
  const before = digestOf(iso);
  const error = await t.throwsAsync(change(iso, { menu: { append: ['x=1'] } }), { code: 'iso-udf-only' });
  t.regex(String((error as { details?: unknown }).details), /only UDF has: sources/);
  t.is(digestOf(iso), before);
});

test('any damage of it ends in a report or a refusal', async (t) => {
  const sound = corpusImage('udf');
  const bytes = Buffer.from(sound);
  const step = isLongRun ? 97 : 971;
  for (let place = 32 * 2048; place < 300 * 2048; place += step) {
    bytes.fill(place % 3 === 0 ? 0xff : 0, place, place + 8);
    await onlyRefuses(() => readUdf(fromBytes(bytes), 19 * 2048));
    sound.copy(bytes, place, place, place + 8);
  }
  t.pass();
});
