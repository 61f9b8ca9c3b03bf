/** What looks through whole texts takes no longer than they are long: each of these took minutes. */
import test from 'ava';
import { readGrubMenu } from '../../../src/boot/menus/grub-menu.ts';
import { editArguments } from '../../../src/boot/menus/menu-edit.ts';
import { menuLimit } from '../../../src/boot/menus/menus.ts';
import { isIpv6 } from '../../../src/config/checks/addresses.ts';
import { publicKeyFault } from '../../../src/config/checks/public-keys.ts';
import { templateIn } from '../../../src/config/checks/templates.ts';
import { weakness } from '../../../src/config/checks/weak-password.ts';
import { oneStringAs } from '../../../src/config/keys/one-string.ts';
import { plainSecrets } from '../../../src/config/plain-secrets.ts';
import { layoutFault } from '../../../src/config/yaml/layout.ts';
import { isClosed, lexemes } from '../../../src/config/yaml/lexemes.ts';
import { misreading } from '../../../src/config/yaml/misreadings.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { parseDuration } from '../../../src/formats/time/duration.ts';
import { readBootConfig } from '../../../src/install/overlay/boot-config.ts';
import { certificateFault } from '../../../src/palette/edge/rules/certificates.ts';
import { isPlaceholder } from '../../../src/palette/edge/rules/placeholders.ts';
import { withMessage } from '../../../src/palette/registry/build-archive.ts';
import { googleKey } from '../../../src/runtime/data-sources/services/gcp.ts';

const many = 500_000;

async function quick(work: () => unknown): Promise<boolean> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system < 1_000_000;
}

for (const open of ['{{', '<%', '{%'])
  test(`templates that begin and never end: ${open}`, async (t) => {
    t.true(await quick(() => t.is(templateIn(open.repeat(many)), undefined)));
  });

test('templates: whole ones, in one line and over several, and what only looks like one', (t) => {
  t.is(templateIn('a {{ b }}'), 'a template ({{ … }})');
  t.is(templateIn('<%\n%>'), 'a template (<% … %>)');
  t.is(templateIn('{%%}'), 'a template ({% … %})');
  t.is(templateIn('}} {{'), undefined);
  t.is(templateIn('{%>'), undefined);
});

test('quotes in a line that does not end', async (t) => {
  t.true(await quick(() => t.is(misreading('"'.repeat(many), 'indented'), undefined)));
});

const secretsOf = (url: string) =>
  plainSecrets(parseConfigYaml(`bos: {install: {config_url: ${JSON.stringify(url)}}}`, 'config.yaml').layer);

test('an address with a password, and one of colons alone', async (t) => {
  t.deepEqual(secretsOf('https://me:secret@host/c'), ['bos.install.config_url']);
  t.deepEqual(secretsOf('https://me:se:cret@host/c'), ['bos.install.config_url']);
  for (const url of ['https://me@host/c', 'https://me:@host/c', 'https://host/c@d:e'])
    t.deepEqual(secretsOf(url), []);
  t.true(await quick(() => secretsOf(`https://${':'.repeat(many)}`)));
});

test('a pack.json with a line of blanks', async (t) => {
  const blanks = ' '.repeat(many);
  const text = `{"name": "a",${blanks}"version": "1"}`;
  t.true(await quick(() => t.is(JSON.parse(withMessage(text, 'why')).commit_msg, 'why')));
});

test('backslashes before and behind the end of a quote', async (t) => {
  const lexeme = (source: string) => isClosed({ source, offset: 0, kind: 'quoted' });
  const run = '\\'.repeat(many);
  t.true(await quick(() => t.true(lexeme(`"${run}a"`))));
  t.true(await quick(() => t.true(lexeme(`"${run}"`))));
  t.true(await quick(() => t.false(lexeme(`"${run}\\"`))));
});

test('a key with blanks before a colon that is none, and the keys around it', async (t) => {
  const fault = (text: string) => layoutFault(text, lexemes(text));
  t.true(await quick(() => t.is(fault(`a${' '.repeat(many)}:b`), undefined)));
  t.is(fault('a: b\n"c" : d\ne # f: g'), undefined);
  t.not(fault('a:\n  b: 1\n c: 2'), undefined);
});

