/**
 * In which order a remastered image reaches the disk: what of it a power cut leaves whole is a question to the log of
 * effects. test/iso/edit/cuts.long.test.ts cuts it off at every call; the syncs show only here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Host } from '../../../src/host/ports.ts';
import { patchInPlace } from '../../../src/iso/edit/in-place.ts';
import { patchToFile, patchToSink } from '../../../src/iso/edit/to-file.ts';
import { openImage } from '../../../src/iso/image.ts';
import type { Patch } from '../../../src/iso/pieces.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import { type Effect, lineOf, notedFiles } from '../../fakes/effects.ts';
import { sameBytes, temporaryFolder } from '../../formats/support.ts';
import { change, copyOf, digestOf, host, imageBy } from './edit-support.ts';

/** A host that notes what becomes of `iso` and the files beside it, and fails with call `failsAt` of write. */
function watched(iso: string, failsAt = Number.POSITIVE_INFINITY) {
  const effects: Effect[] = [];
  let writes = 0;
  const note = (effect: Effect) => {
    effects.push(effect);
    if (effect.kind === 'write' && effect.path === iso) writes += 1;
    if (effect.kind === 'write' && writes === failsAt) throw new Error('EIO: write');
  };
  const on: Host = { ...host, files: notedFiles(host.files, note) };
  /** Names without the folder, many writes or reads in a row as one. */
  const order = () =>
    effects
      .filter(({ path }) => path.startsWith(iso))
      .map((effect) => lineOf(['write', 'read'].includes(effect.kind) ? { ...effect, detail: '' } : effect))
      .map((line) => line.replaceAll(iso, 'ISO').trim())
      .filter((line, index, all) => line !== all[index - 1]);
  return { on, order };
}

const maker = 'xorriso with a partition of its own';
const longer = { menu: { append: ['bos.test=1'] } };
const journal = 'ISO.opsctl-undo';

test('in place: the journal first, then stage by stage, each on the disk before the next', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, 'hostname: box\n');
  const { on, order } = watched(iso);
  const { method } = await change(iso, { ...longer, config, method: 'append' }, { on });
  t.is(method, 'append');
  const lines = order();
  t.regex(lines[0] ?? '', /^symlink ISO\.opsctl-lock /, 'nobody else works on it');
  t.is(lines.at(-1), 'remove ISO.opsctl-lock');
  const saved = lines.indexOf(`replace ${journal} 0644`);
  t.false(
    lines.slice(0, saved).some((line) => line.startsWith('write ISO')),
    'saved before it is changed',
  );
  const changed = lines.slice(saved).filter((line) => /^(write|sync) ISO$/.test(line));
  t.is(lines[saved + 1], 'write ISO', 'its size is part of a stage too');
  t.true(changed.length >= 6, lines.join('\n'));
  t.deepEqual(
    changed,
    changed.map((_, index) => (index % 2 === 0 ? 'write ISO' : 'sync ISO')),
  );
  const last = lines.lastIndexOf('sync ISO');
  t.deepEqual(
    lines.slice(last + 1).filter((line) => !line.startsWith('resize')),
    ['read ISO', 'close ISO', 'remove ISO.opsctl-lock'],
    'read back when all of it is there',
  );
});

test('in place, and a write fails: the old bytes, on the disk, the old size, and then the journal goes', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const before = digestOf(iso);
  const { on, order } = watched(iso, 3);
  await t.throwsAsync(change(iso, { ...longer, method: 'append' }, { on }), { code: 'iso-write-failed' });
  t.is(digestOf(iso), before);
  const lines = order().map((line) => line.replace(/^(resize ISO) .*/, '$1'));
  t.deepEqual(lines.slice(-6), [
    'write ISO',
    'sync ISO',
    'resize ISO',
    `remove ${journal}`,
    'close ISO',
    'remove ISO.opsctl-lock',
  ]);
});

