/** What a flasher is given: IMAGE.img.xz with its checksum and block map, and the list that names it. */
import { readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { osEntry } from '../../../src/image/os-list/entry.ts';
import { measureImage } from '../../../src/image/os-list/measure.ts';
import { tool } from '../../formats/support.ts';
import { host, setUp, soundOutput } from '../create/made-image.ts';
import { imagerFaults } from './imager-schema.ts';

test('sha256sum takes the checksum, bmaptool the block map, Imager the list', async (t) => {
  const { folder, make } = setUp(t);
  const image = await make('board.img.xz');
  soundOutput(t, image);
  const copy = join(folder, 'copy.img');
  // It finds the map by the name of the image, and checks each range.
  tool('bmaptool', '--quiet', 'copy', image, copy);
  const seen: number[] = [];
  const measured = await measureImage(host, image, {
    signal: new AbortController().signal,
    onProgress: (done) => seen.push(done),
  });
  t.is(seen.at(-1), statSync(image).size);
  // What the map leaves out is zeros, which a new file has by itself.
  const [extracted] = tool('sha256sum', copy).split(' ');
  const [downloaded] = readFileSync(`${image}.sha256`, 'utf8').split(' ');
  t.deepEqual(
    [measured.size, measured.sha256, measured.downloadSize, measured.downloadSha256],
    [statSync(copy).size, extracted, statSync(image).size, downloaded],
  );
  const entry = osEntry(new URL('https://example.org/'), measured, {
    ...{ name: 'Board', description: 'A board', icon: 'icons/use_custom.png', devices: ['pi4-64bit'] },
    ...{ releaseDate: '2026-11-29', initFormat: 'cloudinit' },
  });
  t.deepEqual(imagerFaults({ os_list: [entry] }), []);
  truncateSync(image, statSync(image).size - 1000);
  const signal = new AbortController().signal;
  await t.throwsAsync(measureImage(host, image, { signal, onProgress: () => {} }), { code: 'image-damaged' });
});
