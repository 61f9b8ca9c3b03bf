/** Signatures made by minisign 0.11, and everything that is not one. */
import { Buffer } from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { parsePublicKey, requireSignature, signatureText } from '../../src/media/signature.ts';
import { anyText } from '../any-text.ts';
import { runs } from '../properties.ts';

const publicKey = 'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR';
const otherKey = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
const message = Buffer.from('hello\n');
/** `minisign -S -t "my comment"` */
const hashed = `untrusted comment: signature from minisign secret key
RUTHfyVkTHvvMBxKkclvz+syPM8rGy3qLum38TXNmwvyLLceWQJnitTrSmYxaaYQFNZ+ulfom+vnrwR76h++9l5mmR2Wn3zdIwc=
trusted comment: my comment
Mp0P9tAQ/TVH1m3wnFpVkYN8rFCN37uh/djo35a8TaOI/3SsEpR1lIR61EytOstJ6Mzi73d+Pmk/NphiG1l+DQ==
`;
/** `minisign -S -l` */
const legacy = `untrusted comment: signature from minisign secret key
RWTHfyVkTHvvMO10oG6Yq1Y9bgnQ6mgGY+ETEluJhMfvvaAvxBdzfO1hVblnoZ1oICQv8n7H4AVg9IPLGwJejONTS5Zfg2+gsAI=
trusted comment: timestamp:1795278203\tfile:f
VGTVkAm9H2xq5e8FU7ezRxhHMV7ES+wuzoM1rNmLPeDciHpKOVROWW/Wptw8El+ai0ZmLVm7gmBn/4pHR3ZgDA==
`;

const accepts = test.macro((t, signature: string, comment: string) => {
  t.is(requireSignature(message, signature, publicKey, 'it'), comment);
  // A checkout or a browser may have changed the line ends.
  t.is(requireSignature(message, signature.replaceAll('\n', '\r\n'), publicKey, 'it'), comment);
});
test('a signature of minisign', accepts, hashed, 'my comment');
test('a legacy signature of minisign', accepts, legacy, 'timestamp:1795278203\tfile:f');

const lines = (change: (lines: string[]) => void) => {
  const all = hashed.split('\n');
  change(all);
  return all.join('\n');
};
const refuses = test.macro(
  (
    t,
    signature: string | undefined,
    code: string,
    says: RegExp,
    text: Uint8Array = message,
    key: string = publicKey,
  ) => {
    const error = t.throws(() => requireSignature(text, signature, key, 'the manifest'), {
      instanceOf: OpsError,
      code,
    });
    t.regex(error?.message ?? '', says);
    t.is(error instanceof OpsError ? error.kind : '', code === 'public-key-invalid' ? 'usage' : 'refused');
  },
);
test('no signature', refuses, undefined, 'signature-missing', /the manifest is not signed/);
test('another message', refuses, hashed, 'signature-invalid', /not what was signed/, Buffer.from('hello!\n'));
test('another message, legacy', refuses, legacy, 'signature-invalid', /not what was signed/, Buffer.from(''));
test('another key', refuses, hashed, 'signature-invalid', /another key/, message, otherKey);
test(
  'another comment',
  refuses,
  hashed.replace('my comment', 'my comments'),
  'signature-invalid',
  /its comment was changed/,
);
test(
  'the comment of another signature',
  refuses,
  lines((all) => {
    [all[2], all[3]] = legacy.split('\n').slice(2, 4) as [string, string];
  }),
  'signature-invalid',
  /its comment was changed/,
);
test('no form', refuses, 'hello', 'signature-invalid', /not a minisign signature/);
test('a page', refuses, '<html></html>', 'signature-invalid', /not a minisign signature/);
test(
  'no comment',
  refuses,
  lines((all) => all.splice(2, 2)),
  'signature-invalid',
  /not a minisign signature/,
);
test(
  'a key that is none',
  refuses,
  hashed,
  'public-key-invalid',
  /not a minisign public key/,
  message,
  publicKey.slice(1),
);
test(
  'a key of another kind',
  refuses,
  hashed,
  'public-key-invalid',
  /not a minisign public key/,
  message,
  `AA${publicKey.slice(2)}`,
);

test('property: one bit of the signature, the message or the key changes, and it is refused', (t) => {
  const flip = (bytes: Uint8Array, bit: number) => {
    const copy = Buffer.from(bytes);
    const at = Math.floor(bit / 8) % copy.length;
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
    return copy;
  };
  const inLine = (text: string, line: number, bit: number) => {
    const all = text.split('\n');
    all[line] = flip(Buffer.from(all[line] ?? '', 'base64'), bit).toString('base64');
    return all.join('\n');
  };
  fc.assert(
    fc.property(
      fc.constantFrom(hashed, legacy),
      fc.nat(100_000),
      fc.constantFrom(1, 3, 'message', 'key'),
      (text, bit, where) => {
        const changedMessage = where === 'message' ? flip(message, bit) : message;
        const key =
          where === 'key' ? flip(Buffer.from(publicKey, 'base64'), bit).toString('base64') : publicKey;
        const signature = typeof where === 'number' ? inLine(text, where, bit) : text;
        t.throws(() => requireSignature(changedMessage, signature, key, 'it'), { instanceOf: OpsError });
      },
    ),
    { numRuns: runs(300) },
  );
});

test('property: no text breaks the readers', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (key, signature) => {
      t.is(parsePublicKey(key), undefined);
      t.throws(() => requireSignature(message, signature, publicKey, 'it'), { code: 'signature-invalid' });
    }),
    { numRuns: runs(200) },
  );
});

test('what a signature says is shown with its time, and that it knows nothing of newer versions', (t) => {
  for (const [comment, expected] of [
    [
      'timestamp:1795278203\tfile:f',
      'is valid, made at 2026-11-21T16:23:23Z (trusted comment: timestamp:1795278203 file:f). It does not say',
    ],
    ['timestamp:1795278203\tfile:f\thashed', 'made at 2026-11-21T16:23:23Z'],
    ['my comment', 'is valid (trusted comment: my comment)'],
    ['', '(trusted comment: none)'],
    ['\u001b[2Jgone\u202e', '(trusted comment: [2Jgone)'],
    ['not-a-timestamp:12', 'is valid (trusted comment: not-a-timestamp:12)'],
  ] as const)
    t.true(signatureText(comment, 'the manifest').includes(expected), signatureText(comment, 'the manifest'));
  fc.assert(
    fc.property(anyText(), (comment) => {
      t.notRegex(signatureText(comment, 'it'), /\p{Cc}/u);
    }),
    { numRuns: runs(200) },
  );
});
