/** Sound images that are unlike most: copies by design, links that Joliet shows as files, moved folders, zisofs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { inspectIso } from '../../../src/iso/inspect/inspect.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { corpusImage } from '../corpus.ts';
import { change } from '../edit/edit-support.ts';
import { makeOurs, newFoldersIn, writeTree } from '../media.ts';

const faultsOf = async (bytes: Uint8Array) => {
  const found = [
    ...(await verifyIso(fromBytes(bytes), 'image')).faults,
    ...(await inspectIso(fromBytes(bytes), 'image')).faults,
  ];
  return found;
};

/** An image of a tree that these files and links make, by this program. */
function made(t: ExecutionContext, contents: Parameters<typeof writeTree>[1], ...command: string[]): string {
  const folder = temporaryFolder(t);
  const iso = join(folder, 'a.iso');
  const tree = writeTree(join(folder, 'tree'), contents);
  const [program = '', ...options] = command;
  tool(program, ...options.map((option) => (option === 'ISO' ? iso : option === 'TREE' ? tree : option)));
  return iso;
}

test('Joliet has an empty file for a link', async (t) => {
  t.deepEqual(await faultsOf(corpusImage('joliet-symlink')), []);
});

test('Joliet leaves out what its maker hides', async (t) => {
  const command = ['genisoimage', '-quiet', '-R', '-J', '-hide-joliet', 'b', '-o', 'ISO', 'TREE'];
  const iso = made(t, { a: 'a', b: 'b', 'c/d': 'd' }, ...command);
  t.deepEqual(await faultsOf(readFileSync(iso)), []);
});

/** Ours, in which the second tree has a copy of grub.cfg, as makers do with their boot images. */
function withCopy(t: ExecutionContext, change: (copy: Buffer) => void): Buffer {
  const bytes = readFileSync(makeOurs(newFoldersIn(temporaryFolder(t))('ours')));
  const name = Buffer.from('GRUB.CFG;1', 'latin1');
  const second = bytes.indexOf(name, bytes.indexOf(name) + 1) - 33;
  const [block, size] = [bytes.readUInt32LE(second + 2) + 16, bytes.readUInt32LE(second + 10)];
  const copy = Buffer.from(bytes.subarray(block * 2048, block * 2048 + size));
  change(copy);
  // The first stretch of zeros behind the folders that is long enough.
  const free = bytes.indexOf(Buffer.alloc(size + 4096), bytes.length - 2 ** 20);
  const place = Math.ceil(free / 2048) * 2048;
  bytes.set(copy, place);
  bytes.writeUInt32LE(place / 2048 - 16, second + 2);
  bytes.writeUInt32BE(place / 2048 - 16, second + 6);
  return bytes;
}

test('a copy in the tree of a partition, and one that is not the same', async (t) => {
  const isTree = (fault: string) => fault.startsWith('the tree for the partition');
  t.deepEqual((await faultsOf(withCopy(t, () => {}))).filter(isTree), []);
  const other = withCopy(t, (copy) => copy.write('X', 10));
  t.deepEqual((await faultsOf(other)).filter(isTree), [
    'the tree for the partition at byte 32768 has other content at /boot/grub/grub.cfg',
  ]);
});

for (const [what, ...options] of [
  ['shown', '-R'],
  ['hidden, marked RE', '-R', '-hide-rr-moved'],
  ['with Joliet', '-R', '-J', '-hide-rr-moved'],
] as const)
  test(`folders that lie too deep, in a folder that is ${what}`, async (t) => {
    const command = ['genisoimage', '-quiet', ...options, '-o', 'ISO', 'TREE'];
    const iso = made(t, { [`${'d/'.repeat(10)}file`]: 'deep', a: 'a' }, ...command);
    t.deepEqual(await faultsOf(readFileSync(iso)), []);
  });

test('zisofs: the digests are those of what a system shows, and a changed file is compressed no more', async (t) => {
  const text = 'A line of text that repeats.\n'.repeat(5000);
  const zeros = Buffer.alloc(100_000);
  const sum = (data: string | Uint8Array) => createHash('md5').update(data).digest('hex');
  const contents = {
    ...{ text, zeros },
    'boot/grub/grub.cfg': `menuentry a {\n  linux /v quiet\n}\n${'# comment\n'.repeat(1000)}`,
    'md5sum.txt': `${sum(text)}  ./text\n${sum(zeros)}  ./zeros\n`,
  };
  const filter = ['-set_filter_r', '--zisofs', '/', '--', '-commit'];
  const iso = made(t, contents, 'xorriso', '-outdev', 'ISO', '-map', 'TREE', '/', ...filter);
  const { size, zisofs } = (await (await openIso(await fileSource(t, iso))).stat('text')) ?? {};
  t.true(zisofs?.size === text.length && (size ?? 0) < 10_000);
  t.deepEqual(await faultsOf(readFileSync(iso)), []);
  await change(iso, { menu: { append: ['x=1'] } });
  t.regex(readFileSync(iso).toString('latin1'), /linux \/v quiet x=1/);
  t.deepEqual(await faultsOf(readFileSync(iso)), []);
  const damaged = readFileSync(iso);
  const extent = (await (await openIso(fromBytes(damaged))).stat('text'))?.extents[0];
  damaged.fill(0xff, (extent?.offset ?? 0) + 16, (extent?.offset ?? 0) + 40);
  t.regex((await faultsOf(damaged)).join(), /compressed file/);
});
