/**
 * A whole plan on a real block device: a loop device over a file. Needs root and a kernel with loop devices and
 * ext4; where those are missing the tests say so and are skipped. Other tools then judge what was written.
 */

import { createHash, randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { returnToFirmwareCode } from '../../../src/boot/boot-sector.ts';
import type { DiskFacts, MachineFacts } from '../../../src/disk/facts.ts';
import { probeMachine } from '../../../src/disk/probe/probe.ts';
import { sha256File } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { planInstall } from '../../../src/install/plan.ts';
import { planRefs } from '../../../src/install/plan-input.ts';
import type { Event } from '../../../src/plan/events.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlerOf, type Plan } from '../../../src/plan/plan.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { attachLoop } from '../../disk/loop-device.ts';
import { contextOf } from '../../steps/context.ts';
import { medium } from '../medium/small-medium.ts';
import { planSources, whyNoLoopDisk } from './loop-plans.ts';

const host = linuxHost();
const { files, processes } = host;
const diskSize = 2480 * 2 ** 20;
const config = 'hostname: loop\nbos:\n  password: secret\n';

const missing = await whyNoLoopDisk(['sgdisk']);
if (missing !== undefined) console.warn(`skipped, no real disk to install to: ${missing}`);
// One after the other: each is work for the disk.
const real = missing === undefined ? test.serial : test.serial.skip;

/** Where the installation in this folder is mounted: others may install on this machine at the same time. */
const targetIn = (folder: string) => `${folder}/target`;

/** A disk over a file, gone with the test. `before` can put something on the file. */
async function loopDisk(
  t: ExecutionContext,
  sectorSize = 512,
  before?: (image: string) => Promise<void>,
  size = diskSize,
) {
  const folder = await files.makeTempDir('bos-loop-');
  t.teardown(() => files.remove(folder));
  const image = `${folder}/disk.img`;
  await processes.run('truncate', ['-s', `${size}`, image]);
  await before?.(image);
  const { device, detach } = attachLoop(image, ['--partscan', `--sector-size=${sectorSize}`]);
  t.teardown(async () => {
    await processes.run('umount', [targetIn(folder)]).catch(() => {});
    detach();
  });
  return { device, folder };
}

async function probe(device: string): Promise<{ facts: MachineFacts; disk: DiskFacts }> {
  const facts = await probeMachine(host, { loops: true });
  const disk = facts.disks.find((one) => one.path === device);
  if (disk === undefined) throw new Error(`${device} was not seen`);
  return { facts, disk };
}

/** What every later command goes by. */
const judged = async (device: string) => (await probe(device)).disk.content;

async function prepare(device: string, folder: string, varDevice?: string) {
  await medium(folder);
  await files.write(`${folder}/config.yaml`, config, { mode: 0o600 });
  const { facts, disk } = await probe(device);
  const varDisk = facts.disks.find((one) => one.path === varDevice);
  const sources = await planSources(folder, config);
  const plan = planInstall({
    ...sources,
    request: { debug: false },
    // This machine's firmware is not to hear of a test.
    facts: { ...facts, firmware: 'bios', consoles: ['tty0', 'ttyS0,115200'] },
    disk,
    varDisk,
  });
  return { plan, manifest: sources.manifest, facts };
}

async function carryOut(plan: Plan<Step>, folder: string): Promise<Event[]> {
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  await execute(plan, handlers, { host, emit, names: { [planRefs.config]: `${folder}/config.yaml` } });
  return events;
}

/** The disk has no boot loader yet. */
const givesBack = (bootCode: Uint8Array) =>
  Buffer.compare(bootCode.subarray(0, returnToFirmwareCode.length), returnToFirmwareCode) === 0 &&
  bootCode.subarray(returnToFirmwareCode.length).every((byte) => byte === 0);

const output = async (command: string, ...args: string[]) => (await processes.run(command, args)).stdout;

const installs = test.macro(async (t, sectorSize: number, size: number) => {
  const { device, folder } = await loopDisk(t, sectorSize, undefined, size);
  const { plan, manifest, facts } = await prepare(device, folder);
  const events = await carryOut(plan, folder);

  t.true(events.every((event) => event.type !== 'step-end' || event.ok));
  await t.notThrowsAsync(processes.run('flock', ['--exclusive', '--nonblock', device, 'true']), 'given back');
  t.regex(await output('sgdisk', '-v', device), /No problems found/);
  await t.notThrowsAsync(processes.run('e2fsck', ['-fn', `${device}p3`]));
  await t.notThrowsAsync(processes.run('fsck.fat', ['-n', `${device}p2`]));
  const environment = await output('mtype', '-i', `${device}p2`, '::/EFI/debian/grubenv');
  t.is(environment.length, 1024);
  t.regex(environment, /^bos_mark=valid$/m);
  t.regex(environment, new RegExp(`^bos_state_uuid=${facts.ids.stateFs}$`, 'm'));
  t.regex(await output('mtype', '-i', `${device}p2`, '::/EFI/debian/grub.cfg'), /configfile/);
  t.regex(await output('debugfs', '-R', 'ls -l /bos/system/dcp/1.0', `${device}p3`), /100755 .* dcp$/m);
  t.regex(await output('debugfs', '-R', 'ls -l /bos/system/os/0.1.0', `${device}p3`), /100644 .* rootfs/);
  for (const { path, sha256 } of manifest.files) {
    const copy = `${folder}/read-back`;
    await processes.run('debugfs', ['-R', `dump /${path} ${copy}`, `${device}p3`]);
    t.is(await sha256File(files, copy), sha256, path);
  }
  const listing = await output('debugfs', '-R', 'ls -l /bos/system', `${device}p3`);
  t.regex(listing, /100600 .* config\.yaml/);
  t.regex(await output('debugfs', '-R', 'cat /bos/system/config.yaml', `${device}p3`), /hostname: loop/);
  t.regex(
    await output('debugfs', '-R', 'stat /bos/system/os/current', `${device}p3`),
    /Fast link dest: "0.1.0"/,
  );
  t.regex(await output('debugfs', '-R', 'cat /boot/grub/grub.cfg', `${device}p3`), /console=ttyS0,115200/);
  t.is(await judged(device), 'bhojpur');
  const { disk } = await probe(device);
  t.is(disk.size, size);
  // All of it but the table at the end and what is before and for alignment.
  t.true(size - (disk.partitions.at(-1)?.size ?? 0) < 310 * 2 ** 20);
});

real('installs on sectors of 512 bytes', installs, 512, diskSize);
real('installs on sectors of 4096 bytes', installs, 4096, diskSize);
// Beyond what 32 bits of sectors count: MBR ends at 2 TiB. The file has holes.
real('installs on 3 TB', installs, 512, 3_000_592_982_016);

real('a second disk for /var: formatted whole, named on the first', async (t) => {
  const [first, second] = [await loopDisk(t), await loopDisk(t, 4096)];
  await processes.run('mkfs.ext4', ['-q', '-F', '-L', 'older', second.device]);
  const { plan, facts } = await prepare(first.device, first.folder, second.device);
  await carryOut(plan, first.folder);
  t.is(await judged(first.device), 'bhojpur');
  const record = await output('debugfs', '-R', 'cat /bos/system/var', `${first.device}p3`);
  t.is(record, `${facts.ids.varFs}\n`);
  const found = await output('blkid', '-p', '-o', 'export', `${second.device}p1`);
  t.regex(found, /^LABEL=BOS_VAR$/m);
  t.regex(found, new RegExp(`^UUID=${facts.ids.varFs}$`, 'm'));
  await t.notThrowsAsync(processes.run('e2fsck', ['-fn', `${second.device}p1`]));
  const { disk } = await probe(second.device);
  t.is(disk.contentSummary, 'ext4 "BOS_VAR"');
  t.true(disk.size - (disk.partitions[0]?.size ?? 0) <= 2 * 2 ** 20);
});

real(
  'a damaged medium stops it before the mark, the target is not installed, and a second run repairs it',
  async (t) => {
    const { device, folder } = await loopDisk(t);
    const { plan } = await prepare(device, folder);
    const path = `${folder}/medium/bos/system/os/0.1.0/rootfs.squashfs`;
    const original = await files.read(path);
    const damaged = Buffer.from(original);
    damaged[20_000_000] = (damaged[20_000_000] ?? 0) ^ 1;
    await files.write(path, damaged);

    await t.throwsAsync(carryOut(plan, folder), { code: 'medium-damaged' });
    t.notRegex(await files.readText('/proc/self/mountinfo'), new RegExp(targetIn(folder)));
    t.is(await judged(device), 'unfinished');
    const file = await files.open(device, 'r');
    const bootCode = await file.read(0, 440);
    await file.close();
    t.true(givesBack(bootCode), 'no boot code');

    await files.write(path, original);
    const again = await prepare(device, folder);
    await carryOut(again.plan, folder);
    t.is(await judged(device), 'bhojpur');
  },
);

real(
  'after each step alone, the disk is never taken for installed, and boots nothing until the end',
  async (t) => {
    const { device, folder } = await loopDisk(t, 512, async (image) => {
      const file = await files.open(image, 'r+');
      await file.write(0, randomBytes(440));
      await file.close();
    });
    const { plan } = await prepare(device, folder);
    const context = contextOf(host, { [planRefs.config]: `${folder}/config.yaml` });
    t.teardown(() => host.deviceLocks?.release(device));
    for (const step of plan.steps) {
      const handler = handlerOf(handlers, step);
      await handler.run(step, context);
      await handler.verify?.(step, context);
      t.true(host.deviceLocks?.taken.has(device), 'udev may not look');
      const content = await judged(device);
      if (step.kind === 'check-target' || step.kind === 'detach-partitions') continue;
      if (step.kind === 'mark-valid') t.is(content, 'bhojpur');
      else t.is(content, step.kind === 'wipe-signatures' ? 'empty' : 'unfinished', step.id);
      const file = await files.open(device, 'r');
      const bootCode = await file.read(0, 440);
      await file.close();
      const bootable = step.kind === 'write-boot-sector' || step.kind === 'mark-valid';
      t.is(bootCode.some((byte) => byte !== 0) && !givesBack(bootCode), bootable, step.id);
    }
  },
);

real('nothing of an older system is found again', async (t) => {
  const { device, folder } = await loopDisk(t, 512, async (image) => {
    // An old partition at 1 MiB that carries LVM's label in its second sector, and md's at the end of the disk.
    await processes.run('sgdisk', ['-n', '1:2048:0', image]);
    const file = await files.open(image, 'r+');
    await file.write(1024 * 1024 + 512, Buffer.from('LABELONE\0\0\0\0\0\0\0\0'));
    await file.write(diskSize - 4096 * 2, Buffer.from('fc4e2ba9', 'hex'));
    await file.write(0, randomBytes(440));
    await file.close();
  });
  const { plan } = await prepare(device, folder);
  await carryOut(plan, folder);
  const found = await output('wipefs', '--parsable', '--output', 'TYPE', device);
  const types = found.split(/\s+/).filter((word) => word !== '' && word !== '#' && word !== 'TYPE');
  t.deepEqual([...new Set(types)].toSorted(), ['PMBR', 'gpt']);
  t.is((await output('blkid', '-p', '-s', 'TYPE', '-o', 'value', `${device}p3`)).trim(), 'ext4');
});

real('a disk that is in use is refused before anything is written', async (t) => {
  const { device, folder } = await loopDisk(t);
  const { plan } = await prepare(device, folder);
  await processes.run('mkfs.ext4', ['-q', '-F', device]);
  const digest = async () => {
    const file = await files.open(device, 'r');
    const hash = createHash('sha256').update(await file.read(1024, 1024));
    await file.close();
    return hash.digest('hex');
  };
  const at = `${folder}/mnt`;
  await files.makeDir(at);
  await processes.run('mount', ['-o', 'ro', device, at]);
  const before = await digest();
  try {
    await t.throwsAsync(carryOut(plan, folder), { code: 'disk-busy' });
    t.is(await digest(), before);
  } finally {
    await processes.run('umount', [at]);
  }
});
