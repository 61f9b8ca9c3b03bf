import test from 'ava';
import fc from 'fast-check';
import { redactor } from '../../src/config/redact.ts';
import { runs } from '../properties.ts';

const shows = test.macro({
  exec: (t, text: string, shown: string) => {
    t.is(redactor(['s3cret', 's3cret and more'])(text), shown);
  },
  title: (_, text: string) => text,
});

test(shows, 'nothing to hide', 'nothing to hide');
test(shows, 'with s3cret and more of it', 'with (hidden) of it');
test(shows, 'quiet bos.password=abc bos.mode=live', 'quiet bos.password=(hidden) bos.mode=live');
test(shows, 'bos.token="two words" quiet', 'bos.token=(hidden) quiet');
test(shows, String.raw`"bos.token=\"two words\" quiet"`, '"bos.token=(hidden) quiet"');
test(shows, String.raw`bos.password=a\x20b\x22c quiet`, 'bos.password=(hidden) quiet');
test(shows, String.raw`"bos.password=a\\x20b\\x22c quiet"`, '"bos.password=(hidden) quiet"');
test(shows, String.raw`bos.password="a b\x22c" quiet`, 'bos.password=(hidden) quiet');
test(shows, 'bos.wifi.pass=xyz bos.wifi.password=xyz', 'bos.wifi.pass=(hidden) bos.wifi.password=(hidden)');
test(shows, 'bos.wifi.name=home bos.wifi.passphrase=xyz', 'bos.wifi.name=home bos.wifi.passphrase=(hidden)');
test(shows, 'write_file.content=hello', 'write_file.content=(hidden)');
test(shows, 'from https://me:pw@host/a?b', 'from https://(hidden)@host/a?(hidden)');
test(shows, '{"url":"http://host/a?token=1","x":1}', '{"url":"http://host/a?(hidden)","x":1}');

test('no known secret is left, in text or in JSON', (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (secret, before, after) => {
      // What stands in place of a secret may hold a short one.
      fc.pre(!'(hidden)'.includes(secret));
      const redact = redactor([secret]);
      const text = `${before}${secret}${after}`;
      t.false(redact(text).includes(secret));
      t.false(
        JSON.stringify(JSON.parse(redact(JSON.stringify({ text })))).includes(
          JSON.stringify(secret).slice(1, -1),
        ),
      );
    }),
    { numRuns: runs(200) },
  );
});

test('of a secret with several lines each is hidden, and what is too short to tell from text is not', (t) => {
  const redact = redactor(['-----BEGIN KEY-----\n  c2VjcmV0\nif\n']);
  t.is(redact('bad line c2VjcmV0 of if'), 'bad line (hidden) of if');
});

/** As in grub.cfg of a hostile ISO: one word as long as a file. */
const longWords = {
  letters: 'a'.repeat(2 ** 20),
  schemes: 'http://'.repeat(150_000),
  'schemes with a question': 'http://a?'.repeat(100_000),
  backslashes: 'http://a?b\\'.repeat(90_000),
  'users without a host': 'a://b'.repeat(200_000),
  'keys without a value': 'bos.token="'.repeat(90_000),
  escapes: `bos.token="${'\\\\x41'.repeat(150_000)}`,
};
for (const [name, text] of Object.entries(longWords))
  test(`a long word of ${name} takes no longer than its length`, (t) => {
    const { user } = process.cpuUsage();
    redactor([])(text);
    t.true((process.cpuUsage().user - user) / 1000 < 30_000);
  });

for (const [given, shown] of [
  ['https://a/b?token=x', 'https://a/b?(hidden)'],
  ['https://a/b?', 'https://a/b?'],
  ['"https://a/b?x" "http://c?y"', '"https://a/b?(hidden)" "http://c?(hidden)"'],
  ['https://a/b?x\\nhttp://c?y', 'https://a/b?(hidden)\\nhttp://c?(hidden)'],
  ['https://a\\x2f?secret', 'https://a\\x2f?(hidden)'],
  ['url=HTTPS://me:pw@a/?x', 'url=HTTPS://(hidden)@a/?(hidden)'],
  ['1ftp://me:pw@a/b', '1ftp://(hidden)@a/b'],
])
  test(`${given} is shown as ${shown}`, (t) => {
    t.is(redactor([])(given ?? ''), shown ?? '');
  });
