import test from 'ava';
import fc from 'fast-check';
import {
  type DiskCriterion,
  type DiskSelector,
  namesOneDisk,
  readDiskSelector,
  renderDiskSelector,
} from '../../src/formats/disk-selector.ts';

const reads = test.macro({
  exec: (t, text: string, selector: DiskSelector) => t.deepEqual(readDiskSelector(text), { selector }),
  title: (_title, text) => `reads ${text}`,
});
const criteria = (list: readonly DiskCriterion[], rank?: 'smallest' | 'largest'): DiskSelector => ({
  kind: 'criteria',
  criteria: list,
  ...(rank === undefined ? {} : { rank }),
});
test(reads, '/dev/vda', { kind: 'path', path: '/dev/vda' });
test(reads, '/dev/disk/by-id/usb-a,b=c', { kind: 'path', path: '/dev/disk/by-id/usb-a,b=c' });
test(reads, 'serial=S3Z9', criteria([{ by: 'serial', pattern: 'S3Z9' }]));
test(reads, 'size>=500G', criteria([{ by: 'size', bound: 'least', bytes: 500e9 }]));
test(reads, 'size<=1.5 TiB', criteria([{ by: 'size', bound: 'most', bytes: 1.5 * 2 ** 40 }]));
test(
  reads,
  'model=Samsung SSD*, size >= 500G, transport=nvme,smallest',
  criteria(
    [
      { by: 'model', pattern: 'Samsung SSD*' },
      { by: 'size', bound: 'least', bytes: 500e9 },
      { by: 'transport', pattern: 'nvme' },
    ],
    'smallest',
  ),
);
// The value ends at a comma, and only there.
test(reads, 'model=A=B>=C', criteria([{ by: 'model', pattern: 'A=B>=C' }]));

const refuses = test.macro({
  exec: (t, text: string, words: RegExp) => {
    const read = readDiskSelector(text);
    t.regex('expected' in read ? read.expected : '', words);
  },
  title: (_title, text) => `does not read ${JSON.stringify(text)}`,
});
test(refuses, '', /^expected a path such as/);
test(refuses, 'vda', /^expected a path such as \/dev\/vda/);
test(refuses, 'serial=', /^expected a path/);
test(refuses, 'serial>=4', /^expected a path/);
test(refuses, 'size=500G', /^expected a path/);
test(refuses, 'size>=big', /^expected a size such as 500G/);
test(refuses, 'size>=-1', /^expected a size/);
test(refuses, 'size>=1e9', /^expected a size/);
test(refuses, 'largest,smallest', /once/);
test(refuses, 'largest,largest', /once/);
test(refuses, 'serial=a,,model=b', /^expected a path/);
test(refuses, 'constructor=x', /^expected a path/);

const pattern = fc
  .string({ unit: fc.constantFrom('a', 'B', '7', '*', '?', ' ', '_', '=', '>', '-', 'é') })
  .map((text) => text.trim())
  .filter((text) => text !== '');
const criterion: fc.Arbitrary<DiskCriterion> = fc.oneof(
  fc.record({ by: fc.constantFrom('serial' as const, 'model' as const, 'transport' as const), pattern }),
  fc.record({
    by: fc.constant('size' as const),
    bound: fc.constantFrom('least' as const, 'most' as const),
    bytes: fc.maxSafeNat(),
  }),
);
const selector: fc.Arbitrary<DiskSelector> = fc.oneof(
  fc.string().map((text): DiskSelector => ({ kind: 'path', path: `/${text}` })),
  fc
    .tuple(
      fc.array(criterion, { maxLength: 4 }),
      fc.constantFrom(undefined, 'smallest' as const, 'largest' as const),
    )
    .filter(([list, rank]) => list.length > 0 || rank !== undefined)
    .map(([list, rank]) => criteria(list, rank)),
);

test('what is rendered reads back the same', (t) => {
  fc.assert(
    fc.property(selector, (one) => {
      t.deepEqual(readDiskSelector(renderDiskSelector(one)), { selector: one });
    }),
  );
});

test('any text is read or answered with what was expected', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), selector.map(renderDiskSelector)), (text) => {
      const read = readDiskSelector(text);
      return 'selector' in read || read.expected.startsWith('expected ');
    }),
  );
  t.pass();
});

test('a path and a whole serial number name one disk, anything else describes it', (t) => {
  const names = (text: string) => {
    const read = readDiskSelector(text);
    return 'selector' in read && namesOneDisk(read.selector);
  };
  for (const text of ['/dev/vda', 'serial=S3', 'model=X,serial=S3']) t.true(names(text), text);
  for (const text of ['serial=S*', 'serial=S?', 'model=S3', 'size>=1G', 'largest', 'transport=nvme'])
    t.false(names(text), text);
});
