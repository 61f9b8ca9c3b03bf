/** Replacing a file on FAT32: in which order, when there is one already and when an earlier attempt was cut short. */
import test from 'ava';
import { locateFatEntry, readFatFile } from '../../../src/formats/filesystems/fat-file.ts';
import { wholeOf } from '../../../src/plan/block-target.ts';
import { replaceFatFile, unnamed } from '../../../src/steps/boot/replace-fat-file.ts';
import { lineOf } from '../../fakes/effects.ts';
import type { FakeHost } from '../../fakes/host.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const device = '/dev/vda2';
const path = 'EFI/BOOT/GRUB.EFI';
const aside = unnamed(path);

async function withFile(content: string) {
  const { host } = machine();
  const run = (command: string, ...args: string[]) => host.processes.run(command, args);
  await run('mkfs.fat', device);
  await run('mmd', '-i', device, '::/EFI', '::/EFI/BOOT');
  await host.processes.run('mcopy', ['-i', device, '-', `::/${path}`], { input: content });
  return { host, context: contextOf(host) };
}

/** Changes of the device, without what is only looked at. */
const changesOf = (host: FakeHost, from: number) =>
  host.effects
    .slice(from)
    .filter(({ kind }) => !['open', 'read', 'close'].includes(kind))
    .map(lineOf)
    .filter((line) => line.includes(device))
    .map((line) => line.replace(/\d+\+512/, 'SECTOR'));

const content = async (host: FakeHost, name: string) => {
  const file = await host.files.open(device, 'r');
  return Buffer.from((await readFatFile(file, name)) ?? 'nothing').toString();
};

test('new content is synced and read back before one write gives it the name', async (t) => {
  const { host, context } = await withFile('old');
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('new'));
  t.deepEqual(changesOf(host, start), [
    `run mcopy -o -i ${device} /tmp/opsctl-esp-0.2@0-1/GRUB.NEW ::/EFI/BOOT`,
    `write ${device} by a program`,
    `sync ${device}`,
    `drop-cache ${device}`,
    // Both records lie in one sector here.
    `write ${device} SECTOR`,
    `sync ${device}`,
    `run mdel -i ${device} ::/${aside}`,
    `write ${device} by a program`,
    `sync ${device}`,
  ]);
  t.deepEqual(await host.files.list('/tmp'), []);
});

test('what is there already is left alone', async (t) => {
  const { host, context } = await withFile('same');
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('same'));
  t.deepEqual(changesOf(host, start), []);
});

test('what an attempt that was cut short has left goes first, and that is synced', async (t) => {
  const { host, context } = await withFile('old');
  await host.processes.run('mcopy', ['-i', device, '-', `::/${aside}`], { input: 'half' });
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('old'));
  t.deepEqual(changesOf(host, start), [
    `run mdel -i ${device} ::/${aside}`,
    `write ${device} by a program`,
    `sync ${device}`,
  ]);
});

test('when both names lead to one file only the record goes', async (t) => {
  const { host, context } = await withFile('old');
  await host.processes.run('mcopy', ['-i', device, '-', `::/${aside}`], { input: 'new' });
  const file = await host.files.open(device, 'r+');
  const [named, left] = [await locateFatEntry(file, path), await locateFatEntry(file, aside)];
  if (named === undefined || left === undefined) return t.fail();
  await file.write(named.at + 20, await file.read(left.at + 20, 12));
  const start = host.effects.length;
  await replaceFatFile(context, wholeOf(device), path, Buffer.from('new'));
  t.deepEqual(changesOf(host, start), [`write ${device} ${left.at}+1`, `sync ${device}`]);
  t.is(await content(host, path), 'new');
  t.is(await content(host, aside), 'nothing');
});

test('both records are exchanged: cut short after that, each name leads to the whole content of the other', async (t) => {
  const { host, context } = await withFile('the old content');
  host.tools.delete('mdel');
  await t.throwsAsync(replaceFatFile(context, wholeOf(device), path, Buffer.from('new')), {
    code: 'tool-missing',
  });
  t.is(await content(host, path), 'new');
  t.is(await content(host, aside), 'the old content');
});
