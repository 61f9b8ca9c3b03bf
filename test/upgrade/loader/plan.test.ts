/**
 * The boot loader of a node against that of the version that runs: real core images on a disk in memory. What is
 * replaced, what of another system is left alone, and that a power cut at any write leaves a whole loader.
 */
import test, { type ExecutionContext } from 'ava';
import {
  bootedCoreLba,
  coreImageFaults,
  makeBootSector,
  placeCoreImage,
} from '../../../src/boot/boot-sector.ts';
import { corePrefixes } from '../../../src/boot/core-prefix.ts';
import { espFolder, espRedirectPath, renderEspRedirect } from '../../../src/boot/menus/partition-menu.ts';
import type { MachineFacts } from '../../../src/disk/facts.ts';
import { biosGrubName, espLabel, stateLabel } from '../../../src/disk/layout/layout.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { readBootAssets, readPartitionAssets } from '../../../src/install/medium/live.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlers } from '../../../src/steps/index.ts';
import { loaderPlaces } from '../../../src/upgrade/loader/places.ts';
import { planLoader } from '../../../src/upgrade/loader/plan.ts';
import { disk, partition } from '../../disk/facts.ts';
import { makeFat, putOnFat, removeFromFat } from '../../fakes/fat.ts';
import { watchedHost } from '../../fakes/faulty-host.ts';
import { fileSystemTools } from '../../fakes/file-systems.ts';
import { type FakeHost, fakeHost, SparseBytes } from '../../fakes/host.ts';
import { facts as machineFacts } from '../../install/fixtures.ts';

const { files, processes } = workstationHost();
const bootImage = await files.read('/usr/lib/grub/i386-pc/boot.img');
const coreOf = async (prefix: string, ...modules: string[]) => {
  const folder = await files.makeTempDir('bos-loader-');
  const common = [
    '--format=i386-pc',
    `--output=${folder}/core.img`,
    `--prefix=${prefix}`,
    'biosdisk',
    'part_gpt',
  ];
  await processes.run('grub-mkimage', [...common, ...modules]);
  const bytes = await files.read(`${folder}/core.img`);
  await files.remove(folder);
  return bytes;
};
const [oldCore, newCore] = [await coreOf(corePrefixes.disk), await coreOf(corePrefixes.disk, 'ext2')];
const [oldSearch, newSearch] = [await coreOf(corePrefixes.search), await coreOf(corePrefixes.search, 'ext2')];
const foreignCore = await coreOf('(,gpt3)/boot/grub');

const uuid = '11111111-2222-4333-8444-555555555555';
const efiFiles = { 'BOOTX64.EFI': 'shim', 'grubx64.efi': 'grub', 'mmx64.efi': 'mm' };
/** The bios_grub partition of 1 MiB. */
const area = { first: 2048, last: 4095 };

interface Setup {
  readonly style?: 'ours' | 'guest';
  readonly core: Buffer;
  readonly lba?: number;
  /** Below EFI/BOOT; as the running version has them when left out. */
  readonly esp?: Readonly<Record<string, string>>;
  readonly firmware?: MachineFacts['firmware'];
}

async function node({ style = 'ours', core, lba = area.first, esp = efiFiles, firmware = 'bios' }: Setup) {
  const ours = style === 'ours';
  const host: FakeHost = fakeHost({
    devices: { '/dev/vda': new SparseBytes(8 * 2 ** 20), '/dev/vda2': new SparseBytes(300 * 2 ** 20) },
    files: {
      '/usr/lib/bhojpur/boot/boot.img': bootImage,
      '/usr/lib/bhojpur/boot/core.img': newCore,
      '/usr/lib/bhojpur/boot/search.img': newSearch,
      ...Object.fromEntries(
        [...Object.entries({ ...efiFiles, 'shimx64.efi': 'shim', 'gcdx64.efi': 'gcd' })].map(
          ([name, text]) => [`/usr/lib/bhojpur/boot/${name}`, text],
        ),
      ),
    },
    tools: {
      ...fileSystemTools(() => host),
      mdir: () => ' 3 files   1 000 bytes\n   99 345 678 bytes free\n',
      debugfs: () => '# GRUB Environment Block\n',
      udevadm: () => '',
      sync: () => '',
    },
  });
  const device = host.devices.get('/dev/vda');
  const mbr = Buffer.alloc(512);
  mbr.writeUInt16LE(0xaa55, 510);
  device?.write(0, makeBootSector(bootImage, mbr, lba));
  device?.write(lba * 512, placeCoreImage(core, lba, 2 ** 19));
  const volume = host.devices.get('/dev/vda2');
  makeFat(volume);
  const folders = ours ? ['EFI/BOOT'] : ['EFI/BOOT', espFolder];
  for (const folder of folders)
    for (const [name, content] of Object.entries(esp)) {
      const named = folder === espFolder && name === 'BOOTX64.EFI' ? 'shimx64.efi' : name;
      await putOnFat(volume, { [`${folder}/${named}`]: content });
    }
  if (!ours) await putOnFat(volume, { [espRedirectPath]: renderEspRedirect(uuid) });
  const facts = machineFacts({
    firmware,
    disks: [
      disk('/dev/vda', {
        tableType: 'gpt',
        partitions: [
          partition('/dev/vda1', {
            ...{ start: area.first * 512, size: 2 ** 20, type: partitionTypes.biosGrub },
            ...(ours ? { name: biosGrubName } : {}),
          }),
          partition('/dev/vda2', {
            ...{ number: 2, type: partitionTypes.efiSystem, signature: { type: 'vfat', label: espLabel } },
          }),
          partition('/dev/vda3', {
            ...{ number: 3, name: stateLabel, mounts: ['/run/bos/state'] },
            signature: { type: 'ext4', label: stateLabel, uuid },
          }),
        ],
      }),
    ],
  });
  const assets = { ...(await readBootAssets(host)), ...(await readPartitionAssets(host)) };
  const plan = async () => planLoader(host, facts, assets, await loaderPlaces(host, facts, '/dev/vda3'));
  return { host, facts, plan };
}

