import test from 'ava';
import { doubtsOf, requireFit } from '../../../src/image/write/fit.ts';
import type { LookedAt } from '../../../src/image/write/look.ts';
import { planWrite } from '../../../src/image/write/plan.ts';
import { stepSchema } from '../../../src/steps/index.ts';
import { disk, partition } from '../../disk/facts.ts';

const MiB = 2 ** 20;
const stick = disk('/dev/sdb', { size: 64 * MiB, removable: true });
const partitions = [{ offset: MiB, length: 30 * MiB, name: 'data' }];
const image = (change: Partial<LookedAt> = {}, head: Partial<LookedAt['head']> = {}): LookedAt => ({
  ref: { from: 'file', path: '/images/disk.img', size: 32 * MiB },
  ...{ name: 'disk.img', packing: 'none', size: 32 * MiB, least: 32 * MiB, sha256: null, bmap: undefined },
  head: { table: 'gpt', sectorSize: 512, iso: false, partitions, reachesTo: 32 * MiB, ...head },
  ...change,
});
const unknown = { packing: 'gz', size: null, least: 0 } as const;
const old = { table: 'mbr', sectorSize: 512 } as const;

test('an image fits whose bytes and sectors do', (t) => {
  t.notThrows(() => requireFit(image(), stick));
  t.notThrows(() => requireFit(image(unknown), stick));
  t.notThrows(() => requireFit(image({ size: 64 * MiB }), stick));
  t.notThrows(() =>
    requireFit(image({}, { table: 'none', sectorSize: undefined }), { ...stick, logicalSectorSize: 4096 }),
  );
});

test('too large: by its size, by what is known of it, by its table', (t) => {
  const code = 'image-too-large';
  t.throws(() => requireFit(image({ size: 64 * MiB + 512 }), stick), { code });
  t.throws(() => requireFit(image({ ...unknown, least: 65 * MiB }), stick), { code });
  t.throws(() => requireFit(image(unknown, { reachesTo: 65 * MiB }), stick), { code });
});

test('sectors: a GPT says what it counts in, an MBR may be right on both', (t) => {
  const code = 'image-sector-size';
  const large = { ...stick, logicalSectorSize: 4096 };
  t.throws(() => requireFit(image(), large), { code });
  t.throws(() => requireFit(image({}, { sectorSize: 4096 }), stick), { code });
  t.throws(() => requireFit(image({}, old), large), { code });
  t.throws(() => requireFit(image(unknown, old), large), { code });
  const small = [{ offset: 4096, length: 2 * MiB, name: '' }];
  t.notThrows(() => requireFit(image({}, { ...old, partitions: small, reachesTo: 3 * MiB }), large));
});

test('what may surprise is told: who moves the copy of the table, and what boots from no stick', (t) => {
  t.regex(doubtsOf(image(), stick).join(), /sgdisk --move-second-header \/dev\/sdb/);
  t.regex(doubtsOf(image(unknown), stick).join(), /sgdisk --move-second-header \/dev\/sdb/);
  const ours = [{ ...partitions[0], offset: 0, length: MiB, name: 'BOS_STATE' }];
  t.regex(
    doubtsOf(image({}, { partitions: ours }), stick).join(),
    /grows to the end of the disk with the first boot/,
  );
  t.deepEqual(doubtsOf(image({ size: 64 * MiB }), stick), []);
  t.deepEqual(doubtsOf(image({}, { iso: true }), stick), []);
  t.deepEqual(doubtsOf(image({}, old), stick), []);
  t.regex(
    doubtsOf(image({}, { table: 'none', iso: true }), stick).join(),
    /few machines start it from a stick/,
  );
  t.regex(doubtsOf(image({}, { table: 'none' }), stick).join(), /has no partition table/);
});

test('the steps: nothing is erased before the disk is looked at, and the ends are written last', (t) => {
  const plan = planWrite(image(), { ...stick, partitions: [partition('/dev/sdb1')] });
  t.deepEqual(
    plan.steps.map(({ kind }) => kind),
    [
      'check-target',
      'detach-partitions',
      'wipe-signatures',
      'write-image',
      'read-back-image',
      'write-image-ends',
    ],
  );
  for (const step of plan.steps) t.deepEqual(stepSchema.parse(step), step);
  const [wipe] = plan.steps.flatMap((step) => (step.kind === 'wipe-signatures' ? [step] : []));
  // The end of the image's partition, where a block map may have nothing.
  t.true(wipe?.ranges.some(({ offset, length }) => offset <= 29 * MiB && offset + length >= 31 * MiB));
  t.is(plan.target, '/dev/sdb (67.1 MB)');
});
