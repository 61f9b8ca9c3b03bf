import test from 'ava';
import fc from 'fast-check';
import type { ByteRange } from '../../../src/formats/byte-range.ts';
import { planInstall } from '../../../src/install/plan.ts';
import { planInput } from '../fixtures.ts';
import { declaredWrites, uncovered } from './declared-writes.ts';

test('every byte is covered or not', (t) => {
  const range = fc.record({ offset: fc.nat(30), length: fc.integer({ min: 1, max: 12 }) });
  const bytes = (ranges: readonly ByteRange[]) =>
    new Set(ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, index) => offset + index)));
  fc.assert(
    fc.property(fc.array(range), fc.array(range), (ranges, by) => {
      const covered = bytes(by);
      const expected = [...bytes(ranges)].filter((byte) => !covered.has(byte));
      t.deepEqual([...bytes(uncovered(ranges, by))].toSorted(), expected.toSorted());
    }),
  );
});

test('a plan declares both ends of the disk, its table, each partition and the boot sector', (t) => {
  const declared = declaredWrites(planInstall(planInput()));
  const steps = new Set(declared.map(({ step }) => step));
  for (const step of ['wipe-signatures', 'write-partition-table', 'format-esp', 'format-state'])
    t.true(steps.has(step), step);
  for (const step of ['write-core', 'write-efi-loader', 'write-boot-sector', 'mark-valid'])
    t.true(steps.has(step), step);
  t.true(declared.every(({ offset, length }) => offset % 4096 === 0 && length % 4096 === 0));
  const size = 20 * 2 ** 30;
  t.deepEqual(uncovered([{ offset: size - 2 ** 20, length: 2 ** 20 }], declared), []);
});
