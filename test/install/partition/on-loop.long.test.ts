/**
 * A whole plan for partitions that are there, on a real block device: a loop device over a file. Needs root, loop
 * devices and ext4; where those are missing the tests say so and are skipped.
 */

import test, { type ExecutionContext } from 'ava';
import { bootedCoreLba } from '../../../src/boot/boot-sector.ts';
import { renderBootEnvironment } from '../../../src/boot/environment.ts';
import { oldBootSectorPath } from '../../../src/boot/menus/partition-menu.ts';
import { probeMachine } from '../../../src/disk/probe/probe.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { planRefs } from '../../../src/install/plan-input.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlerOf, type Plan } from '../../../src/plan/plan.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { attachLoop } from '../../disk/loop-device.ts';
import { contextOf } from '../../steps/context.ts';
import { medium } from '../medium/small-medium.ts';
import { planForPartition, whyNoLoopDisk } from '../whole-disk/loop-plans.ts';

const host = linuxHost();
const { files, processes } = host;
const config = 'hostname: loop\n';
const diskSize = 900 * 2 ** 20;

const missing = await whyNoLoopDisk(['sfdisk', 'e2label']);
if (missing !== undefined) console.warn(`skipped, no real disk to install to: ${missing}`);
const real = missing === undefined ? test.serial : test.serial.skip;

const output = async (command: string, ...args: string[]) => (await processes.run(command, args)).stdout;

/** Somebody's disk: partitioned by `table` (of sfdisk), the last one ext4 with a file on it. */
async function somebodysDisk(t: ExecutionContext, table: string) {
  const folder = await files.makeTempDir('bos-existing-');
  t.teardown(() => files.remove(folder));
  const image = `${folder}/disk.img`;
  await processes.run('truncate', ['-s', `${diskSize}`, image]);
  await processes.run('sfdisk', ['-q', image], { input: table });
  const { device, detach } = attachLoop(image, ['--partscan']);
  t.teardown(async () => {
    await processes.run('umount', [`${folder}/target`]).catch(() => {});
    await processes.run('partx', ['--delete', device]).catch(() => {});
    detach();
  });
  await processes.run('partx', ['--update', device]);
  await files.makeDir(`${folder}/tree/boot/grub`);
  await files.write(`${folder}/tree/boot/grub/grub.cfg`, 'of another system\n');
  await files.write(`${folder}/tree/a photo`, 'photo\n');
  const state = `${device}p2`;
  const features = ['-O', '^metadata_csum_seed,^orphan_file', '-L', 'data', '-d', `${folder}/tree`];
  await processes.run('mkfs.ext4', ['-q', ...features, state]);
  return { folder, device, state };
}

/** Gives the disk boot code of another system; returns its first sector. */
async function withBootCode(device: string): Promise<Buffer> {
  const file = await files.open(device, 'r+');
  try {
    await file.write(0, Buffer.alloc(440, 0x5a));
    await file.sync();
    return Buffer.from(await file.read(0, 512));
  } finally {
    await file.close();
  }
}

async function prepare(t: ExecutionContext, { folder, state }: Awaited<ReturnType<typeof somebodysDisk>>) {
  await medium(folder);
  await files.write(`${folder}/config.yaml`, config, { mode: 0o600 });
  const { plan, existing } = await planForPartition(folder, state, config);
  t.is(existing.partition.path, state);
  return { plan, existing };
}

/** What is on the disk itself: while it is mounted, the device's own cache may hold what was there before. */
async function judged(device: string): Promise<string> {
  await host.processes.run('blockdev', ['--flushbufs', `${device}p2`]);
  const { disks } = await probeMachine(host, { loops: true });
  return disks.find(({ path }) => path === device)?.content ?? 'not seen';
}

const carryOut = (plan: Plan<Step>, folder: string) =>
  execute(plan, handlers, { host, emit: () => {}, names: { [planRefs.config]: `${folder}/config.yaml` } });

const onState = (state: string, path: string) => output('debugfs', '-R', `cat "${path}"`, state);

