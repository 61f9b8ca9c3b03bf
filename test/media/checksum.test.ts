import test from 'ava';
import fc from 'fast-check';
import { parseChecksum } from '../../src/media/checksum.ts';

const one = '1'.repeat(64);
const two = '2'.repeat(64);

const gives = test.macro((t, text: string, expected: string) =>
  t.is(parseChecksum(text, 'bos.iso', 'x'), expected),
);
test('the digest alone', gives, one, one);
test('as sha256sum writes it', gives, `${one}  bos.iso\n`, one);
test('binary, with a folder, Windows line ends', gives, `${one} *dist/bos.iso\r\n`, one);
test('capital letters', gives, `${'AB'.repeat(32)}  bos.iso\n`, 'ab'.repeat(32));
test('the line that names it', gives, `# made today\n${two}  other.iso\n${one}  bos.iso\n`, one);
test('the only line, whatever it names', gives, `${one}  release-1.iso\n`, one);

const refuses = test.macro((t, text: string) =>
  t.throws(() => parseChecksum(text, 'bos.iso', 'http://x/bos.iso.sha256'), {
    code: 'sha256-invalid',
    message: /bos\.iso\.sha256/,
  }),
);
test('empty', refuses, '');
test('a page', refuses, '<html>Not found</html>');
test('too short', refuses, `${one.slice(1)}  bos.iso\n`);
test('several, none of which names it', refuses, `${one}  a.iso\n${two}  b.iso\n`);
test('a digest among other words', refuses, `the digest is\n${one}\n`);

test('property: what sha256sum writes of any file is read', (t) => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, fc.stringMatching(/^[0-9a-f]{64}$/)), {
        minLength: 1,
        selector: ([file]) => file,
      }),
      (files) => {
        const text = files.map(([file, digest]) => `${digest}  ${file}\n`).join('');
        for (const [file, digest] of files) t.is(parseChecksum(text, file, 'x'), digest);
      },
    ),
  );
});
test('property: any text gives a digest or a refusal', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      t.throws(() => parseChecksum(text, 'bos.iso', 'x'), { code: 'sha256-invalid' });
    }),
  );
});
