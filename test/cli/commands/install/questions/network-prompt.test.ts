/** The installer's questions for the network: what they refuse as it is typed, and what comes of the answers. */
import test from 'ava';
import { completeRequest } from '../../../../../src/cli/commands/install/questions/prompts.ts';
import { withWayBack } from '../../../../../src/cli/terminal/way-back.ts';
import { requestOf } from '../../../../../src/install/request.ts';
import { type FakeSetup, fakeHost } from '../../../../fakes/host.ts';
import { facts } from '../../../../install/fixtures.ts';
import { esc, type Script, scriptedAsk } from '../scripted-ask.ts';

const request = requestOf({ device: undefined, isoUrl: undefined }, {}, {});
const liveFile = '/var/lib/bhojpur/os/config.d/zz-installer.yaml';

function card(name: string, index: number, carrier = '1'): Record<string, string> {
  const files = { address: `52:54:00:00:00:0${index}`, type: '1', ifindex: String(index), carrier };
  return {
    [`/sys/class/net/${name}/device/vendor`]: '0x1af4',
    ...Object.fromEntries(
      Object.entries(files).map(([file, text]) => [`/sys/class/net/${name}/${file}`, text]),
    ),
  };
}

/** Neighbours by address; whoever is not among them does not answer. */
function ip(neighbours: Readonly<Record<string, string>>, addresses: readonly string[] = []) {
  return (args: readonly string[]) => {
    if (args.includes('address')) return JSON.stringify([{ addr_info: addresses }]);
    if (!args.includes('show')) return '';
    const [address = ''] = args.slice(args.indexOf('to') + 1);
    const lladdr = neighbours[address];
    return JSON.stringify([lladdr === undefined ? { state: ['FAILED'] } : { lladdr, state: ['REACHABLE'] }]);
  };
}

interface Setup extends FakeSetup {
  readonly given?: Parameters<typeof completeRequest>[2]['config'];
}

async function complete(script: Script, { given = {}, ...setup }: Setup) {
  const ask = scriptedAsk(...script, [/Host name/, '']);
  const host = fakeHost({ ...setup, tools: { ip: ip({}), systemctl: () => '', ...setup.tools } });
  let told = '';
  const start = { ...request, allowNoLogin: true, config: given };
  const { config } = await withWayBack(
    ask,
    (text) => {
      told += text;
    },
    (talk) => completeRequest(host, talk, start, facts(), ''),
  );
  const live = await host.files.readText(liveFile).catch(() => undefined);
  return { network: config['bos.network'], heard: ask.heard, left: ask.left, told, host, live };
}

const one = { files: card('eth0', 1) };
const way = /How does this machine get its network address/;
const fixed = [way, 'fixed'] as const;
const noServers = [/Name servers/, ''] as const;

test('Enter is DHCP, which is nothing to write', async (t) => {
  const { network, left, host } = await complete([[way, '']], one);
  t.is(network, undefined);
  t.deepEqual(left, []);
  t.deepEqual(host.ran, []);
});

test('not asked: with a list that is given, and where there is no wired card', async (t) => {
  const given = { 'bos.network': [{ name: 'eth7', mtu: '1400' }] };
  t.deepEqual((await complete([], { ...one, given })).network, given['bos.network']);
  const radio = { '/sys/class/net/wlan0/device/vendor': '', '/sys/class/net/wlan0/type': '1' };
  t.is((await complete([], { files: { ...radio, '/sys/class/net/lo/type': '772' } })).network, undefined);
});

test('one card is named, an address is checked as it is typed, and found by its MAC address later', async (t) => {
  const { network, heard, told, left } = await complete(
    [
      fixed,
      [/^Address/, '192.168.1.10'],
      [/^Address/, '127.0.0.1.1/8'],
      [/^Address/, '224.0.0.5/24'],
      [/^Address/, ' 192.168.1.10/24 '],
      [/^Gateway/, '192.168.1'],
      [/^Gateway/, '192.168.1.10'],
      [/^Gateway/, '2001:db8::1'],
      [/^Gateway/, '192.168.1.1'],
      [/^Name servers/, '192.168.1.53, dns.example'],
      [/^Name servers/, '192.168.1.53, 2001:db8::53 192.168.1.53'],
    ],
    one,
  );
  t.deepEqual(network, [
    {
      name: 'eth0',
      mac: '52:54:00:00:00:01',
      addresses: ['192.168.1.10/24'],
      gateway4: '192.168.1.1',
      nameservers: ['192.168.1.53', '2001:db8::53'],
    },
  ]);
  t.deepEqual(left, []);
  t.true(told.endsWith('\nInterface: eth0, 52:54:00:00:00:01, connected.\n'));
  const said = heard.join('\n');
  t.regex(said, /expected an address with the length of its network/);
  t.regex(said, /224\.0\.0\.5\/24 cannot be the address of an interface/);
  t.regex(said, /is the address of this machine itself/);
  t.is(heard.filter((line) => line === 'expected an IPv4 address, such as 192.168.1.1').length, 2);
  t.regex(said, /a name server cannot be given by name/);
});

