/** Replacing a file on FAT32: in which order, when there is one already and when an earlier attempt was cut short. */
import test from 'ava';
import { locateFatEntry, readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { wholeOf } from '../../../src/plan/block-target.ts';
import { replaceFatFile, unnamed } from '../../../src/steps/boot/replace-fat-file.ts';
import { lineOf } from '../../fakes/effects.ts';
import { makeFat, putOnFat } from '../../fakes/fat.ts';
import type { FakeHost } from '../../fakes/host.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const device = '/dev/vda2';
const path = 'EFI/BOOT/GRUB.EFI';
const aside = unnamed(path);

async function withFile(files: Readonly<Record<string, string>>) {
  const { host } = machine();
  makeFat(host.devices.get(device));
  await putOnFat(host.devices.get(device), files);
  return { host, context: contextOf(host) };
}

/** Changes of the device, without what is only looked at. */
const changesOf = (host: FakeHost, from: number) =>
  host.effects
    .slice(from)
    .filter(({ kind }) => !['open', 'read', 'close'].includes(kind))
    .map(lineOf)
    .filter((line) => line.includes(device))
    .map((line) => line.replace(` ${device}`, ''))
    .map((line) => line.replace(/\d+\+(\d+)$/, (_, length) => names[length] ?? 'MORE'));

const names: Readonly<Record<string, string>> = { 512: 'SECTOR', 32: 'RECORD', 1: 'BYTE' };
/** A cluster of content and what fills it up, a sector of each copy of the table, how many clusters are free. */
const contents = ['MORE', 'MORE', 'SECTOR', 'SECTOR', 'MORE'].map((what) => `write ${what}`);
const added = [...contents, 'sync', 'write RECORD', 'sync'];
const removed = ['write BYTE', 'sync', 'write SECTOR', 'write SECTOR', 'write MORE', 'sync'];

const content = async (host: FakeHost, name: string) => {
  const file = await host.files.open(device, 'r');
  return Buffer.from((await readFatFile(file, name)) ?? 'nothing').toString();
};

test('new content is synced and read back before one write gives it the name', async (t) => {
  const { host, context } = await withFile({ [path]: 'old' });
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('new'));
  // Both records lie in one sector here.
  const exchanged = ['write SECTOR', 'sync'];
  t.deepEqual(changesOf(host, start), [...added, 'drop-cache', ...exchanged, ...removed]);
  t.is(await content(host, path), 'new');
  t.deepEqual(await host.files.list('/tmp'), []);
});

test('what is there already is left alone', async (t) => {
  const { host, context } = await withFile({ [path]: 'same' });
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('same'));
  t.deepEqual(changesOf(host, start), []);
});

test('a name that is not there is given to what was read back', async (t) => {
  const { host, context } = await withFile({ 'EFI/BOOT/OTHER.EFI': 'other' });
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('new'));
  t.deepEqual(changesOf(host, start), [...added, 'drop-cache', 'write RECORD', 'sync']);
  t.is(await content(host, path), 'new');
  t.is(await content(host, aside), 'nothing');
});

test('what an attempt that was cut short has left goes first, and that is synced', async (t) => {
  const { host, context } = await withFile({ [path]: 'old', [aside]: 'half' });
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('old'));
  t.deepEqual(changesOf(host, start), removed);
  t.is(await content(host, aside), 'nothing');
});

test('when both names lead to one file only the record goes', async (t) => {
  const { host, context } = await withFile({ [path]: 'old', [aside]: 'new' });
  const file = await host.files.open(device, 'r+');
  const [named, left] = [await locateFatEntry(file, path), await locateFatEntry(file, aside)];
  if (named === undefined || left === undefined) return t.fail();
  await file.write(named.at + 20, await file.read(left.at + 20, 12));
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('new'));
  t.deepEqual(changesOf(host, start), ['write BYTE', 'sync']);
  t.is(await content(host, path), 'new');
  t.is(await content(host, aside), 'nothing');
});

test('both records are exchanged: cut short after that, each name leads to the whole content of the other', async (t) => {
  const { host, context } = await withFile({ [path]: 'the old content' });
  const volume = host.devices.get(device);
  const write = volume?.write.bind(volume);
  // The first byte that is written alone is that of a record which goes.
  const stops = (offset: number, bytes: Uint8Array) => {
    if (bytes.length === 1) throw new Error('stopped');
    write?.(offset, bytes);
  };
  Object.assign(volume ?? {}, { write: stops });
  await t.throwsAsync(replaceFatFile(context, wholeOf(device), path, Buffer.from('new')), {
    message: 'stopped',
  });
  t.is(await content(host, path), 'new');
  t.is(await content(host, aside), 'the old content');
});
