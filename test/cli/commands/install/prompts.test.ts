/** Every question of an interactive installation, its checks and what comes of it. */
import test from 'ava';
import {
  askForTask,
  completeRequest,
  introduction,
} from '../../../../src/cli/commands/install/questions/prompts.ts';
import { withWayBack } from '../../../../src/cli/terminal/way-back.ts';
import type { DiskFacts } from '../../../../src/disk/facts.ts';
import { refused } from '../../../../src/errors.ts';
import { type InstallRequest, requestOf } from '../../../../src/install/request.ts';
import { type FakeSetup, fakeHost } from '../../../fakes/host.ts';
import { disk, facts } from '../../../install/fixtures.ts';
import { esc, type Script, scriptedAsk } from './scripted-ask.ts';

const request = requestOf({ device: undefined, isoUrl: undefined }, {}, {});
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
/** Of that key, by `ssh-keygen -l`. */
const fingerprint = 'SHA256:g+DuQv+kyNnFa4KbxrqpkMOsaxpFETtXaV8fWVamq8k';

async function complete(
  script: Script,
  setup: FakeSetup = {},
  more: { machine?: ReturnType<typeof facts>; request?: Partial<InstallRequest>; dcp?: string } = {},
) {
  const ask = scriptedAsk(...script);
  const host = fakeHost(setup);
  let told = '';
  const tell = (text: string) => {
    told += text;
  };
  const completed = await withWayBack(ask, tell, (talk) =>
    completeRequest(host, talk, { ...request, ...more.request }, more.machine ?? facts(), more.dcp ?? ''),
  );
  return { completed, config: completed.config, heard: ask.heard, left: ask.left, told, ran: host.ran };
}

const noName = [/Host name/, ''] as const;
const withKey = [
  [/log in/, 'public key'],
  [/Public key/, key],
] as const;

test('Enter installs to a disk', async (t) => {
  t.is(await askForTask(scriptedAsk([/What would you like to do/, '']), request, 'v1'), 'install');
});

test('the other choice', async (t) => {
  t.is(await askForTask(scriptedAsk([/What would you like to do/, 'Configure']), request, 'v1'), 'configure');
});

test('an image without DCP leaves one answer: it is not asked', async (t) => {
  t.is(await askForTask(scriptedAsk(), request, ''), 'install');
});

test('who names a disk or a configuration is not asked', async (t) => {
  const ask = scriptedAsk();
  t.is(await askForTask(ask, { ...request, device: '/dev/vda' }, 'v1'), 'install');
  t.is(await askForTask(ask, { ...request, configUrl: '/c.yaml' }, 'v1'), 'install');
  t.is(await askForTask(ask, { ...request, noFormat: true }, 'v1'), 'install');
});

test('the introduction fits a console and says how to leave', (t) => {
  t.true(introduction.split('\n').every((line) => line.length <= 79));
  t.regex(introduction, /Esc.*Ctrl-C/s);
});

test('a password: typed again until both are the same, kept as a hash, never empty', async (t) => {
  const { config, ran, heard, left, told } = await complete(
    [
      [/log in/, 'password'],
      ...([
        [/^Password/, ''],
        [/^Password/, 'one'],
        [/Repeat the password/, 'two'],
        [/^Password/, 'one'],
        [/Repeat the password/, 'one'],
      ] as const),
      noName,
    ],
    { tools: { openssl: (_, { input }) => `$6$${String(input).trim()}\n` } },
  );
  t.is(config['bos.password'], '$6$one');
  t.deepEqual(left, []);
  t.deepEqual(ran, ['openssl passwd -6 -stdin']);
  t.true(heard.includes('The password cannot be empty.'));
  t.regex(told, /\nThe passwords differ\.\nPassword: set, but weak: it has fewer than 8 characters\..*\n$/);
});

const published = (user: string, body: string): FakeSetup => ({
  http: async (url) => {
    if (url !== `https://github.com/${user}.keys`) throw refused('url-status', `${url} answered 404`);
    return { status: 200, headers: {}, body: Buffer.from(body) };
  },
});

