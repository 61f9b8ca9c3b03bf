/** The keyboard layout: where it is asked for, and that it counts before the password is typed. */
import test from 'ava';
import { completeRequest } from '../../../../src/cli/commands/install/questions/prompts.ts';
import { withWayBack } from '../../../../src/cli/terminal/way-back.ts';
import { type InstallRequest, requestOf } from '../../../../src/install/request.ts';
import { type FakeHost, fakeHost, type Tool } from '../../../fakes/host.ts';
import { facts } from '../../../install/fixtures.ts';
import { esc, type Script, scriptedAsk } from './scripted-ask.ts';

interface Console {
  /** What the standard input is. */
  readonly terminal?: string;
  /** Of the kernel, the last one is /dev/console. */
  readonly consoles?: string;
  readonly live?: boolean;
  readonly loadkeys?: Tool;
}

async function machine(at: Console): Promise<FakeHost> {
  const host = fakeHost({
    files: {
      '/run/c.yaml': 'ssh_authorized_keys: [github:somebody]\n',
      ...(at.live === false ? {} : { '/run/bos/boot.json': '{}' }),
      ...(at.consoles === undefined ? {} : { '/sys/class/tty/console/active': at.consoles }),
    },
    tools: { openssl: () => '$6$salt$hash\n', loadkeys: at.loadkeys ?? (() => '') },
  });
  await host.files.makeDir('/proc/self/fd');
  await host.files.symlink(at.terminal ?? '/dev/tty1', '/proc/self/fd/0');
  return host;
}

async function completed(script: Script, at: Console = {}, more: Partial<InstallRequest> = {}) {
  const host = await machine(at);
  const ask = scriptedAsk(...script);
  const request = { ...requestOf({ device: undefined, isoUrl: undefined }, {}, {}), ...more };
  let told = '';
  const tell = (text: string) => {
    told += text;
  };
  const { config, configUrl } = await withWayBack(ask, tell, (talk) =>
    completeRequest(host, talk, request, facts(), ''),
  );
  return { config, configUrl, ran: host.ran, left: ask.left, heard: ask.heard, told };
}

const rest: Script = [
  [/log in/, 'password'],
  [/^Password/, 'a-long-password-1'],
  [/Repeat the password/, 'a-long-password-1'],
  [/Host name/, ''],
];

test('at a screen the layout is asked for, loaded before the password, and installed', async (t) => {
  const { config, ran, left } = await completed([[/Keyboard layout/, 'German'], ...rest]);
  t.deepEqual(left, []);
  t.is(config['bos.keymap'], 'de-latin1');
  t.deepEqual(ran, ['loadkeys -q -C /dev/tty0 -- de-latin1', 'openssl passwd -6 -stdin']);
});

test('Enter is US English, which needs no key', async (t) => {
  const { config } = await completed([[/Keyboard layout/, ''], ...rest]);
  t.false('bos.keymap' in config);
});

test('another keymap by its name, checked where it is typed', async (t) => {
  const { config, heard } = await completed([
    [/Keyboard layout/, 'another'],
    [/^Keymap/, 'gb'],
    [/^Keymap/, ' dvorak-de '],
    ...rest,
  ]);
  t.is(config['bos.keymap'], 'dvorak-de');
  t.regex(heard.join('\n'), /that layout is called uk here/);
});

test('Esc goes back to it, and the other choice is loaded', async (t) => {
  const { config, ran } = await completed([
    [/Keyboard layout/, 'German'],
    [/log in/, esc],
    [/Keyboard layout/, 'US'],
    ...rest,
  ]);
  t.false('bos.keymap' in config);
  t.deepEqual(ran.slice(0, 2), ['loadkeys -q -C /dev/tty0 -- de-latin1', 'loadkeys -q -C /dev/tty0 -- us']);
});

test('a layout that cannot be loaded is said, and installed all the same', async (t) => {
  const { config, told } = await completed([[/Keyboard layout/, 'French'], ...rest], {
    loadkeys: () => ({ exitCode: 1, stderr: 'no such device\n' }),
  });
  t.regex(told, /The layout cannot be used before the restart: .*loadkeys.*no such device/s);
  t.is(config['bos.keymap'], 'fr-latin9');
});

test('a configuration from a URL gets the layout, too', async (t) => {
  const { config, configUrl, left } = await completed([
    [/Keyboard layout/, 'British'],
    [/log in/, 'a configuration'],
    [/URL/, '/run/c.yaml'],
  ]);
  t.deepEqual(left, []);
  t.is(configUrl, '/run/c.yaml');
  t.deepEqual(config, { 'bos.keymap': 'uk' });
});

test('/dev/console is a screen when the last console of the kernel is one', async (t) => {
  const asked = [[/Keyboard layout/, ''], ...rest] as const;
  t.deepEqual((await completed(asked, { terminal: '/dev/console', consoles: 'ttyS0 tty0\n' })).left, []);
  t.deepEqual((await completed(rest, { terminal: '/dev/console', consoles: 'tty0 ttyS0\n' })).left, []);
  t.deepEqual((await completed(rest, { terminal: '/dev/console' })).left, []);
});

test('it is not asked where the keymap does not count, is not ours, or is given', async (t) => {
  for (const at of [
    { terminal: '/dev/ttyS0' },
    { terminal: '/dev/pts/0' },
    { terminal: '/dev/tty' },
    { live: false },
  ])
    t.deepEqual((await completed(rest, at)).ran, ['openssl passwd -6 -stdin'], JSON.stringify(at));
  const { config } = await completed(rest, {}, { config: { 'bos.keymap': 'fr' } });
  t.is(config['bos.keymap'], 'fr');
});