test('lines of blanks in a list that is one string', async (t) => {
  const row = { oneString: 'lines' } as Parameters<typeof oneStringAs>[0];
  t.deepEqual(oneStringAs(row, ' a \n\n\t b\n'), ['a', 'b']);
  t.true(
    await quick(() => t.deepEqual(oneStringAs(row, `a${' '.repeat(many)}b`), [`a${' '.repeat(many)}b`])),
  );
});

test('a duration of digits alone', async (t) => {
  t.is(parseDuration('1.h.5s'), 3_600_500);
  t.true(await quick(() => t.is(parseDuration('1'.repeat(many)), undefined)));
  t.true(await quick(() => t.is(parseDuration(`${'1m'.repeat(many)}!`), undefined)));
});

test('words that only begin like a public key, and quotes in its options that do not end', async (t) => {
  t.true(await quick(() => t.regex(publicKeyFault('sk-'.repeat(many)) ?? '', /whole public key/)));
  t.true(await quick(() => t.regex(publicKeyFault(`"${'\\"'.repeat(many)}\\`) ?? '', /whole public key/)));
});

test('addresses, passwords and placeholders that go on', async (t) => {
  t.true(await quick(() => t.false(isIpv6(`${':'.repeat(many)}x`))));
  t.true(isIpv6('fe80:0000:0000:0000:0000:0000:0000:0001%enp0s31f6'));
  t.true(await quick(() => t.not(weakness(`12345${'1'.repeat(many)}\n`), undefined)));
  t.true(await quick(() => t.false(isPlaceholder(`${'x'.repeat(many)}!`))));
  t.true(isPlaceholder('abcxxxxxxxxxdef'));
});

test('certificates that begin and do not end', async (t) => {
  const text = '-----BEGIN CERTIFICATE-----'.repeat(many / 10);
  const use = { readCertificate: () => undefined } as unknown as Parameters<typeof certificateFault>[2];
  t.true(await quick(() => t.not(certificateFault(text, 'PEM', use), undefined)));
});

test('a key of Google with many beginnings of what follows it', async (t) => {
  t.true(await quick(() => t.is(googleKey(`u:ssh-rsa A${' google-ssh {'.repeat(many / 10)}`, 0).length, 1)));
});

test('boot configurations of boards with names and line ends that go on', async (t) => {
  const lines = (kind: Parameters<typeof readBootConfig>[1], text: string) =>
    readBootConfig('a', kind, Buffer.from(text)).lines;
  t.deepEqual(lines('extlinux.conf', '\n\n  APPEND root=/dev/a ro \n'), ['root=/dev/a ro']);
  t.deepEqual(lines('environment', 'extraargs=a b\nother=c\n rootflags = d\nmy_cmdline=e\n'), [
    'a b',
    'd',
    'e',
  ]);
  t.true(await quick(() => t.deepEqual(lines('extlinux.conf', '\n'.repeat(many)), [])));
  t.true(await quick(() => t.deepEqual(lines('environment', 'cmdlineargs'.repeat(many / 10)), [])));
});

test('a word of grub.cfg that goes on', async (t) => {
  const menu = (name: string) => readGrubMenu(Buffer.from(`${name} /vmlinuz a`)).loose.length;
  for (const name of ['linux', 'linux16', '$linux', '${my_linux_cmd}', 'linux$suffix'])
    t.is(menu(name), 1, name);
  for (const name of ['linuxx', '$vmlinu', '${a}linux']) t.is(menu(name), 0, name);
  t.true(await quick(() => t.is(menu(`\${${'linux'.repeat(many / 5)}-}`), 0)));
});

test('a command line with more words to change than a call may have arguments', async (t) => {
  const head = 'linux /vmlinuz\noptions ';
  const words = Math.floor((menuLimit - head.length) / 'quiet '.length);
  const line = Buffer.from(head + 'quiet '.repeat(words));
  const edited = editArguments('systemd-boot', line, { remove: ['quiet'], append: ['a=b'] });
  t.is(edited.found.get('quiet'), words);
  t.is(Buffer.from(edited.bytes).toString().trim().replaceAll(/ +/g, ' '), `${head}a=b`);
});
