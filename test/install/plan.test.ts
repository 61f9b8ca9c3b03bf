import test from 'ava';
import fc from 'fast-check';
import { wholeDiskLayout } from '../../src/disk/layout/layout.ts';
import { varLayout } from '../../src/disk/layout/var-layout.ts';
import { encodeGpt } from '../../src/formats/partition-tables/gpt.ts';
import { planInstall } from '../../src/install/plan.ts';
import type { PlanInput } from '../../src/install/plan-input.ts';
import { wipeRanges } from '../../src/install/whole-disk/wipe.ts';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, stepSchema } from '../../src/steps/index.ts';
import { partition } from '../disk/facts.ts';
import { disk, facts, manifest, planInput } from './fixtures.ts';

const plans = test.macro({
  title: (name) => `plan: ${name}`,
  exec: (t, input: Partial<PlanInput>) => t.snapshot(planInstall(planInput(input))),
});
test('an empty virtio disk', plans, {});
test('an nvme disk with an old system', plans, {
  disk: disk({
    path: '/dev/nvme0n1',
    content: 'data',
    contentSummary: 'vfat "EFI", ext4 "root"',
    partitions: [
      { path: '/dev/nvme0n1p1', number: 1, start: 2 ** 20, size: 2 ** 29, mounts: [], holders: [] },
      { path: '/dev/nvme0n1p2', number: 2, start: 2 ** 20 + 2 ** 29, size: 2 ** 30, mounts: [], holders: [] },
    ],
  }),
});
test('sectors of 4096 bytes', plans, { disk: disk({ logicalSectorSize: 4096 }) });

test('a disk for /var', plans, {
  varDisk: disk({
    ...{ path: '/dev/nvme1n1', serial: 'S2', content: 'data', contentSummary: 'xfs "data"' },
    partitions: [partition('/dev/nvme1n1p1')],
  }),
});

test('both disks are taken before anything is erased, and BOS_STATE names the second before its manifest', (t) => {
  const { steps } = planInstall(
    planInput({ varDisk: disk({ path: '/dev/vdb', partitions: [partition('/dev/vdb1')] }) }),
  );
  const at = (id: string) => steps.findIndex((step) => step.id === id);
  t.true(at('detach-partitions-var') < at('wipe-signatures'));
  t.true(at('wipe-signatures') < at('wipe-signatures-var'));
  t.true(at('format-var') < at('write-var-record') && at('write-var-record') < at('write-manifest'));
  t.like(steps[at('write-var-record')], {
    path: 'bos/system/var',
    content: { from: 'text', text: `${facts().ids.varFs}\n` },
  });
});

test('what is active on the disk is stopped after the last look and before anything is written', (t) => {
  const stacked = (kernelName: string, type: string, more: object = {}) => ({
    ...{ kernelName, path: `/dev/mapper/${kernelName}`, type, mounts: [], alsoOn: [], ...more },
  });
  const { steps } = planInstall(
    planInput({
      disk: disk({
        partitions: [partition('/dev/vda1', { holders: ['md0'], mounts: ['[SWAP]'] })],
        stacked: [stacked('dm-0', 'crypt'), stacked('md0', 'raid1', { alsoOn: ['/dev/vdb'] })],
      }),
    }),
  );
  t.deepEqual(
    steps.slice(0, 4).map((step) => step.id),
    ['check-target', 'stop-stacked', 'detach-partitions', 'wipe-signatures'],
  );
  t.like(steps[0], { stops: ['[SWAP]', 'md0'], alone: true });
  const [, stop] = steps;
  t.is(
    stop && handlerOf(handlers, stop).describe(stop),
    'Stop swap on /dev/vda1, /dev/mapper/dm-0, /dev/mapper/md0 (also on /dev/vdb)',
  );
});

const arguments_ = (input: Partial<PlanInput>) => {
  const menu = planInstall(planInput(input)).steps.find((step) => step.id === 'write-menu');
  const text = menu?.kind === 'write-file' && menu.content.from === 'text' ? menu.content.text : '';
  const line = text.split('\n').find((one) => one.includes('bos.mode=disk')) ?? '';
  // Behind those of the deployment and of a counted boot.
  return line.slice(line.indexOf('$bos_current_try')).split(' ').slice(1);
};

test('every console of this boot is carried over, the one asked for becomes the last', (t) => {
  t.deepEqual(arguments_({}), ['console=tty0', 'console=ttyS0,115200', 'quiet']);
  t.deepEqual(arguments_({ request: { debug: false, tty: 'tty0' } }), [
    'console=ttyS0,115200',
    'console=tty0',
    'quiet',
  ]);
  t.deepEqual(arguments_({ request: { debug: false, tty: 'ttyS1' }, facts: facts({ consoles: [] }) }), [
    'console=ttyS1,115200',
    'quiet',
  ]);
});

test('an image on a loop device gets those of the machines that it is for, not of the one that it is made on', (t) => {
  const loop = disk({ path: '/dev/loop3' });
  const both = ['console=tty0', 'console=ttyS0,115200', 'quiet'];
  for (const consoles of [['ttyS0'], [], ['hvc0', 'tty1'], ['ttyAMA0,57600']])
    t.deepEqual(arguments_({ disk: loop, facts: facts({ consoles }) }), both);
  t.deepEqual(arguments_({ disk: loop, request: { debug: false, tty: 'tty0' } }), [
    'console=ttyS0,115200',
    'console=tty0',
    'quiet',
  ]);
});

