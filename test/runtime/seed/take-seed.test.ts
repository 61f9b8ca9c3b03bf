/** Which partitions a seed is taken from, and what people's editors make of its files. */
import test, { type ExecutionContext } from 'ava';
import { loadConfig } from '../../../src/config/sources/sources.ts';
import { takeSeed } from '../../../src/runtime/seed/take-seed.ts';
import type { FakeRoot } from '../fake-root.ts';
import { addDisk, bootDisk, type MadeVolume } from './boot-disk.ts';

async function hostnameOf(fake: FakeRoot): Promise<{ hostname: string | undefined; lines: string[] }> {
  const lines: string[] = [];
  await takeSeed(fake.host, fake.root, ({ level, message }) => lines.push(`${level} ${message}`));
  const { config, diagnostics } = await loadConfig(fake.host, fake.root);
  return { hostname: config.hostname, lines: [...lines, ...diagnostics.map(({ message }) => message)] };
}

const seed = (hostname: string) => ({ 'user-data': `#cloud-config\nhostname: ${hostname}\n` });

const taken = test.macro({
  exec: async (t, volumes: readonly MadeVolume[], options: Parameters<typeof bootDisk>[2] = {}) => {
    const { hostname, lines } = await hostnameOf(await bootDisk(t, volumes, options));
    t.is(hostname, 'seeded', lines.join('\n'));
    t.regex(lines.join('\n'), /^info \/dev\/\S+ \(.*\) has user-data/);
  },
  title: (what = '') => `taken: ${what}`,
});
for (const label of ['bootfs', 'system-boot', 'boot', 'BOOT', undefined] as const)
  test(`the label ${label ?? 'is none'}`, taken, [
    { ...(label === undefined ? {} : { label }), files: seed('seeded') },
  ]);
test('FAT16', taken, [{ bits: '16', files: seed('seeded') }]);
test('FAT32', taken, [{ bits: '32', files: seed('seeded') }]);
test('another disk name', taken, [{ files: seed('seeded') }], { disk: 'sda' });
test('the third partition, of a GPT', taken, [{ other: true }, { label: 'A' }, { files: seed('seeded') }], {
  table: 'gpt',
});
test(
  'our own ESP, on which a disk image has its loader',
  taken,
  [{ label: 'BOS_GRUB', type: 'U', files: seed('seeded') }],
  {
    table: 'gpt',
  },
);
test('the ESP of a medium that is all ours', taken, [{ type: 'U', files: seed('seeded') }], {
  table: 'gpt',
  live: true,
});
test('one labelled cidata before others', taken, [
  { files: seed('first') },
  { label: 'CIDATA', files: seed('seeded') },
]);
test('capitals', taken, [{ files: { 'USER-DATA': 'hostname: seeded' } }]);
test('the ending of an editor', taken, [{ files: { 'User-Data.TXT': 'hostname: seeded\r\n' } }]);
test('the plain name before one with an ending', taken, [
  { files: { 'user-data.txt': 'hostname: other', 'user-data': 'hostname: seeded' } },
]);
test('line ends of Windows', taken, [
  { files: { 'user-data': '#cloud-config\r\nhostname: seeded\r\nbos:\r\n  token: x\r\n' } },
]);
test('a byte order mark', taken, [{ files: { 'user-data': '\ufeffhostname: seeded\n' } }]);
test('UTF-16', taken, [{ files: { 'user-data': Buffer.from('\ufeffhostname: seeded\r\n', 'utf16le') } }]);

test('meta-data alone, and network-config without user-data', async (t) => {
  const fake = await bootDisk(t, [
    {
      files: {
        'meta-data': 'instance-id: one\nlocal-hostname: seeded\npublic-keys: [x]\n',
        'network-config': 'version: 2\nwifis: {wlan0: {access-points: {home: {password: hush-hush}}}}\n',
      },
    },
  ]);
  const { hostname, lines } = await hostnameOf(fake);
  t.is(hostname, 'seeded');
  t.true(lines.some((line) => /expected a public key/.test(line)));
  const { config } = await loadConfig(fake.host, fake.root);
  t.deepEqual(config['bos.wifi'], [{ name: 'home', passphrase: 'hush-hush' }]);
  t.is(await fake.mode('run/bos/seed/network-config'), '600');
  t.is(await fake.mode('run/bos/seed'), '700');
  // What says that there is a seed comes last.
  t.deepEqual(
    fake.effects.filter((line) => line.startsWith('create ROOT/run/bos/seed/')),
    ['meta-data', 'network-config', 'origin'].map((name) => `create ROOT/run/bos/seed/${name} 0600`),
  );
});

