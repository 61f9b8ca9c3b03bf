/** Remastering where nothing is simulated: processes that are killed, a loop device, an image of 5 GB. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import { attachLoop } from '../../disk/loop-device.ts';
import { fileSource, temporaryFolder } from '../../formats/support.ts';
import { byXorriso, change, copyOf, digestOf, host, imageBy } from './edit-support.ts';

/** Changes the image again and again, in place and behind its end, until it is killed. */
const changer = `
  import { linuxHost } from ${JSON.stringify(import.meta.resolve('../../../src/host/linux/index.ts'))};
  import { remaster } from ${JSON.stringify(import.meta.resolve('../../../src/iso/remaster.ts'))};
  const [iso, file] = process.argv.slice(-2);
  console.log('ready');
  for (let round = 0; ; round += 1) {
    const menu = { append: ['round=' + (round % 10)], delete: [], replace: [] };
    const same = { menu, add: [], remove: [], method: 'same-room' };
    const request = round % 10 ? same : { ...same, add: [{ source: file, path: 'added-' + round }], method: 'append' };
    await remaster({ host: linuxHost(), iso, request });
  }
`;

test('killed at random moments: the next change goes on, and undo brings back every byte', async (t) => {
  const original = imageBy(t, 'grub-mkrescue', 3);
  const added = join(temporaryFolder(t), 'added');
  writeFileSync(added, 'x'.repeat(5000));
  const menus = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 400 }), async (milliseconds) => {
      const iso = copyOf(t, original);
      const argv = ['--input-type=module', '--eval', changer, iso, added];
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
      const [code, signal] = await once(child, 'exit');
      t.is(signal, 'SIGKILL', `it ended by itself: ${code}`);
      // Any reader finds one whole menu, the old one or a new one; empty lines may stand at its end.
      const before = await (await openIso(await fileSource(t, iso))).readFile('boot/grub/grub.cfg');
      const menu = Buffer.from(before).toString();
      t.regex(
        menu,
        /^menuentry "One" \{\n {2}linux \/vmlinuz quiet( round=\d)*\n {2}initrd \/initrd\n\}\n*$/,
      );
      menus.add(menu);
      await change(iso, { menu: { append: ['after'] } });
      t.regex(byXorriso(t, iso, 'boot/grub/grub.cfg').toString(), / after\n/);
      await undoRemaster(host, iso);
      t.is(digestOf(iso), digestOf(original));
    }),
    { numRuns: 15, endOnFailure: true },
  );
  t.true(menus.size > 1, 'they were killed at different moments');
});

const isRoot = process.getuid?.() === 0;

(isRoot ? test : test.skip)('an image that is a loop device is left alone', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  const before = digestOf(iso);
  const { device, detach } = attachLoop(iso, ['--read-only']);
  try {
    const request = { menu: { append: ['a'] } };
    await t.throwsAsync(change(iso, request), { code: 'iso-in-use', message: new RegExp(device) });
    await t.throwsAsync(undoRemaster(host, iso), { code: 'iso-in-use' });
    t.is(digestOf(iso), before);
    const output = join(temporaryFolder(t), 'new.iso');
    t.is((await change(iso, request, { output })).iso, output);
  } finally {
    detach();
  }
  t.is((await change(iso, { menu: { append: ['a'] } })).iso, iso);
});

test('an image of 5 GB: in its room, and behind the first 4 GB', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  const size = 5 * 2 ** 30;
  grow(iso, size);
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'behind 5 GB');
  const head = readAt(iso, 0, 2 ** 20);
  const first = await change(iso, {
    menu: { append: ['a'] },
    method: 'append',
    add: [{ source, path: 'new' }],
  });
  t.true(first.newSize > size);
  t.true(first.written < 2 ** 20, `${first.written} bytes written`);
  await change(iso, { menu: { append: ['b'] } });
  const reader = await openIso(await fileSource(t, iso));
  const entry = await reader.stat('new');
  t.true((entry?.extents[0]?.offset ?? 0) >= size);
  t.is(byXorriso(t, iso, 'new').toString(), 'behind 5 GB');
  t.regex(byXorriso(t, iso, 'boot/grub/grub.cfg').toString(), / quiet a b\n/);
  await undoRemaster(host, iso);
  t.is(statSync(iso).size, size);
  t.deepEqual(readAt(iso, 0, 2 ** 20), head);
});

/** Both descriptors say the new size (ECMA-119, 8.4.8: in both byte orders at offset 80). */
function grow(iso: string, size: number): void {
  const file = openSync(iso, 'r+');
  try {
    const blocks = Buffer.alloc(8);
    blocks.writeUInt32LE(size / 2048, 0);
    blocks.writeUInt32BE(size / 2048, 4);
    for (const sector of [16, 17, 18, 19]) {
      const type = readAt(iso, sector * 2048, 1)[0];
      if (type === 1 || type === 2) writeSync(file, blocks, 0, 8, sector * 2048 + 80);
    }
  } finally {
    closeSync(file);
  }
  truncateSync(iso, size);
}

function readAt(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
  } finally {
    closeSync(file);
  }
}
