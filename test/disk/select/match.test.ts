import test from 'ava';
import fc from 'fast-check';
import { matchingDisks, ranked } from '../../../src/disk/select/match.ts';
import { readDiskSelector } from '../../../src/formats/disk-selector.ts';
import { disk } from '../facts.ts';

const ssd = disk('/dev/sda', {
  ...{ model: 'Samsung_SSD_860_EVO', serial: 'S3Z9', transport: 'sata', size: 500_107_862_016 },
});
const nvme = disk('/dev/nvme0n1', {
  ...{ model: 'Samsung SSD 980', serial: 'S649*X', transport: 'nvme', size: 1_000_204_886_016 },
});
const nameless = disk('/dev/vda', { size: 1_000_204_886_016 });
const all = [ssd, nvme, nameless];

const criteria = (text: string) => {
  const read = readDiskSelector(text);
  if (!('selector' in read) || read.selector.kind !== 'criteria') throw new Error(text);
  return read.selector;
};
const finds = test.macro({
  exec: (t, text: string, expected: readonly string[]) =>
    t.deepEqual(
      ranked(matchingDisks(all, criteria(text)), criteria(text)).map((one) => one.path),
      expected,
    ),
  title: (_title, text) => `finds ${text}`,
});
test(finds, 'serial=S3Z9', ['/dev/sda']);
test(finds, 'serial=s3z9', ['/dev/sda']);
test(finds, 'serial=S3Z', []);
test(finds, 'model=samsung ssd*', ['/dev/sda', '/dev/nvme0n1']);
test(finds, 'model=Samsung_SSD_980', ['/dev/nvme0n1']);
test(finds, 'model=*860*', ['/dev/sda']);
test(finds, 'model=Samsung SSD ??0', ['/dev/nvme0n1']);
test(finds, 'model=*', ['/dev/sda', '/dev/nvme0n1']);
test(finds, 'size>=1T', ['/dev/nvme0n1', '/dev/vda']);
test(finds, 'size>=500G,size<=600G', ['/dev/sda']);
test(finds, 'smallest', ['/dev/sda']);
test(finds, 'largest', ['/dev/nvme0n1', '/dev/vda']);
test(finds, 'transport=nvme,largest', ['/dev/nvme0n1']);
test(finds, 'size>=2T,largest', []);

test('a pattern means what the regular expression for it means', (t) => {
  const piece = fc.constantFrom('a', 'b', '*', '?', '.', '(');
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '('), minLength: 1 });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1 }), text, (pieces, model) => {
      const source = pieces.map((one) =>
        one === '*' ? '.*' : one === '?' ? '.' : one.replace(/\W/, '\\$&'),
      );
      const found = matchingDisks([disk('/dev/vda', { model })], criteria(`model=${pieces.join('')}`));
      t.is(found.length === 1, new RegExp(`^${source.join('')}$`).test(model), `${pieces.join('')} ${model}`);
    }),
  );
});