real('a partition of an msdos disk: files and table stay, and again with data kept', async (t) => {
  const disk = await somebodysDisk(t, 'label: dos\n,100MiB,L\n,,L\n');
  const table = await output('sfdisk', '--dump', disk.device);
  const sector = await withBootCode(disk.device);
  const first = await prepare(t, disk);
  t.false(first.existing.older);
  await carryOut(first.plan, disk.folder);
  t.is(await judged(disk.device), 'bhojpur');
  t.is(await output('sfdisk', '--dump', disk.device), table);
  t.is(await onState(disk.state, '/a photo'), 'photo\n');
  t.is(await onState(disk.state, '/boot/grub/grub.cfg'), 'of another system\n');
  t.regex(await onState(disk.state, '/bos/system/grub/grubenv'), /^bos_mark=valid$/m);
  t.is((await output('e2label', disk.state)).trim(), 'BOS_STATE');
  const kept = `${disk.folder}/kept`;
  const dump = ['-R', `dump /${oldBootSectorPath} ${kept}`, disk.state];
  await processes.run('debugfs', dump);
  t.true((await files.read(kept)).equals(sector), 'what the disk has started');
  await t.notThrowsAsync(processes.run('e2fsck', ['-fn', disk.state]));

  await processes.run('debugfs', ['-w', '-R', 'write /etc/hostname bos/data/var/kept', disk.state]);
  await processes.run('debugfs', ['-w', '-R', 'write /etc/hostname bos/system/os/0.1.0/stray', disk.state]);
  const second = await prepare(t, disk);
  t.true(second.existing.older);
  const cores = [first, second].map(({ plan }) =>
    plan.steps.flatMap((step) => (step.kind === 'write-core' ? [step.lba] : [])),
  );
  t.deepEqual(cores.flat().length, 2);
  await carryOut(second.plan, disk.folder);
  t.is(await judged(disk.device), 'bhojpur');
  t.regex(await output('debugfs', '-R', 'ls -p /bos/data/var', disk.state), /\/kept\//);
  t.notRegex(await output('debugfs', '-R', 'ls -p /bos/system/os/0.1.0', disk.state), /stray/);
  await processes.run('debugfs', dump);
  t.true((await files.read(kept)).equals(sector), 'and not what starts Bhojpur OS');
  t.is(await onState(disk.state, '/a photo'), 'photo\n');
});

real('after each step alone it is never taken for installed, nor for one to erase', async (t) => {
  const disk = await somebodysDisk(t, 'label: gpt\n,1MiB,21686148-6449-6E6F-744E-656564454649\n,,L\n');
  // A whole one first, so that there is something to lose.
  await carryOut((await prepare(t, disk)).plan, disk.folder);
  const { plan } = await prepare(t, disk);
  const context = contextOf(host, { [planRefs.config]: `${disk.folder}/config.yaml` });
  let claimed = false;
  for (const step of plan.steps) {
    const handler = handlerOf(handlers, step);
    await handler.run(step, context);
    await handler.verify?.(step, context);
    claimed ||= step.kind === 'claim-state';
    const done = step.kind === 'mark-valid';
    t.is(await judged(disk.device), claimed && !done ? 'damaged' : 'bhojpur', step.id);
  }
  const file = await files.open(disk.device, 'r');
  const sector = await file.read(0, 512);
  await file.close();
  // The stand-in for boot.img is not from GRUB, so what it starts is not known.
  t.is(bootedCoreLba(sector), undefined);
});

real('our partitions in another order: which environment counts would not be known', async (t) => {
  const disk = await somebodysDisk(t, 'label: gpt\n,100MiB,U\n,,L\n');
  const esp = `${disk.device}p1`;
  const stateUuid = (await output('blkid', '-p', '-s', 'UUID', '-o', 'value', disk.state)).trim();
  const block = renderBootEnvironment({
    ...{ mark: 'valid', stateUuid, kernel: '6', os: '1', dcp: null, others: {} },
  });
  await processes.run('mkfs.fat', ['-F', '32', '-n', 'BOS_GRUB', esp]);
  await processes.run('mmd', ['-i', esp, '::/EFI', '::/EFI/debian']);
  await processes.run('mcopy', ['-i', esp, '-', '::/EFI/debian/grubenv'], { input: block });
  await t.throwsAsync(prepare(t, disk), { code: 'layout-changed' });
  const torn = Buffer.alloc(1024);
  await processes.run('mcopy', ['-o', '-i', esp, '-', '::/EFI/debian/grubenv'], { input: torn });
  await t.notThrowsAsync(prepare(t, disk));
});

real('refused, and nothing is written: no room, not clean, features', async (t) => {
  const disk = await somebodysDisk(t, 'label: dos\n,600MiB,L\n,,L\n');
  await t.throwsAsync(prepare(t, disk), { code: 'disk-too-small' });
  await processes.run('debugfs', ['-w', '-R', 'set_super_value state 0', disk.state]);
  await t.throwsAsync(prepare(t, disk), { code: 'filesystem-not-clean' });
  await processes.run('mkfs.ext4', ['-q', '-F', '-O', 'inline_data', disk.state]);
  await t.throwsAsync(prepare(t, disk), { code: 'filesystem-features', message: /inline_data/ });
  await processes.run('mkfs.ext3', ['-q', '-F', disk.state]);
  await t.throwsAsync(prepare(t, disk), { code: 'not-ext4' });
});

real(
  'a link on it to another disk: refused before there is no way back, and nothing has changed',
  async (t) => {
    const disk = await somebodysDisk(t, 'label: dos\n,100MiB,L\n,,L\n');
    const victim = `${disk.folder}/another-disk`;
    await files.write(victim, 'the first sectors of another disk\n');
    const debugfs = (command: string) => processes.run('debugfs', ['-w', '-R', command, disk.state]);
    for (const folder of ['bos', 'bos/system']) await debugfs(`mkdir ${folder}`);
    await debugfs(`symlink bos/system/config.yaml ${victim}`);
    const { plan } = await prepare(t, disk);
    const error = await t.throwsAsync(carryOut(plan, disk.folder), { code: 'link-in-the-way' });
    t.is(error.message, '/bos/system/config.yaml on the target is a link, not a file');
    t.is(await files.readText(victim), 'the first sectors of another disk\n');
    t.is((await output('e2label', disk.state)).trim(), 'data');
    t.is(
      (await output('debugfs', '-R', 'ls -p /bos/system', disk.state)).match(/config\.yaml|grub/g)?.length,
      1,
    );
    t.is(await onState(disk.state, '/a photo'), 'photo\n');
  },
);