test('UEFI gets a boot entry for the new partition, after the boot loader and before the mark', (t) => {
  const steps = (firmware: 'bios' | 'efi', sector = 512) =>
    planInstall(
      planInput({ facts: facts({ firmware }), disk: disk({ logicalSectorSize: sector }) }),
    ).steps.slice(-2);
  t.like(steps('efi')[0], {
    kind: 'register-boot-entry',
    disk: '/dev/vda',
    guid: facts().ids.esp,
    partition: 2,
  });
  t.is(steps('efi')[1]?.kind, 'mark-valid');
  t.is(steps('efi', 4096)[0]?.kind, 'register-boot-entry');
  t.is(steps('bios')[0]?.kind, 'write-boot-sector');
});

test('debug reaches the installed system', (t) => {
  t.deepEqual(arguments_({ request: { debug: true } }).slice(2), ['debug', 'systemd.log_level=debug']);
});

test('DCP gets its link and its place in the boot environment', (t) => {
  const { steps } = planInstall(planInput({ manifest: { ...manifest, dcp: '1.25.0' } }));
  const links = steps.find((step) => step.kind === 'make-links');
  t.deepEqual(links?.kind === 'make-links' ? links.links.at(-1) : undefined, {
    path: 'bos/system/dcp/current',
    target: '1.25.0',
  });
  const mark = steps.at(-1);
  t.is(mark?.kind === 'mark-valid' ? mark.environment.dcp : undefined, '1.25.0');
});

test('what destroys comes first and what makes bootable comes last', (t) => {
  const kinds = planInstall(planInput()).steps.map((step) => step.kind);
  t.is(kinds.at(-1), 'mark-valid');
  t.is(kinds.at(-2), 'write-boot-sector');
  t.true(kinds.indexOf('check-target') < kinds.indexOf('wipe-signatures'));
  for (const kind of ['write-core', 'write-esp-files', 'write-boot-sector'] as const) {
    t.true(kinds.indexOf(kind) > kinds.indexOf('verify-files'), kind);
    t.true(kinds.indexOf(kind) > kinds.indexOf('unmount-state'), kind);
  }
});

test('a plan is the same for the same input, survives JSON, and holds no configuration', (t) => {
  const plan = planInstall(planInput());
  t.deepEqual(planInstall(planInput()), plan);
  for (const step of plan.steps) t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(step))), step);
  t.is(new Set(plan.steps.map((step) => step.id)).size, plan.steps.length);
  t.notRegex(JSON.stringify(plan), /hostname: one/);
});

test('the partition for /var is all of its disk, aligned, inside the table', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2_500_000, max: 20_000_000 }),
      fc.constantFrom(512, 4096),
      (kilobytes, sectorSize) => {
        const size = Math.floor((kilobytes * 1000) / sectorSize) * sectorSize;
        const layout = varLayout(size, sectorSize, facts().ids);
        t.notThrows(() => encodeGpt(layout.table));
        const end = layout.start + layout.size;
        return (
          layout.start === 2 ** 20 &&
          end % 2 ** 20 === 0 &&
          size - end >= 16384 + sectorSize &&
          size - end < 2 ** 21
        );
      },
    ),
  );
});

test('a disk that is too small has no plan', (t) => {
  t.throws(() => planInstall(planInput({ disk: disk({ size: 10 ** 9 }) })), { code: 'disk-too-small' });
});

test('wiped ranges are in order, apart, inside the disk and cover both ends of everything', (t) => {
  const MiB = 2 ** 20;
  const anyPartition = fc
    .tuple(fc.nat(5000), fc.integer({ min: 1, max: 5000 }), fc.nat(511))
    .map(([start, size, odd]) => ({ start: start * MiB + odd * 512, size: size * MiB }));
  fc.assert(
    fc.property(
      fc.integer({ min: 2500, max: 5000 }),
      fc.array(anyPartition, { maxLength: 6 }),
      (mebibytes, found) => {
        const size = mebibytes * MiB;
        const layout = wholeDiskLayout(size, 512);
        const partitions = found.map((one, index) => ({
          ...{ path: `/dev/vda${index}`, number: index + 1, mounts: [], holders: [] },
          ...one,
        }));
        const ranges = wipeRanges({ size, partitions }, layout);
        let end = -1;
        for (const { offset, length } of ranges) {
          if (offset <= end || length <= 0) return false;
          end = offset + length;
        }
        const covered = (at: number) =>
          ranges.some(({ offset, length }) => at >= offset && at < offset + length);
        const within = (one: { size: number }, far: number) => Math.min(far, one.size - 1);
        const places = [{ start: 0, size }, ...partitions, ...layout.partitions].flatMap((one) => [
          one.start,
          one.start + within(one, 4 * MiB),
          one.start + one.size - 1,
          one.start + one.size - 1 - within(one, 3087 * 512),
        ]);
        return ranges[0]?.offset === 0 && end <= size && places.every((at) => at >= size || covered(at));
      },
    ),
  );
  t.pass();
});

test('what is copied without its digest is compared with it when it is read back', (t) => {
  const { steps } = planInstall(planInput());
  const copy = steps.find((step) => step.kind === 'copy-files');
  const verify = steps.find((step) => step.kind === 'verify-files');
  t.true(copy?.comparedLater);
  t.deepEqual(verify?.files, copy?.files);
  t.is(verify?.medium, copy?.from);
  t.is(verify?.at, copy?.to);
  const at = (kind: string) => steps.findIndex((step) => step.kind === kind);
  t.true(at('copy-files') < at('verify-files') && at('verify-files') < at('write-boot-sector'));
});
