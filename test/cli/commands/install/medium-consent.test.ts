/** The question before an ISO that nothing verifies is used. */
import test from 'ava';
import { withMediumConsent } from '../../../../src/cli/commands/install/questions/medium-consent.ts';
import { request } from '../../../install/fixtures.ts';
import { fakeTerminal } from './fake-world.ts';
import { esc, type Script, scriptedAsk } from './scripted-ask.ts';

const isoUrl = 'http://me:hush@server/bos.iso?token=hush';
const isoSha256 = 'ab'.repeat(32);

async function asked(script: Script, more: Parameters<typeof request>[0] = {}, json = false, tty = true) {
  const terminal = fakeTerminal({ stdinIsTty: tty });
  const ask = scriptedAsk(...script);
  const wants = request({ isoUrl, silent: false, ...more });
  const { signal } = new AbortController();
  const given = await withMediumConsent({ terminal, signal }, wants, json, ask);
  return { insecure: given.insecure, said: terminal.written.err };
}

test('yes: what was asked, and why', async (t) => {
  const { insecure, said } = await asked([[/Use this ISO all the same/, true]]);
  t.true(insecure);
  t.regex(said.replaceAll('\n', ' '), /^http:\/\/server\/bos\.iso comes over http, .* in its place\. $/);
  t.true(said.split('\n').every((line) => line.length <= 80));
});

for (const answer of [false, esc])
  test(`${answer === false ? 'no' : 'Esc'}: nothing is touched`, async (t) => {
    await t.throwsAsync(asked([[/all the same/, answer]]), {
      code: 'declined',
      message: /nothing was touched/,
    });
  });

for (const [title, more, json, tty] of [
  ['silent', { silent: true }, false, true],
  ['a dry run', { dryRun: true }, false, true],
  ['--json', {}, true, true],
  ['no terminal', {}, false, false],
  ['a digest', { isoSha256 }, false, true],
  ['https', { isoUrl: 'https://a/b.iso' }, false, true],
] as const)
  test(`${title}: nobody is asked`, async (t) => {
    t.deepEqual(await asked([], more, json, tty), { insecure: false, said: '' });
  });
