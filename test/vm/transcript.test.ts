import test from 'ava';
import fc from 'fast-check';
import { plainText, Transcript } from '../../src/vm/transcript.ts';

const shows = test.macro({
  exec: (t, raw: string, expected: string) => t.is(plainText(raw), expected),
  title: (_, raw) => `the text of ${JSON.stringify(raw)}`,
});
test(shows, 'plain\r\nlines\r\n', 'plain\nlines\n');
test(shows, '\x1b[1;32m[  OK  ]\x1b[0m Started', '[  OK  ] Started');
test(shows, '\x1b[?2004h$ \x1b[K', '$ ');
test(shows, '\x1b]0;user@host\x07$ ', '$ ');
test(shows, '\x1b]8;;x\x1b\\link', 'link');
test(shows, '\x1b(B\x1b=\x1b7\x1bcGRUB\x07', 'GRUB');
test(shows, '10%\r20%\r\r\n', '10%\n20%\n');

test('however the console cuts its bytes, the text is the same', (t) => {
  const piece = fc.constantFrom(
    '\x1b[1m',
    '\x1b]0;t\x07',
    '\x1b(B',
    '\r\n',
    '\r',
    'text',
    ' ',
    '\x1b[?25l',
    '\x1b]x\x1b\\',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat(3), { maxLength: 40 }),
      (pieces, cuts) => {
        const raw = `${pieces.join('')}$`;
        const transcript = new Transcript();
        let start = 0;
        for (const cut of cuts) {
          transcript.append(raw.slice(start, start + cut));
          start += cut;
        }
        transcript.append(raw.slice(start));
        t.is(transcript.text, plainText(raw));
      },
    ),
  );
});

test('a match moves on, and nothing matches twice', (t) => {
  const transcript = new Transcript();
  transcript.append('login: root\r\n# login: ');
  t.deepEqual(transcript.take('login: '), { text: 'login: ', groups: [], before: '' });
  t.deepEqual(transcript.take(/(\w+)\n/g), { text: 'root\n', groups: ['root'], before: '' });
  t.is(transcript.take(/login: $/g)?.before, '# ');
  t.is(transcript.take(/login: $/g), undefined);
  transcript.append('late');
  transcript.skip();
  t.is(transcript.take('late'), undefined);
  t.deepEqual(transcript.tail(1), ['# login: late']);
});