test('the kernel command line names host and instance', async (t) => {
  const fake = await bootDisk(t, [{ files: { 'meta-data': 'local-hostname: other\n' } }]);
  await fake.write('proc/cmdline', 'quiet ds=nocloud;h=seeded;i=one;s=http://10.0.0.1/\n');
  const { hostname, lines } = await hostnameOf(fake);
  t.is(hostname, 'seeded');
  t.regex(lines.join('\n'), /ds=nocloud names http:\/\/10\.0\.0\.1\/: only the boot partition is read/);
});

const left = async (t: ExecutionContext, fake: FakeRoot, message?: RegExp) => {
  const { hostname, lines } = await hostnameOf(fake);
  t.is(hostname, undefined);
  if (message === undefined) t.deepEqual(lines, []);
  else t.regex(lines.join('\n'), message);
};

test('left alone: another disk, whatever its label', async (t) => {
  const fake = await bootDisk(t, [{ label: 'bootfs' }]);
  addDisk(fake.root, 'sda', [
    { label: 'bootfs', files: seed('stick') },
    { label: 'CIDATA', files: seed('stick') },
  ]);
  await left(t, fake);
});

test('left alone: the ESP of another system, unless the kernel command line wants it', async (t) => {
  for (const [table, type] of [
    ['gpt', 'U'],
    ['dos', 'ef'],
  ]) {
    const volumes = [{ label: 'EFI', files: seed('theirs'), ...(type === undefined ? {} : { type }) }];
    const fake = await bootDisk(t, volumes, { table: table ?? '' });
    await left(
      t,
      fake,
      /warning \/dev\/mmcblk0p1 is the EFI system partition of another system: its user-data are left alone/,
    );
    const asked = await bootDisk(t, volumes, { table: table ?? '' });
    await asked.write('proc/cmdline', 'ds=nocloud;i=one\n');
    t.is((await hostnameOf(asked)).hostname, 'theirs');
  }
});

test('left alone: folders of that name, other files, what is no FAT, and a damaged one', async (t) => {
  const fake = await bootDisk(t, [
    { files: { 'config.txt': 'x', 'user-data.bak': 'hostname: x' } },
    { other: true },
  ]);
  await left(t, fake);
  const broken = await bootDisk(t, [{ files: seed('x') }]);
  const path = `${broken.root}/dev/mmcblk0p1`;
  const bytes = await broken.host.files.read(path);
  // Its tables and folders are gone; the boot sector is sound.
  await broken.host.files.write(path, bytes.subarray(0, 600));
  await left(t, broken, /warning \/dev\/mmcblk0p1 cannot be read: .*it ends at byte/);
});

test('two partitions with one: the first is used, and that is told', async (t) => {
  const { hostname, lines } = await hostnameOf(
    await bootDisk(t, [{ files: seed('a') }, { files: seed('b') }]),
  );
  t.is(hostname, 'a');
  t.true(lines.includes('warning /dev/mmcblk0p2 has user-data, too: those of /dev/mmcblk0p1 are used'));
});

test('it is read once in a boot', async (t) => {
  const fake = await bootDisk(t, [{ files: seed('seeded') }]);
  t.is((await hostnameOf(fake)).hostname, 'seeded');
  await fake.host.files.remove(`${fake.root}/dev/mmcblk0p1`);
  t.is((await hostnameOf(fake)).hostname, 'seeded');
});

test('a system over another one has no record of devices: what is mounted says where it lies', async (t) => {
  const fake = await bootDisk(t, [{ files: seed('seeded') }], { live: true });
  await fake.write('run/bos/boot.json', '{"v":1,"mode":"disk","state":"","medium":""}');
  await fake.write('proc/self/mountinfo', '22 1 179:2 / / rw - ext4 /dev/root rw\n');
  await fake.host.files.makeDir(`${fake.root}/sys/dev/block`);
  await fake.host.files.symlink(
    `${fake.root}/sys/devices/platform/host/block/mmcblk0/mmcblk0p2`,
    `${fake.root}/sys/dev/block/179:2`,
  );
  t.is((await hostnameOf(fake)).hostname, 'seeded');
});

test('whatever is wrong with a file, the rest is applied', async (t) => {
  const fake = await bootDisk(t, [
    {
      files: {
        'user-data': 'hostname: seeded\nbos: {tokn: x}\n',
        'meta-data': 'a: [',
        'network-config': 'a: {',
      },
    },
  ]);
  const { hostname, lines } = await hostnameOf(fake);
  t.is(hostname, 'seeded');
  t.is(lines.filter((line) => /is not YAML/.test(line)).length, 2);
  const { unsettled } = await loadConfig(fake.host, fake.root);
  t.true(unsettled.length > 0, 'a network that cannot be read holds DCP');
});
