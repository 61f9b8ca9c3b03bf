/** The keys of the installer in the config.yaml of its medium. */
import test from 'ava';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { withMediumKeys } from '../../../src/install/medium/own-keys.ts';
import { fakeHost } from '../../fakes/host.ts';

const path = '/bos/system/config.yaml';
const keysOf = (line: string, text?: string, started = true, request = '0') =>
  withMediumKeys(
    fakeHost({ files: text === undefined ? {} : { [path]: text } }),
    parseCommandLine(line).layer,
    { started, line: request },
  );
const silent = 'bos: {install: {silent: true, device: /dev/vda}}\n';

test('without a file, or without such keys, the command line alone counts', async (t) => {
  const alone = { config: { hostname: 'a' }, origins: [] };
  t.deepEqual(await keysOf('hostname=a'), alone);
  t.deepEqual(await keysOf('hostname=a', 'hostname: b\nbos: {password: x}\n'), alone);
  t.deepEqual(await keysOf('hostname=a', 'run_cmd: [{a: b}]\n'), alone);
  t.deepEqual(await keysOf('hostname=a', 'k3os: {token: x}\n', false), alone);
});

test('a silent file is the configuration to install, unless one is named', async (t) => {
  const { config, origins, silentBy } = await keysOf('', silent);
  t.deepEqual(config, {
    'bos.install.silent': true,
    'bos.install.device': '/dev/vda',
    'bos.install.config_url': path,
  });
  t.is(origins.length, 2);
  t.regex(silentBy ?? '', /^[0-9a-f]{16}\.[0-9a-f]{16}$/);
  const named = await keysOf('bos.install.config_url=https://a.example/c', silent);
  t.is(named.config['bos.install.config_url'], 'https://a.example/c');
  const onLine = await keysOf('bos.install.silent', silent);
  t.is(onLine.silentBy, undefined);
  t.is(onLine.config['bos.install.config_url'], undefined);
});

test('the same request, whatever changes nothing of what is installed; the file is another one', async (t) => {
  const idOf = async (text: string, request?: string) =>
    ((await keysOf('quiet', text, true, request)).silentBy ?? '').split('.');
  const [words, file] = await idOf(silent);
  const more = 'bos: {install: {device: /dev/vda, debug: true, power_off: true, silent: true}}';
  t.is((await idOf(more))[0], words);
  t.not((await idOf(more))[1], file);
  t.not((await idOf(silent.replace('vda', 'vdb')))[0], words);
  t.deepEqual(await idOf(silent, 'other'), [words, (await idOf(silent, 'other'))[1]]);
  t.not((await idOf(silent, 'other'))[1], file);
});

test('a digest in the file is not for an ISO of the command line', async (t) => {
  const digest = '0f'.repeat(32);
  const text = `bos: {install: {iso_url: "https://a.example/a.iso", iso_sha256: "${digest}"}}\n`;
  t.is((await keysOf('', text)).config['bos.install.iso_sha256'], digest);
  t.is((await keysOf('bos.install.iso_url=/b.iso', text)).config['bos.install.iso_sha256'], undefined);
});

test('a file in which nobody knows what it asks for is refused', async (t) => {
  await t.throwsAsync(keysOf('', 'bos: {install: {silent: yes}}'), { code: 'config-invalid' });
  await t.throwsAsync(keysOf('', 'bos: [\n'), { code: 'config-invalid' });
  await t.throwsAsync(keysOf('', 'k3os: {install: {silent: true}}'), { code: 'config-invalid' });
  t.deepEqual(await keysOf('', 'bos: [\n', false), { config: {}, origins: [] });
});