test('undo: the old bytes, on the disk and read back, before the journal goes', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const before = digestOf(iso);
  await change(iso, longer);
  const { on, order } = watched(iso);
  await undoRemaster(on, iso);
  t.is(digestOf(iso), before);
  const lines = order().map((line) => line.replace(/^(resize ISO) .*/, '$1'));
  t.deepEqual(lines.slice(lines.indexOf('write ISO')), [
    'write ISO',
    'sync ISO',
    'resize ISO',
    'read ISO',
    `remove ${journal}`,
    'close ISO',
    'remove ISO.opsctl-lock',
  ]);
});

test('a change that was cut off is taken back, and its journal goes, before the next one begins', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const cut = watched(iso, 3);
  const dead = () => Promise.reject(new Error('the power is gone'));
  const stuck = { ...cut.on, files: { ...cut.on.files, resize: dead } };
  await t.throwsAsync(change(iso, { ...longer, method: 'append' }, { on: stuck }));
  const { on, order } = watched(iso);
  await change(iso, longer, { on });
  const lines = order().map((line) => line.replace(/^(resize ISO) .*/, '$1'));
  const start = lines.indexOf('write ISO');
  t.deepEqual(lines.slice(start, start + 4), ['write ISO', 'sync ISO', 'resize ISO', `remove ${journal}`]);
});

test('a new file: whole, for everybody, on the disk and closed before it gets its name', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const output = join(temporaryFolder(t), 'new.iso');
  const { on, order } = watched(output);
  await change(iso, longer, { on, output });
  const lines = order()
    .filter((line) => !line.startsWith('read '))
    .map((line) => line.replaceAll('ISO.opsctl-part', 'PART'));
  t.deepEqual(lines, [
    'create PART',
    'write PART',
    'chmod PART 0644',
    'open PART r+',
    'write PART',
    'sync PART',
    'close PART',
    'rename PART -> ISO',
    // What is left when something fails.
    'remove PART',
  ]);
});

/** A patch that only makes the image longer. */
const grown = (oldSize: number, more: number): Patch => ({
  ...{ method: 'append', oldSize, newSize: oldSize + more, notes: [] },
  detour: { size: 0, data: [], records: [] },
  ...{ data: [], tables: [], commit: [], after: [] },
});

test('a new file is as long as the patch says before it is on the disk, also where no piece ends there', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const output = join(temporaryFolder(t), 'new.iso');
  const { on, order } = watched(output);
  const source = await on.files.open(iso, 'r');
  t.teardown(() => source.close());
  await patchToFile(
    { host: on, source, iso, output },
    await openImage(source, iso),
    { files: [] },
    grown(source.size, 2048),
  );
  sameBytes(t, readFileSync(output), Buffer.concat([readFileSync(iso), Buffer.alloc(2048)]));
  const lines = order();
  t.true(
    lines.indexOf('sync ISO.opsctl-part') > lines.lastIndexOf('write ISO.opsctl-part'),
    lines.join('\n'),
  );
});

test('in place, too: the new size is there before all of it is read back', async (t) => {
  const iso = copyOf(t, imageBy(t, maker));
  const { on, order } = watched(iso);
  const file = await on.files.open(iso, 'r+');
  t.teardown(() => file.close());
  const start = { offset: 0, content: { kind: 'bytes' as const, bytes: await file.read(0, 16) } };
  await patchInPlace(
    { host: on, iso, file },
    await openImage(file, iso),
    { files: [] },
    { ...grown(file.size, 2048), data: [start] },
    undefined,
  );
  const lines = order().map((line) => line.replace(/^(resize ISO) .*/, '$1'));
  t.deepEqual(lines.slice(lines.indexOf('write ISO')), ['write ISO', 'sync ISO', 'resize ISO', 'read ISO']);
});

test('of an image that would not hold what was asked, nothing reaches a pipe', async (t) => {
  const iso = imageBy(t, maker);
  const source = await host.files.open(iso, 'r');
  t.teardown(() => source.close());
  const missing = { files: [{ path: 'new', content: { kind: 'bytes' as const, bytes: Buffer.from('x') } }] };
  const sent: Uint8Array[] = [];
  const work = patchToSink(
    { host, source },
    await openImage(source, iso),
    missing,
    grown(source.size, 0),
    async (bytes) => void sent.push(bytes),
  );
  await t.throwsAsync(work, { code: 'iso-remaster-unsound' });
  t.deepEqual(sent, []);
});
