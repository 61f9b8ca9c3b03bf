import test from 'ava';
import { confirmationOf, keptWords, startSeconds } from '../../../src/install/takeover/confirmation.ts';

test('somebody has to reach the new system, within ten minutes unless something else is said', (t) => {
  t.deepEqual(confirmationOf({}, false), { seconds: 600 });
  t.deepEqual(confirmationOf({ confirm: 'login', trial: '90s' }, false), { seconds: 90 });
  t.deepEqual(confirmationOf({ trial: '1h', confirmUrl: 'https://a.example/x' }, false), {
    seconds: 3600,
    url: 'https://a.example/x',
  });
});

test('coming up is enough where that is said, and for a machine that becomes an image', (t) => {
  t.is(confirmationOf({ confirm: 'none' }, false), undefined);
  t.is(confirmationOf({}, true), undefined);
  t.deepEqual(confirmationOf({ confirm: 'login' }, true), { seconds: 600 });
  t.deepEqual(confirmationOf({ trial: '5m' }, true), { seconds: 300 });
});

test('the watchdog waits for the start, and for the trial', (t) => {
  // With a minute of softdog's: four minutes.
  t.true(startSeconds + 60 <= 240);
});

for (const [flags, message] of [
  [{ trial: '10' }, /--trial 10: expected a time such as/],
  [{ trial: '0m' }, /expected a time such as/],
  [{ trial: '29s' }, /expected 30s to 24h/],
  [{ trial: '25h' }, /expected 30s to 24h/],
  [{ trial: '-5m' }, /expected a time/],
  [{ confirmUrl: 'ftp://a.example' }, /--confirm-url: "ftp:\/\/a.example" is not a URL/],
  [{ confirmUrl: 'nonsense' }, /is not a URL/],
  [{ confirm: 'none', trial: '5m' }, /--trial has no effect with --confirm none/],
  [{ confirm: 'none', confirmUrl: 'https://a.example' }, /--confirm-url has no effect/],
] as const)
  test(`refused: ${JSON.stringify(flags)}`, (t) => {
    t.throws(() => confirmationOf(flags, false), { code: 'confirmation-invalid', message });
  });

test('what keeps it, in words', (t) => {
  t.is(keptWords(undefined), 'has booted');
  t.is(
    keptWords({ seconds: 90 }),
    'is confirmed within 90 s (log in over ssh, or run `sudo opsctl takeover confirm`)',
  );
  t.regex(
    keptWords({ seconds: 600, url: 'https://up.example/ok' }),
    /, or an answer of https:..up.example.ok\)$/,
  );
});
