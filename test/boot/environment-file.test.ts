/** Changing an environment block in place: each sector on the disk before the next, and read back from the disk. */
import test from 'ava';
import { changeEnvironmentFile, readEnvironmentFile } from '../../src/boot/environment-file.ts';
import { renderEnvironmentBlock } from '../../src/formats/boot-config/grubenv.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';

const path = '/env';
const block = (variables: Record<string, string>) =>
  renderEnvironmentBlock(new Map(Object.entries(variables)));
const changed = async (before: Uint8Array, onWrite?: () => Uint8Array) => {
  const host = fakeHost({ files: { [path]: before }, ...(onWrite && { onWrite }) });
  host.effects.length = 0;
  const work = changeEnvironmentFile(host.files, path, { mark: 'valid', long: undefined });
  return { host, work, lines: () => host.effects.map(lineOf) };
};
const opened = [`open ${path} r+`, `read ${path} 0+1025`];
const said = [`write ${path} 0+512`, `sync ${path}`];
const readBack = [`drop-cache ${path}`, `read ${path} 0+1024`, `close ${path}`];

test('one sector, flushed, then read back from the disk itself', async (t) => {
  const { host, work, lines } = await changed(block({ mark: 'filling' }));
  await work;
  t.deepEqual(lines(), [...opened, ...said, ...readBack]);
  t.deepEqual(await readEnvironmentFile(host.files, path), new Map([['mark', 'valid']]));
});

/** By grub-editenv, which uses all of the block. */
const longer = Buffer.alloc(1024, '#');
longer.write(`# GRUB Environment Block\nlong=${'x'.repeat(600)}\nmark=filling\n`);
test('what a longer text has left in the second sector goes after the first is on the disk', async (t) => {
  const { work, lines } = await changed(longer);
  await work;
  t.deepEqual(lines(), [...opened, ...said, `write ${path} 512+512`, `sync ${path}`, ...readBack]);
});

test('a disk that holds something else is said, and the file is closed', async (t) => {
  const { work, lines } = await changed(block({ mark: 'filling' }), () => new Uint8Array(512));
  await t.throwsAsync(work, { code: 'read-back' });
  t.is(lines().at(-1), `close ${path}`);
});
