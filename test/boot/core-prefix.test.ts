/** The prefix in core images that grub-mkimage makes, on a disk as grub-bios-setup leaves it. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeBootSector, placeCoreImage } from '../../src/boot/boot-sector.ts';
import { menusOf, readCorePrefix, unpackCore } from '../../src/boot/core-prefix.ts';
import type { ByteSource } from '../../src/formats/bytes.ts';
import { workstationHost } from '../../src/host/workstation/index.ts';

const { files, processes } = workstationHost();
const uuid = '5a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
const lba = 34;

const source = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

async function disk(t: ExecutionContext, prefix: string, config?: string): Promise<Buffer> {
  const folder = await files.makeTempDir('bos-core-');
  t.teardown(() => files.remove(folder));
  const options = [];
  if (config !== undefined) {
    await files.write(join(folder, 'load.cfg'), config);
    options.push(`--config=${join(folder, 'load.cfg')}`, 'search_fs_uuid');
  }
  const out = join(folder, 'core.img');
  await processes.run('grub-mkimage', [
    ...['--format=i386-pc', `--output=${out}`, `--prefix=${prefix}`, ...options],
    ...['biosdisk', 'part_gpt', 'part_msdos', 'ext2'],
  ]);
  const bytes = Buffer.alloc(2 ** 20);
  bytes.writeUInt16LE(0xaa55, 510);
  bytes.set(makeBootSector(await files.read('/usr/lib/grub/i386-pc/boot.img'), bytes, lba));
  bytes.set(placeCoreImage(await files.read(out), lba, 2 ** 19), lba * 512);
  return bytes;
}

const finds = test.macro({
  title: (_, prefix: string, config?: string) =>
    `${prefix}${config === undefined ? '' : ' and a search by UUID'}`,
  exec: async (t, prefix: string, config: string | undefined, menus: readonly string[]) =>
    t.deepEqual(await readCorePrefix(source(await disk(t, prefix, config))), { menus }),
});
test(finds, '(,gpt3)/boot/grub', undefined, [':/boot/grub']);
test(finds, '(,msdos1)/boot/grub2', undefined, [':/boot/grub2']);
test(finds, '(,msdos1)/grub', undefined, [':/grub']);
const search = `search.fs_uuid ${uuid} root hd0,gpt3 \nset prefix=($root)'/boot/grub'\n`;
test(finds, '/boot/grub', search, [`${uuid}:/boot/grub`]);

const refuses = test.macro({
  title: (name) => `refuses ${name}`,
  exec: async (t, problem: RegExp, spoil: (bytes: Buffer) => unknown) => {
    const bytes = await disk(t, '(,gpt3)/boot/grub');
    spoil(bytes);
    const found = await readCorePrefix(source(bytes));
    t.regex('problem' in found ? found.problem : '', problem);
  },
});
test('an empty disk', refuses, /not from GRUB/, (bytes) => bytes.fill(0));
test('another boot sector', refuses, /not from GRUB/, (bytes) => bytes.fill(0, 0, 440));
test('a core image elsewhere', refuses, /is outside/, (bytes) => bytes.writeBigUInt64LE(9_999_999n, 0x5c));
test('a damaged core image', refuses, /cannot be read/, (bytes) =>
  bytes.fill(0x55, lba * 512 + 4000, lba * 512 + 9000),
);
test('a block list without end', refuses, /invalid block list/, (bytes) => {
  for (let at = 500; at > 12; at -= 12) bytes.writeUInt16LE(0xffff, lba * 512 + at + 8);
});

/** Core images that claim much: zeros, each of which may be where the packed part begins, and what unpacks to a lot. */
const head = (packed: number, unpacked: number) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(packed, 8);
  bytes.writeUInt32LE(unpacked, 12);
  return bytes;
};
const cores: Readonly<Record<string, Buffer>> = {
  'zeros that claim 8 MiB': Buffer.concat([head(1000, 8 * 2 ** 20), Buffer.alloc(4096)]),
  'zeros that claim 2 MiB': Buffer.concat([head(1000, 2 * 2 ** 20), Buffer.alloc(4096)]),
  'a megabyte of zeros': Buffer.concat([head(16, 2 * 2 ** 20), Buffer.alloc(2 ** 20)]),
  'every second byte a zero': Buffer.concat([head(64, 2 * 2 ** 20), Buffer.alloc(4096, Buffer.of(0, 0x5a))]),
  'ones behind each zero': Buffer.concat([
    head(64, 2 * 2 ** 20),
    Buffer.alloc(4096, Buffer.of(0, 0xff, 0xff, 0xff)),
  ]),
};
for (const [name, core] of Object.entries(cores))
  test(`a core image of ${name} is given up soon`, (t) => {
    const { user } = process.cpuUsage();
    t.is(unpackCore(core), undefined);
    t.true((process.cpuUsage().user - user) / 1000 < 30_000);
  });

for (const [name, text] of Object.entries({
  brackets: '('.repeat(2 ** 21),
  devices: '(hd'.repeat(700_000),
  slashes: `(h${'/'.repeat(2 ** 21)}`,
  'devices with slashes': `(h${'/'.repeat(64)}`.repeat(31_000),
  'names without a bracket': '/boot/grub\0'.repeat(190_000),
}))
  test(`an unpacked core of ${name} is looked through soon`, (t) => {
    const { user } = process.cpuUsage();
    t.deepEqual(menusOf(Buffer.from(text, 'latin1')), []);
    t.true((process.cpuUsage().user - user) / 1000 < 30_000);
  });

test('the end of a prefix is found wherever it begins', (t) => {
  const image = (text: string) => menusOf(Buffer.from(text, 'latin1'));
  t.deepEqual(image('x(,gpt2)/boot/grub\0'), [':/boot/grub']);
  t.deepEqual(image('((hd0,msdos1)/boot/grub2\0(,msdos1)/grub\0'), [':/boot/grub2', ':/grub']);
  t.deepEqual(image(`search.fs_uuid 12345678-1234-1234-1234-123456789abc root \0(hd0)/boot/grub\0`), [
    '12345678-1234-1234-1234-123456789abc:/boot/grub',
  ]);
});