test('an address that somebody has is refused, with who it is', async (t) => {
  const { network, heard, host } = await complete(
    [fixed, [/^Address/, '10.0.0.5/8'], [/^Address/, '10.0.0.6/8'], [/^Gateway/, ''], noServers],
    { ...one, tools: { ip: ip({ '10.0.0.5': '52:54:00:aa:bb:cc' }) } },
  );
  t.true(heard.includes('10.0.0.5 is in use: 52:54:00:aa:bb:cc on this network has it'));
  t.deepEqual(network, [{ name: 'eth0', mac: '52:54:00:00:00:01', addresses: ['10.0.0.6/8'] }]);
  t.true(host.ran.includes('ip neigh replace 10.0.0.6 dev eth0 use'));
  t.true(host.ran.includes('ip neigh del 10.0.0.6 dev eth0'), 'nothing stays of the question');
});

test('without a cable nobody can be asked, which is said', async (t) => {
  const { told, network } = await complete([fixed, [/^Address/, '10.0.0.5/8'], [/^Gateway/, ''], noServers], {
    files: card('eth0', 1, '0'),
  });
  t.regex(told, /eth0, 52:54:00:00:00:01, no connection\./);
  t.regex(told, /eth0 has no connection: whether 10\.0\.0\.5 is in use is not known\.\n/);
  t.is(network?.length, 1);
});

test('a gateway outside is one on the link, if that is said; else it is asked for again', async (t) => {
  const outside = /^Is the gateway reached directly all the same\?/;
  const address = [/^Address/, '203.0.113.15/32'] as const;
  const yes = await complete([fixed, address, [/^Gateway/, '203.0.113.2'], [outside, true], noServers], one);
  t.regex(yes.told, /^203\.0\.113\.2 is outside of 203\.0\.113\.15\/32\.$/m);
  t.like(yes.network?.[0], { gateway4: '203.0.113.2', on_link: 'true' });
  const no = await complete(
    [fixed, address, [/^Gateway/, '203.0.113.2'], [outside, false], [/^Gateway/, ''], noServers],
    one,
  );
  t.false('gateway4' in (no.network?.[0] ?? {}));
});

test('IPv6: one that is link-local is on the link by itself', async (t) => {
  const { network } = await complete(
    [fixed, [/^Address/, '2001:db8::5/128'], [/^Gateway/, '10.0.0.1'], [/^Gateway/, 'fe80::1'], noServers],
    one,
  );
  t.deepEqual(network, [
    { name: 'eth0', mac: '52:54:00:00:00:01', addresses: ['2001:db8::5/128'], gateway6: 'fe80::1' },
  ]);
});

test('of several cards one is chosen; Esc goes back to them', async (t) => {
  const { network, told } = await complete(
    [
      fixed,
      [/Which interface/, 'eth0'],
      [/^Address/, esc],
      [/Which interface/, 'eth1, 52:54:00:00:00:02, no connection'],
      [/^Address/, '10.0.0.5/8'],
      [/^Gateway/, ''],
      noServers,
    ],
    { files: { ...card('eth1', 2, '0'), ...card('eth0', 1) } },
  );
  t.like(network?.[0], { name: 'eth1', mac: '52:54:00:00:00:02' });
  t.notRegex(told, /Interface:/);
});

const live = (addresses: readonly string[] = []) => ({
  files: {
    ...card('eth0', 1),
    '/run/bos/boot.json': '{"mode":"install","state":""}',
    '/proc/cmdline': 'quiet',
  },
  tools: { ip: ip({}, addresses) },
});
const answers = [fixed, [/^Address/, '10.0.0.5/8'], [/^Gateway/, ''], noServers] as const;
const now = /Use this address now, too\?/;

test('in a live system of ours it is set up at once, if that is wanted', async (t) => {
  const wanted = await complete([...answers, [now, true]], live());
  t.deepEqual(JSON.parse(wanted.live ?? ''), { bos: { network: wanted.network } });
  t.regex(
    await wanted.host.files.readText('/var/lib/connman/bos-network.config'),
    /^IPv4=10\.0\.0\.5\/255\.0\.0\.0$/m,
  );
  t.true(wanted.host.ran.includes('systemctl restart connman.service'));
  t.true(wanted.told.endsWith('Network: set up.\n'));
  const unwanted = await complete([...answers, [now, false]], live());
  t.is(unwanted.live, undefined);
  t.is(unwanted.network?.length, 1);
});

test('back to DHCP takes it back', async (t) => {
  const {
    live: file,
    network,
    host,
  } = await complete(
    [...answers, [now, true], [/Host name/, esc], [now, esc], ...backToWay, [way, 'DHCP']],
    live(),
  );
  t.is(file, undefined);
  t.is(network, undefined);
  t.is(host.ran.filter((line) => line === 'systemctl restart connman.service').length, 2);
  t.false(await host.files.exists('/var/lib/connman/bos-network.config'));
});
const backToWay: Script = [
  [/Name servers/, esc],
  [/^Gateway/, esc],
  [/^Address/, esc],
];

test('what cannot be set up is said, and is for the installed system all the same', async (t) => {
  const systemctl = () => ({ exitCode: 1, stderr: 'Job failed' });
  const { network, told } = await complete([...answers, [now, true]], {
    ...live(),
    tools: { ip: ip({}), systemctl },
  });
  t.is(network?.length, 1);
  t.regex(told, /The network is not set up before the restart: [\s\S]*\n$/);
});