/** Whose core image the disk starts, whole. */
async function starts(host: FakeHost, cores: Readonly<Record<string, Buffer>>): Promise<string> {
  const device = await host.files.open('/dev/vda', 'r');
  const lba = bootedCoreLba(await device.read(0, 512)) ?? 0;
  for (const [name, core] of Object.entries(cores)) {
    const faults = coreImageFaults(
      await device.read(lba * 512, Math.ceil(core.length / 512) * 512),
      core,
      lba,
    );
    if (faults.length === 0) return `${name} at ${lba}`;
  }
  return `nothing whole at ${lba}`;
}

const kinds = (plan: Awaited<ReturnType<typeof planLoader>>) => plan?.steps.map(({ kind }) => kind);
const carryOut = (host: FakeHost, plan: NonNullable<Awaited<ReturnType<typeof planLoader>>>) =>
  execute(plan, handlers, { host, emit: () => {} });

/** Beside another system it is Debian's GRUB for media. */
const besideFiles = { ...efiFiles, 'grubx64.efi': 'gcd' };

test('what is that of the running version is left alone', async (t) => {
  t.is(await (await node({ core: newCore })).plan(), undefined);
  t.is(await (await node({ style: 'guest', core: newSearch })).plan(), undefined);
  t.is(
    await (await node({ style: 'guest', core: newSearch, esp: besideFiles, firmware: 'efi' }))
      .plan()
      .then(kinds),
    undefined,
  );
});

const updated = test.macro({
  title: (name) => `an older core image: ${name}`,
  exec: async (t: ExecutionContext, setup: Setup, expected: string) => {
    const { host, plan } = await node(setup);
    const made = await plan();
    t.deepEqual(kinds(made), ['write-core', 'write-boot-sector']);
    if (made === undefined) return;
    await carryOut(host, made);
    t.is(await starts(host, { old: oldCore, new: newCore, search: newSearch }), expected);
    t.is(await plan(), undefined, 'and then there is nothing to do');
  },
});
test('the other half of its partition takes the new one', updated, { core: oldCore }, 'new at 3072');
test('and the first half after that', updated, { core: oldCore, lba: 3072 }, 'new at 2048');
test('beside another system', updated, { style: 'guest', core: oldSearch }, 'search at 3072');

test('only what differs on the EFI system partition is replaced, the loader that firmware starts last', async (t) => {
  const { plan } = await node({
    core: newCore,
    esp: { ...efiFiles, 'BOOTX64.EFI': 'old', 'mmx64.efi': 'old' },
  });
  const made = await plan();
  t.deepEqual(kinds(made), ['update-boot-loader']);
  if (made === undefined) return;
  const [step] = made.steps;
  t.deepEqual(step?.kind === 'update-boot-loader' && step.files.map(({ path }) => path), [
    'EFI/BOOT/mmx64.efi',
    'EFI/BOOT/BOOTX64.EFI',
  ]);
});

test('a disk that starts the GRUB of another system stays as it is', async (t) => {
  const { host, plan } = await node({ style: 'guest', core: foreignCore });
  t.is(await plan(), undefined);
  t.is(await starts(host, { foreign: foreignCore }), 'foreign at 2048');
});

test('an EFI system partition that does not lead here stays as it is', async (t) => {
  const { host, plan } = await node({
    style: 'guest',
    core: foreignCore,
    firmware: 'efi',
    esp: { 'BOOTX64.EFI': 'x' },
  });
  await removeFromFat(host.devices.get('/dev/vda2'), espRedirectPath);
  t.is(await plan(), undefined);
});

test('a power cut at any write leaves a whole loader, and the same again ends well', async (t) => {
  const before = await node({ core: oldCore });
  let writes = 0;
  const counting = watchedHost(before.host, ({ operation }) => {
    if (operation === 'write') writes += 1;
  });
  const whole = await before.plan();
  if (whole === undefined) return t.fail();
  await execute(whole, handlers, { host: counting, emit: () => {} });
  t.true(writes >= 2);
  for (let cut = 1; cut <= writes; cut += 1) {
    const { host, plan } = await node({ core: oldCore });
    let left = cut;
    const failing = watchedHost(host, ({ operation }) => {
      if (operation === 'write') left -= 1;
      if (left <= 0) throw new Error('the power is off');
    });
    const made = await plan();
    if (made === undefined) return t.fail();
    await t.throwsAsync(execute(made, handlers, { host: failing, emit: () => {} }));
    t.regex(await starts(host, { old: oldCore, new: newCore }), /^(old|new) at/, `write ${cut}`);
    const again = await plan();
    if (again !== undefined) await carryOut(host, again);
    t.regex(await starts(host, { new: newCore }), /^new at/);
  }
});
