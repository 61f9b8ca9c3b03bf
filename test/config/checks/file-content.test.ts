import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { decodeContent } from '../../../src/config/checks/file-content.ts';
import { runs } from '../../properties.ts';

const b64 = (data: Uint8Array) => Buffer.from(data).toString('base64');
const encoders: Readonly<Record<string, (data: Uint8Array) => string | Uint8Array>> = {
  '': (data) => data,
  b64,
  base64: (data) => Buffer.from(b64(data)),
  gz: gzipSync,
  gzip: gzipSync,
  'gz+b64': (data) => b64(gzipSync(data)),
  'gz+base64': (data) => b64(gzipSync(data)),
  'gzip+b64': (data) => b64(gzipSync(data)),
  'gzip+base64': (data) => Buffer.from(b64(gzipSync(data))),
};

for (const [encoding, encode] of Object.entries(encoders)) {
  test(`"${encoding}" gives back every sequence of bytes`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (data) => {
        const decoded = await decodeContent(encode(data), encoding);
        return Buffer.from(decoded).equals(data);
      }),
    );
    t.pass();
  });
}

test('text is UTF-8', async (t) => {
  t.is(Buffer.from(await decodeContent('naïve\n', '')).toString('hex'), '6e61c3af76650a');
});

test('base64 may be broken into lines', async (t) => {
  t.is(Buffer.from(await decodeContent(' aGVs\r\nbG8=\n', 'b64')).toString(), 'hello');
});

test('a foreign character anywhere in base64 is an error', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1 }),
      fc.nat(),
      fc.constantFrom('.', '-', '_', '!', 'é', '\u00a0'),
      async (data, at, foreign) => {
        const text = b64(data);
        const index = at % text.length;
        const broken = text.slice(0, index) + foreign + text.slice(index + 1);
        const error = await t.throwsAsync(decodeContent(broken, 'b64'));
        return error?.message.includes(`character ${index + 1} is not in its alphabet`) ?? false;
      },
    ),
    { numRuns: runs(50) },
  );
});

const whole = gzipSync(Buffer.from('some text that is long enough to be cut'));
const refused = test.macro({
  exec: async (t, content: string | Uint8Array, encoding: string, message: RegExp) => {
    await t.throwsAsync(decodeContent(content, encoding, 1000), { message });
  },
  title: (name) => `refused: ${name}`,
});
test('base64 cut short', refused, 'aGVsbG8', 'b64', /not a multiple of 4/);
test('base64 padded in the middle', refused, 'aGVs=bG8', 'b64', /padding is wrong/);
test('gzip in text', refused, 'text', 'gz', /write it as !!binary, or in base64 as gz\+b64/);
test('what is no gzip', refused, Buffer.from('text'), 'gz', /not valid gzip/);
test('gzip cut short', refused, whole.subarray(0, -12), 'gz', /not valid gzip/);
test('gzip whose checksum is wrong', refused, whole.with(-6, 1), 'gz', /not valid gzip/);
test('base64 of what is no gzip', refused, 'aGVsbG8=', 'gz+b64', /not valid gzip/);
test('a bomb', refused, gzipSync(Buffer.alloc(1001)), 'gz', /unpacks to more than 1000 bytes/);
test('an unknown encoding', refused, 'x', 'rot13', /"rot13" is unknown/);
test('encodings in the wrong order', refused, 'x', 'b64+gz', /unknown|compressed/);
test('one encoding too many', refused, 'aGVsbG8=', 'gz+gz+b64', /unknown|not valid/);
