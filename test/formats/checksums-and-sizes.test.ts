import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { crc32 } from '../../src/formats/crc32.ts';
import { partitionTypeName, partitionTypes } from '../../src/formats/partition-tables/gpt-types.ts';
import { decodeGuid, encodeGuid } from '../../src/formats/partition-tables/guid.ts';
import { formatBytes, parseSize } from '../../src/formats/size.ts';

test('CRC-32 gives the check value of its catalogue', (t) => {
  t.is(crc32(Buffer.from('123456789')), 0xcbf43926);
  t.is(crc32(new Uint8Array()), 0);
});

test('a GUID is stored with its first three fields swapped', (t) => {
  t.deepEqual(
    Buffer.from(encodeGuid(partitionTypes.efiSystem)).toString('hex'),
    '28732ac11ff8d211ba4b00a0c93ec93b',
  );
  t.is(Buffer.from(encodeGuid(partitionTypes.biosGrub)).toString('latin1'), 'Hah!IdontNeedEFI');
});

test('GUIDs round trip', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      t.deepEqual(encodeGuid(decodeGuid(bytes)), bytes);
    }),
  );
  t.throws(() => encodeGuid('c12a7328'), { instanceOf: OpsError, code: 'guid-invalid' });
});

test('known types have a name in either case', (t) => {
  t.is(partitionTypeName('C12A7328-F81F-11D2-BA4B-00A0C93EC93B'), 'EFI system');
  t.is(partitionTypeName('00000000-0000-0000-0000-000000000001'), undefined);
});

const sizeInWords = test.macro({
  exec: (t, bytes: number, words: string) => t.is(formatBytes(bytes), words),
  title: (_title, bytes, words) => `${bytes} bytes are ${words}`,
});
test(sizeInWords, 0, '0 bytes');
test(sizeInWords, 512, '512 bytes');
test(sizeInWords, 1000, '1 kB');
test(sizeInWords, 21474836480, '21.5 GB');
test(sizeInWords, 20_000_000_000, '20 GB');
test(sizeInWords, 500107862016, '500 GB');
test(sizeInWords, 999_999_999_999, '1 TB');
test(sizeInWords, 2_500_000_000, '2.5 GB');

const sizeRead = test.macro({
  exec: (t, text: string, bytes: number | undefined) => t.is(parseSize(text), bytes),
  title: (_title, text, bytes) => `"${text}" is ${bytes ?? 'no size'}`,
});
test(sizeRead, '0', 0);
test(sizeRead, '1000000', 1e6);
test(sizeRead, '512B', 512);
test(sizeRead, '500G', 500e9);
test(sizeRead, '500 gb', 500e9);
test(sizeRead, '2.3G', 2.3e9);
test(sizeRead, '1.5TiB', 1.5 * 2 ** 40);
test(sizeRead, '4Ki', 4096);
test(sizeRead, '', undefined);
test(sizeRead, 'G', undefined);
test(sizeRead, '1.', undefined);
test(sizeRead, '.5G', undefined);
test(sizeRead, '-1G', undefined);
test(sizeRead, '0.5', undefined);
test(sizeRead, '5iB', undefined);
test(sizeRead, '99999999P', undefined);

test('a size in words reads back as nearly the same', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
      const read = parseSize(formatBytes(bytes).replace(' bytes', ''));
      return read !== undefined && Math.abs(read - bytes) <= bytes * 0.051;
    }),
  );
  t.pass();
});
