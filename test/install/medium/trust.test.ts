/** An ISO that nothing verifies: what counts as verified, and that nothing of another one is read without consent. */
import test from 'ava';
import type { Config } from '../../../src/config/config.ts';
import { exitCodeOf, OpsError } from '../../../src/errors.ts';
import { overLinux } from '../../../src/install/medium/over-linux.ts';
import {
  requireConsentToMedium,
  transportWarnings,
  unverifiedScheme,
} from '../../../src/install/medium/trust.ts';
import { prepareInstall } from '../../../src/install/prepare.ts';
import { type InstallFlags, requestOf } from '../../../src/install/request.ts';
import { prepareTakeover } from '../../../src/install/takeover/prepare.ts';
import { fakeHost } from '../../fakes/host.ts';
import { facts, liveHost, request } from '../fixtures.ts';
import { oldFacts } from '../takeover/fixtures.ts';

const key = 'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR';
const isoSha256 = '0f'.repeat(32);

const places: readonly (readonly [isoUrl: string | undefined, more: object, scheme: string | undefined])[] = [
  ['http://server/bos.iso', {}, 'http'],
  ['HTTP://server/bos.iso', {}, 'http'],
  ['http://127.0.0.1/bos.iso', {}, 'http'],
  ['http://server/v1/bos/system/manifest.json', {}, 'http'],
  ['ftp://me:hush@server/bos.iso', {}, 'ftp'],
  ['tftp://server/bos.iso', {}, 'tftp'],
  ['http://server/bos.iso', { publicKey: key }, undefined],
  ['tftp://server/bos.iso', { isoSha256 }, undefined],
  ['https://server/bos.iso', {}, undefined],
  ['ftps://server/bos.iso', {}, undefined],
  ['file:///bos.iso', {}, undefined],
  ['/dev/sr1', {}, undefined],
  ['./http:/bos.iso', {}, undefined],
  [undefined, {}, undefined],
];
for (const [isoUrl, more, scheme] of places)
  test(`${isoUrl} with ${Object.keys(more).join() || 'nothing'}: ${scheme ?? 'no consent is needed'}`, (t) => {
    const asked = request({ ...(isoUrl === undefined ? {} : { isoUrl }), ...more });
    t.is(unverifiedScheme(asked), scheme);
    if (scheme === undefined) return t.notThrows(() => requireConsentToMedium(asked, { runs: true }));
    const error = t.throws(() => requireConsentToMedium(asked), { code: 'medium-unverified' }) as OpsError;
    t.is(exitCodeOf(error), 3);
    t.regex(error.details[0] ?? '', new RegExp(`comes over ${scheme}, .*anyone on the way`));
    t.notRegex(JSON.stringify([error.message, error.details]), /hush/);
    t.regex(error.hint ?? '', /--insecure \(bos\.install\.insecure\)/);
    t.notThrows(() => requireConsentToMedium({ ...asked, insecure: true }, { runs: true }));
    // Reading is no danger; running is.
    t.notThrows(() => requireConsentToMedium({ ...asked, dryRun: true }));
    t.throws(() => requireConsentToMedium({ ...asked, dryRun: true }, { runs: true }), {
      code: 'medium-unverified',
    });
  });

test('what the plan warns of: the ISO, what a dry run lacks, a configuration that others can read', (t) => {
  const asked = { isoUrl: 'http://a/b.iso?token=hush', configUrl: 'http://a/c.yaml?token=hush' };
  const texts = (more: object) =>
    transportWarnings(request({ ...asked, ...more })).map(
      ({ place, message }) => `${place.file}: ${message}`,
    );
  const [iso = '', config = '', ...none] = texts({ dryRun: true });
  t.regex(iso, /^http:\/\/a\/b\.iso: comes over http, and neither .*, --insecure is needed$/);
  t.regex(config, /^http:\/\/a\/c\.yaml: comes over http: anyone on the way can read/);
  t.deepEqual(none, []);
  t.notRegex(texts({ insecure: true })[0] ?? '', /--insecure/);
  t.deepEqual(texts({ isoUrl: 'https://a/b', configUrl: '/c.yaml' }), []);
  t.deepEqual(
    transportWarnings(request(asked)).flatMap(({ about = [] }) => about),
    [],
    'a silent installation over http goes on with its configuration',
  );
});

const consents = test.macro(
  (t, flags: InstallFlags, commandLine: Config, typed: boolean, expected: boolean) => {
    const args = typed ? { isoUrl: 'http://typed/bos.iso' } : {};
    t.is(requestOf(args, flags, commandLine).insecure, expected);
  },
);
const written: Config = { 'bos.install.iso_url': 'http://a/b.iso', 'bos.install.insecure': true };
test('a flag', consents, { insecure: true }, {}, true, true);
test('the installer of the command line', consents, { fromCommandLine: true }, written, false, true);
test(
  'not another ISO than the one it stands beside',
  consents,
  { fromCommandLine: true },
  written,
  true,
  false,
);
test('not a command that is typed later', consents, {}, written, false, false);
test('nothing said', consents, { fromCommandLine: true }, { 'bos.install.silent': true }, false, false);

test('every way of installing refuses before it asks the server for anything', async (t) => {
  const asked: string[] = [];
  const http = async (url: string): Promise<never> => {
    asked.push(url);
    throw new Error('asked');
  };
  const wants = request({ isoUrl: 'http://server/bos.iso' });
  const root = fakeHost({ http, files: { '/proc/cmdline': '' } });
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'to a disk': () => prepareInstall(liveHost({ http }), wants, facts()),
    'to a partition': () => prepareInstall(liveHost({ http }), { ...wants, noFormat: true }, facts()),
    'over another Linux': () => overLinux(root, wants, {}, async () => t.fail()),
    'over another Linux, a dry run': () =>
      overLinux(root, { ...wants, dryRun: true }, {}, async () => t.fail()),
    'a takeover': () => prepareTakeover(root, wants, oldFacts()),
  };
  for (const [way, install] of Object.entries(ways)) {
    const error = await t.throwsAsync(install(), { instanceOf: OpsError }, way);
    t.is((error as OpsError).code, 'medium-unverified', way);
  }
  t.deepEqual(asked, []);
});