test('keys of a GitHub user: the name is checked, the keys are fetched and shown before they are used', async (t) => {
  const { config, heard, told } = await complete(
    [
      [/log in/, 'GitHub'],
      [/GitHub user/, 'a b'],
      [/GitHub user/, 'nobody'],
      [/GitHub user/, ' octocat '],
      [/Use this key/, true],
      noName,
    ],
    published('octocat', `${key}\n`),
  );
  t.deepEqual(config.ssh_authorized_keys, [`${key} github:octocat`]);
  t.true(told.endsWith(`Keys of octocat on GitHub:\n  ssh-ed25519 ${fingerprint} github:octocat\n`));
  t.regex(heard.join('\n'), /expected a user name on GitHub/);
  t.regex(heard.join('\n'), /nobody\.keys answered 404 \(Esc: another way\)/);
});

test('a user without keys is told, and keys that are not wanted lead back to the question', async (t) => {
  const { config, heard } = await complete(
    [[/log in/, 'GitHub'], [/GitHub user/, 'octocat'], [/GitHub user/, esc], ...withKey, noName],
    published('octocat', ''),
  );
  t.deepEqual(config.ssh_authorized_keys, [key]);
  t.true(heard.includes('octocat has not published any keys there (Esc: another way)'));
  const again = await complete(
    [[/log in/, 'GitHub'], [/GitHub user/, 'octocat'], [/Use this key/, false], ...withKey, noName],
    published('octocat', `${key}\n`),
  );
  t.deepEqual(again.config.ssh_authorized_keys, [key]);
});

test('GitLab has keys too', async (t) => {
  const asked: string[] = [];
  const { config } = await complete(
    [[/log in/, 'GitLab'], [/GitLab user/, 'octocat'], [/Use this key/, true], noName],
    {
      http: async (url) => {
        asked.push(url);
        return { status: 200, headers: {}, body: Buffer.from(key) };
      },
    },
  );
  t.deepEqual(config.ssh_authorized_keys, [`${key} gitlab:octocat`]);
  t.deepEqual(asked, ['https://gitlab.com/octocat.keys'], 'fetched once');
});

test('a public key is checked where it is typed', async (t) => {
  const { heard, config } = await complete([
    [/log in/, 'public key'],
    [/Public key/, 'ssh-ed25519 AAAA'],
    [/Public key/, 'https://example.com/keys'],
    [/Public key/, ` ${key}\n`],
    noName,
  ]);
  t.is(heard.filter((line) => /expected a public key/.test(line)).length, 2);
  t.deepEqual(config.ssh_authorized_keys, [key]);
});

test('a configuration by URL is fetched and checked where it is typed, and says everything else', async (t) => {
  const { completed, heard } = await complete(
    [
      [/log in/, 'configuration'],
      [/URL/, 'example.com'],
      [/URL/, '/none.yaml'],
      [/URL/, '/nologin.yaml'],
      [/URL/, '/good.yaml'],
    ],
    { files: { '/nologin.yaml': 'hostname: a\n', '/good.yaml': 'bos: {password: x}\n' } },
    { dcp: 'v1' },
  );
  t.is(completed.configUrl, '/good.yaml');
  t.regex(heard.join('\n'), /expected an http.*\/none\.yaml cannot be read.*nobody a way to log in/s);
});

test('of several disks one is chosen, before the login', async (t) => {
  const machine = facts({ disks: [disk(), disk({ path: '/dev/vdb', serial: 'S2' })] });
  const { completed } = await complete([[/which disk/, '/dev/vdb'], ...withKey, noName], {}, { machine });
  t.is(completed.device, '/dev/vdb');
});

test('Enter alone takes no disk with data while there is one without', async (t) => {
  const full = disk({ content: 'data', contentSummary: 'ext4 "home"' });
  const spare = disk({ path: '/dev/vdb', serial: 'S2' });
  const chosen = async (disks: DiskFacts[]) =>
    (await complete([[/which disk/, ''], ...withKey, noName], {}, { machine: facts({ disks }) })).completed
      .device;
  t.is(await chosen([full, spare]), '/dev/vdb');
  t.is(await chosen([full, { ...full, path: '/dev/vdb' }]), '/dev/vda');
});

