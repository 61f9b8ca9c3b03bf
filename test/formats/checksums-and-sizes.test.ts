import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { crc32 } from '../../src/formats/crc32.ts';
import { partitionTypeName, partitionTypes } from '../../src/formats/gpt-types.ts';
import { decodeGuid, encodeGuid } from '../../src/formats/guid.ts';
import { formatBytes } from '../../src/formats/size.ts';

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
