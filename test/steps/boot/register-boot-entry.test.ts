/** The boot entry of the firmware: no duplicates, nobody else's, and no failure that ends an installation. */
import test from 'ava';
import { entryLabel } from '../../../src/boot/firmware-entries.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { type FakeEntry, type FakeFirmware, fakeFirmware, hardDrive } from '../../fakes/efibootmgr.ts';
import type { Tool } from '../../fakes/host.ts';
import { cases } from '../cases.ts';
import { espGuid } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const step = cases['register-boot-entry'].step as Extract<Step, { kind: 'register-boot-entry' }>;
const other = '00000000-0000-4000-8000-0000000000aa';
const gone = '00000000-0000-4000-8000-0000000000bb';
const medium: FakeEntry = { label: 'UEFI QEMU DVD-ROM', path: 'PciRoot(0x0)/Pci(0x1f,0x2)/Sata(2,65535,0)' };
const ours = (guid: string): FakeEntry => ({ label: entryLabel, path: hardDrive(guid) });

async function run(firmware: FakeFirmware, spoil: Readonly<Record<string, Tool | undefined>> = {}) {
  const { host } = machine({
    files: { [`/dev/disk/by-partuuid/${other}`]: '' },
    tools: { efibootmgr: firmware.efibootmgr },
  });
  for (const [name, tool] of Object.entries(spoil))
    if (tool === undefined) host.tools.delete(name);
    else host.tools.set(name, tool);
  const context = contextOf(host);
  await handlers['register-boot-entry'].run(step, context);
  return { host, warned: context.warned };
}
const listed = ({ entries, order }: FakeFirmware) => order.map((number) => entries.get(number)?.path);

test('the new disk comes first, the medium stays behind it', async (t) => {
  const firmware = fakeFirmware({ '0000': medium }, { '/dev/vda': espGuid });
  const { host, warned } = await run(firmware);
  t.deepEqual(listed(firmware), [hardDrive(espGuid), medium.path]);
  t.deepEqual(warned, []);
  t.true(
    host.ran.includes(
      String.raw`efibootmgr --quiet --create --disk /dev/vda --part 2 --label Bhojpur OS --loader \EFI\BOOT\BOOTX64.EFI`,
    ),
  );
});

test('an erased installation loses its entry; another disk keeps its own', async (t) => {
  const firmware = fakeFirmware(
    { '0000': ours(gone), '0001': medium, '0002': ours(other), '0003': ours(gone) },
    { '/dev/vda': espGuid },
  );
  await run(firmware);
  t.deepEqual(listed(firmware), [hardDrive(espGuid), medium.path, hardDrive(other)]);
});

test('a second time changes nothing', async (t) => {
  const firmware = fakeFirmware({ '0000': medium }, { '/dev/vda': espGuid });
  await run(firmware);
  const after = listed(firmware);
  const { host, warned } = await run(firmware);
  t.deepEqual(listed(firmware), after);
  t.deepEqual(warned, []);
  t.false(host.ran.some((line) => /--(create|delete)/.test(line)));
});

const failing = (words: string, when: RegExp): Tool => {
  const { efibootmgr } = fakeFirmware({ '0000': medium }, {});
  return (args, options) =>
    when.test(args.join(' ')) ? { exitCode: 5, stderr: `efibootmgr: ${words}\n` } : efibootmgr(args, options);
};
const warns = test.macro({
  exec: async (t, efibootmgr: Tool | undefined, words: RegExp) => {
    const { warned } = await run(fakeFirmware({}, {}), { efibootmgr });
    t.is(warned.length, 1);
    t.regex(warned[0] ?? '', words);
    t.regex(warned[0] ?? '', /the firmware finds the disk by EFI\/BOOT\/BOOTX64\.EFI/);
  },
  title: (title) => `warns and goes on: ${title}`,
});
test('no efibootmgr', warns, undefined, /efibootmgr is not installed/);
test('no variables', warns, failing('EFI variables are not supported', /verbose/), /are not supported/);
test(
  'no room',
  warns,
  failing('Could not prepare Boot variable: No space left on device', /create/),
  /No space/,
);
test('write-protected', warns, failing('Read-only file system', /create/), /Read-only/);
test('firmware that forgets', warns, () => 'BootOrder: 0000\nBoot0000* CD\tx\n', /did not keep it/);
test('a listing that makes no sense', warns, () => 'segmentation fault', /listed no boot entries/);

test('being interrupted is no warning', async (t) => {
  const { host } = machine({ tools: { efibootmgr: () => ({ exitCode: 1 }) } });
  const context = { ...contextOf(host), signal: AbortSignal.abort() };
  await t.throwsAsync(async () => handlers['register-boot-entry'].run(step, context));
  t.deepEqual(context.warned, []);
});

test('entries of erased disks make room in the variables before ours is added', async (t) => {
  const firmware = fakeFirmware({ '0000': ours(gone), '0001': medium }, { '/dev/vda': espGuid });
  const { host } = await run(firmware);
  const changes = host.ran
    .filter((line) => /--(create|delete)/.test(line))
    .map((line) => line.split(' --')[2]);
  t.deepEqual(changes, ['bootnum 0000', 'create']);
});

test('a partition that udev has just seen keeps its entry', async (t) => {
  const firmware = fakeFirmware({ '0000': ours(gone) }, { '/dev/vda': espGuid });
  const { host } = machine({ tools: { efibootmgr: firmware.efibootmgr } });
  host.tools.set('udevadm', async () => {
    await host.files.symlink('../../vdb1', `/dev/disk/by-partuuid/${gone.toUpperCase()}`);
    return undefined;
  });
  await handlers['register-boot-entry'].run(step, contextOf(host));
  t.deepEqual(listed(firmware), [hardDrive(espGuid), hardDrive(gone)]);
});

test('links to a disk that was taken from udev are those of its old partitions', async (t) => {
  const own = '00000000-0000-4000-8000-0000000000cc';
  const erased = async (taken: boolean) => {
    const firmware = fakeFirmware({ '0000': ours(own), '0001': ours(other) }, { '/dev/vda': espGuid });
    const { host } = machine({
      files: {
        '/sys/class/block/vda/vda2/partition': '2\n',
        [`/dev/disk/by-partuuid/${other}`]: '',
        '/dev/vda2': '',
      },
      tools: { efibootmgr: firmware.efibootmgr },
    });
    await host.files.symlink('/dev/vda2', `/dev/disk/by-partuuid/${own}`);
    if (taken) await host.deviceLocks.take('/dev/vda');
    await handlers['register-boot-entry'].run(step, contextOf(host));
    return listed(firmware);
  };
  t.deepEqual(await erased(true), [hardDrive(espGuid), hardDrive(other)]);
  // A partition beside others: the disk has kept its own.
  t.deepEqual(await erased(false), [hardDrive(espGuid), hardDrive(own), hardDrive(other)]);
});