test('disks that are not among the choices are named, with the reason', async (t) => {
  const small = disk({ path: '/dev/vdb', size: 10 ** 9 });
  const medium = disk({ path: '/dev/vdc', bootMedium: true });
  const { told } = await complete(
    [...withKey, noName],
    {},
    { machine: facts({ disks: [disk(), small, medium] }) },
  );
  t.regex(
    told,
    /^Not offered: \/dev\/vdb has 1 GB, .* needs [\d.]+ GB; \/dev\/vdc is the disk that .* from\.\n/,
  );
  const named = await complete(
    [...withKey, noName],
    {},
    {
      machine: facts({ disks: [disk(), small] }),
      request: { device: '/dev/vda' },
    },
  );
  t.is(named.told, '');
});

test('after two passwords that differ, Esc goes back to the way to log in', async (t) => {
  const { config, left } = await complete([
    [/log in/, 'password'],
    [/^Password/, 'one'],
    [/Repeat the password/, 'two'],
    [/^Password/, esc],
    ...withKey,
    noName,
  ]);
  t.deepEqual(config.ssh_authorized_keys, [key]);
  t.deepEqual(left, []);
});

test('without formatting no disk is asked for: a partition is named, or labelled', async (t) => {
  const machine = facts({ disks: [disk(), disk({ path: '/dev/vdb', serial: 'S2' })] });
  const { completed } = await complete([...withKey, noName], {}, { machine, request: { noFormat: true } });
  t.is(completed.device, undefined);
});

test('a host name is checked where it is typed; none is one that is generated', async (t) => {
  const { config, heard } = await complete([...withKey, [/Host name/, 'node_1'], [/Host name/, ' node1 ']]);
  t.is(config.hostname, 'node1');
  t.regex(heard.join('\n'), /expected a host name/);
  t.false('hostname' in (await complete([...withKey, noName])).config);
});

const radio: FakeSetup = {
  files: { '/sys/class/net/wlan0/phy80211': '', '/sys/class/net/eth0/mtu': '1500' },
};

test('a wireless network, where there is a radio', async (t) => {
  const { config, heard } = await complete(
    [
      ...withKey,
      noName,
      [/Wireless/, 'x'.repeat(33)],
      [/Wireless/, 'attic'],
      [/Passphrase for attic/, 'short'],
      [/Passphrase for attic/, 'long enough'],
    ],
    radio,
  );
  t.deepEqual(config['bos.wifi'], [{ name: 'attic', passphrase: 'long enough' }]);
  t.regex(heard.join('\n'), /at most 32/);
  t.regex(heard.join('\n'), /WPA takes 8 to 63/);
  t.false(heard.some((line) => /long enough/.test(line)));
});

test('an open network, and none', async (t) => {
  const open = await complete([...withKey, noName, [/Wireless/, 'cafe'], [/Passphrase/, '']], radio);
  t.deepEqual(open.config['bos.wifi'], [{ name: 'cafe' }]);
  t.false('bos.wifi' in (await complete([...withKey, noName, [/Wireless/, '']], radio)).config);
});

test('an agent and a server, where the image has DCP', async (t) => {
  const agent = await complete(
    [
      ...withKey,
      noName,
      [/What should this system be/, 'agent'],
      [/Server URL/, 'http://myserver:6443'],
      [/Server URL/, 'https://myserver:6443'],
      [/Token/, 'secret'],
    ],
    {},
    { dcp: 'v1' },
  );
  t.is(agent.config['bos.server_url'], 'https://myserver:6443');
  t.is(agent.config['bos.token'], 'secret');
  const server = await complete([...withKey, noName, [/system be/, ''], [/Token/, '']], {}, { dcp: 'v1' });
  t.deepEqual(Object.keys(server.config), ['ssh_authorized_keys']);
});

test('what the command line says is not asked', async (t) => {
  const given = {
    'bos.password': 'x',
    hostname: 'node1',
    'bos.wifi': [{ name: 'attic' }],
    'bos.server_url': 'https://myserver:6443',
  };
  const { config, heard } = await complete([], radio, { dcp: 'v1', request: { config: given } });
  t.deepEqual(config, given);
  t.deepEqual(heard, []);
});

test('Esc goes back over questions of different kinds', async (t) => {
  const { config, left } = await complete([
    ...withKey,
    [/Host name/, esc],
    [/Public key/, esc],
    ...withKey,
    [/Host name/, 'node2'],
  ]);
  t.deepEqual(config, { ssh_authorized_keys: [key], hostname: 'node2' });
  t.deepEqual(left, []);
});
