/** Versions of many files at once: what has one holds the same until it has another. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import { temporaryFolder } from '../formats/support.ts';

const { files } = linuxHost();

test('as each by itself; none of what is young, missing or not a file', async (t) => {
  const folder = temporaryFolder(t);
  const place = (name: string) => join(folder, name);
  const many = Array.from({ length: 450 }, (_, index) => place(`file${index}`));
  for (const path of many) writeFileSync(path, 'text');
  mkdirSync(place('folder'));
  symlinkSync('file0', place('link'));
  symlinkSync('nowhere', place('dangling'));
  await sleep(50);
  writeFileSync(place('young'), 'text');
  const [young, ...others] = await files.versionsOf([
    ...[place('young'), place('link'), place('folder'), place('dangling'), place('file0/below'), ...many],
  ]);
  t.is(young, undefined);
  const alone = await files.versionOf(place('file0'));
  t.is(typeof alone, 'string');
  t.deepEqual(others.slice(0, 5), [alone, undefined, undefined, undefined, alone]);
  t.is(new Set(others.slice(4)).size, many.length);
  await sleep(50);
  t.deepEqual(await files.versionsOf([place('young')]), [await files.versionOf(place('young'))]);
});
