/** What makes one image differ from another: nothing but its input. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { within } from '../../../src/formats/bytes.ts';
import { readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { fileSource, tool } from '../../formats/support.ts';
import { expectSame, partitionsOf, setUp, stateOf } from './made-image.ts';

const guid = (path: string): string => JSON.parse(tool('sfdisk', '--json', path)).partitiontable.id;

test('the same input gives the same bytes, and another configuration another image', async (t) => {
  const { folder, make } = setUp(t);
  const output = await make('disk.img');
  const again = await make('again.img');
  t.is(statSync(again).size, statSync(output).size);
  t.regex(expectSame(output, again, 'raw'), /identical/);
  const digest = (path: string) => readFileSync(`${path}.sha256`, 'utf8').slice(0, 64);
  t.is(digest(again), digest(output));
  writeFileSync(join(folder, 'other.yaml'), 'bos: {password: other}\n');
  const other = await make('other.img', { config: join(folder, 'other.yaml') });
  t.not(guid(other), guid(output));
});

test('a cloud decides what was not said: consoles, data sources, size', async (t) => {
  const { folder, make } = setUp(t);
  writeFileSync(join(folder, 'cloud.yaml'), 'hostname: clouded\n');
  const config = join(folder, 'cloud.yaml');
  const output = await make('disk.img', { config, cloud: 'digitalocean' });
  const read = (image: string, path: string) => tool('debugfs', '-R', `cat ${path}`, stateOf(image));
  t.regex(read(output, '/boot/grub/grub.cfg'), /linux .* console=ttyS0,115200n8 console=tty0 gpt quiet/);
  const esp = within(await fileSource(t, output), (partitionsOf(output)[1]?.start ?? 0) * 512);
  const written = Buffer.from((await readFatFile(esp, 'EFI/BOS/CONFIG.YML')) ?? []).toString('latin1');
  t.regex(written, /data_sources:\s+- "?digitalocean/);
  const other = await make('other.img', { config, cloud: 'hetzner' });
  t.not(guid(output), guid(other), 'an image for another cloud is another image');
  await t.throwsAsync(make('node.tar.gz', { config, cloud: 'gcp', size: 3e9 }), { code: 'cloud-size' });
});
