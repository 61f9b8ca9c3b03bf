/** What is carried over of a server with a fixed address, and what is left out. */
import test from 'ava';
import { merge } from '../../../../src/config/sources/merge.ts';
import { configSizeLimit, parseConfigYaml } from '../../../../src/config/yaml/yaml.ts';
import { OpsError } from '../../../../src/errors.ts';
import { sha256Of } from '../../../../src/host/digest.ts';
import { gatherCarried } from '../../../../src/install/takeover/carry/carried.ts';
import { carriedKinds, carryKinds } from '../../../../src/install/takeover/carry/kinds.ts';
import { holdsOf, hostKeySteps, warningsOf } from '../../../../src/install/takeover/carry/steps.ts';
import { checkedOver } from '../../../../src/install/takeover/carry/under.ts';
import type { FakeSetup } from '../../../fakes/host.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { request } from '../../fixtures.ts';

const key = (letter: string, comment: string) =>
  `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)} ${comment}`;
const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----\n';
const eth0 = {
  ...{ ifname: 'eth0', flags: ['UP'], mtu: 1400, link_type: 'ether', address: '52:54:00:12:34:56' },
  addr_info: [{ family: 'inet', local: '203.0.113.15', prefixlen: 32, scope: 'global' }],
};
const ip = (args: readonly string[]) => {
  const asked = args.join(' ');
  if (asked.includes('address')) return JSON.stringify([eth0]);
  if (asked === '-j -4 route show')
    return JSON.stringify([{ dst: 'default', gateway: '203.0.113.2', dev: 'eth0', protocol: 'static' }]);
  return '[]';
};

function server({ files, tools }: FakeSetup = {}) {
  const host = fakeHost({
    files: {
      '/proc/sys/kernel/hostname': 'shop.example\n',
      '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n',
      '/etc/resolv.conf': 'nameserver 127.0.0.53\n',
      '/run/systemd/resolve/resolv.conf': 'nameserver 203.0.113.3\n',
      '/etc/ssh/ssh_host_ed25519_key': secret,
      '/etc/ssh/ssh_host_ed25519_key.pub': `${key('H', 'root@shop')}\n`,
      '/srv/keys/host': secret,
      '/srv/keys/host.pub': 'ecdsa-sha2-nistp256 AAAA\n',
      '/root/.ssh/authorized_keys': `# ours\n${key('B', 'root')}\ncommand="echo no" ${key('C', 'c')}\nssh-rsa x\n`,
      '/home/ann/.ssh/authorized_keys': `from="192.0.2.0/24" ${key('A', 'ann')}\n${key('B', 'root')}\n`,
      ...files,
    },
    tools: {
      ip,
      ...tools,
    },
  });
  return Object.assign(host, { system: { ...host.system, env: { SUDO_USER: 'ann' } } });
}
const all = new Set(carryKinds);

test('the network as the kernel has it, keys of root and of who typed it, host keys by digest, the host name', async (t) => {
  const { config, hostKeys, words, warnings } = await gatherCarried(server(), all);
  t.deepEqual(config, {
    'bos.network': [
      {
        ...{ name: 'eth0', mac: '52:54:00:12:34:56', mtu: '1400', addresses: ['203.0.113.15/32'] },
        ...{ gateway4: '203.0.113.2', on_link: 'true', nameservers: ['203.0.113.3'] },
      },
    ],
    ssh_authorized_keys: [key('B', 'root'), `from="192.0.2.0/24" ${key('A', 'ann')}`],
    hostname: 'shop.example',
  });
  t.deepEqual(
    hostKeys.map(({ path, name, sha256 }) => [path, name, sha256]),
    [
      ['/etc/ssh/ssh_host_ed25519_key', 'ssh_host_ed25519_key', sha256Of(secret)],
      [
        '/etc/ssh/ssh_host_ed25519_key.pub',
        'ssh_host_ed25519_key.pub',
        sha256Of(`${key('H', 'root@shop')}\n`),
      ],
    ],
  );
  t.deepEqual(
    [...words.values()],
    [
      'the network: eth0 (52:54:00:12:34:56) 203.0.113.15/32 by 203.0.113.2 name servers 203.0.113.3 MTU 1400',
      'the ssh key of root and 2 ssh keys of ann',
      'the host name shop.example',
    ],
  );
  t.deepEqual(
    warnings.map(({ key: about, message }) => `${about}: ${message}`),
    [
      'ssh_authorized_keys: a line of the authorized_keys of root has command; it is left out',
      'ssh_authorized_keys: a line of the authorized_keys of root is not a key that sshd takes; it is left out',
    ],
  );
});

test('behind `sudo su -`, who has logged in is known by number', async (t) => {
  for (const [loginuid, users] of [
    ['1000', 'the ssh key of root and 2 ssh keys of ann'],
    ['0', 'the ssh key of root'],
    // Nobody, and an account that is not in the file.
    ['4294967295', 'the ssh key of root'],
    ['1001\n', 'the ssh key of root'],
    ['', 'the ssh key of root'],
  ] as const) {
    const host = server({ files: { '/proc/self/loginuid': loginuid } });
    const carried = await gatherCarried({ ...host, system: { ...host.system, env: {} } }, all);
    t.is(carried.words.get('ssh_authorized_keys'), users, loginuid);
  }
});

test('where sshd keeps its keys elsewhere, it is asked', async (t) => {
  const sshd = () =>
    'port 22\nhostkey /srv/keys/host\nauthorizedkeysfile /etc/keys/%u none\nauthorizedkeyscommand /usr/bin/cloud\ntrustedusercakeys none\n';
  const host = server({ files: { '/etc/keys/ann': key('E', 'ann') }, tools: { sshd } });
  const { config, hostKeys, warnings } = await gatherCarried(host, all);
  t.deepEqual(config.ssh_authorized_keys, [key('E', 'ann')]);
  t.deepEqual(
    hostKeys.map(({ name }) => name),
    ['ssh_host_ecdsa_key', 'ssh_host_ecdsa_key.pub'],
  );
  t.regex(warnings[0]?.message ?? '', /^keys by AuthorizedKeysCommand of sshd cannot be carried over$/);
});

test('each can be left out, and nothing of a machine that becomes an image is carried', async (t) => {
  t.deepEqual([...carriedKinds(undefined, false)], [...carryKinds]);
  t.deepEqual([...carriedKinds(['network', 'hostname'], false)], ['host-keys', 'authorized-keys']);
  t.deepEqual([...carriedKinds(['all'], false), ...carriedKinds(undefined, true)], []);
  const none = await gatherCarried(server(), new Set());
  t.deepEqual([none.config, none.hostKeys, none.warnings], [{}, [], []]);
});

test('without ip, the network stays behind, and that is said; localhost is no name', async (t) => {
  const host = server({ files: { '/proc/sys/kernel/hostname': 'localhost\n' } });
  host.tools.delete('ip');
  const { config, warnings } = await gatherCarried(host, new Set(['network', 'hostname']));
  t.deepEqual(config, {});
  t.regex(warnings[0]?.message ?? '', /cannot be read, and is not carried over: ip is not installed/);
});

test("a person's own key wins, and the plan says so", async (t) => {
  const carried = await gatherCarried(server(), all);
  const own = {
    config: { ...carried.config, hostname: 'mine' },
    fromBelow: ['ssh_authorized_keys'] as const,
  };
  const said = holdsOf(carried, { ...own, fromBelow: ['bos.network', 'ssh_authorized_keys'] });
  t.regex(
    said ?? '',
    /^from this system the network: eth0 .*; the ssh key of root and 2 ssh keys of ann; as /,
  );
  t.regex(said ?? '', /as your configuration says, and not this system: hostname$/);
  // What could not be carried is no loss where the person has the key.
  t.is(warningsOf(carried, own).length, 2);
  t.is(warningsOf(carried, { ...own, fromBelow: [] }).length, 0);
});

test('DHCP alone is said, too', async (t) => {
  const link = { ...eth0, mtu: 1500, addr_info: [{ ...eth0.addr_info[0], dynamic: true }] };
  const tool = (args: readonly string[]) => (args.includes('address') ? JSON.stringify([link]) : '[]');
  const carried = await gatherCarried(server({ tools: { ip: tool } }), new Set(['network']));
  t.deepEqual(carried.config, {});
  t.is(
    holdsOf(carried, { config: {}, fromBelow: [] }),
    'from this system the network: every interface asks DHCP',
  );
});

test('host keys are files by path and digest, for root alone', async (t) => {
  const { hostKeys } = await gatherCarried(server(), all);
  const steps = hostKeySteps(hostKeys, 'mount:root');
  t.deepEqual(
    steps.map((step) => [step.id, step.kind === 'write-file' ? step.mode.toString(8) : '']),
    [
      ['make-host-key-folder', ''],
      ['write-ssh-host-ed25519-key', '600'],
      ['write-ssh-host-ed25519-key-pub', '644'],
    ],
  );
  t.deepEqual(steps[0], {
    ...{ id: 'make-host-key-folder', kind: 'make-folders', at: 'mount:root' },
    folders: [{ path: 'bos/system/carried-ssh', mode: 0o700 }],
  });
  t.notRegex(JSON.stringify(steps), /PRIVATE/);
  t.deepEqual(hostKeySteps([], 'mount:root'), []);
});

test('a network that no list can hold is said, and refused: nobody could confirm the new system', async (t) => {
  // Longer than a configuration may be.
  const domain = (at: number) => `${[...'abc'].map((letter) => letter.repeat(60)).join('.')}.n${at}`;
  const domains = Array.from({ length: configSizeLimit / domain(0).length }, (_, at) => domain(at));
  const files = { '/etc/resolv.conf': `nameserver 203.0.113.3\nsearch ${domains.join(' ')}\n` };
  const host = server({ files });
  const carried = await gatherCarried(host, new Set(['network']));
  t.deepEqual(carried.lostWays, ['eth0']);
  t.deepEqual(Object.keys(carried.config), []);
  t.regex(carried.warnings.map(({ message }) => message).join(), /expected a configuration of at most/);
});

const asked = (text: string) =>
  request({ allowNoLogin: true, config: merge([parseConfigYaml(text, 'f').layer]).config });

test('without a way in it is refused with what was lost, unless a person gives a network of their own', async (t) => {
  const tool = (args: readonly string[]) => ip(args).replaceAll('eth0', 'wlan0');
  const host = server({ files: { '/sys/class/net/wlan0/phy80211': '' }, tools: { ip: tool } });
  const carried = await gatherCarried(host, new Set(['network']));
  t.deepEqual(carried.lostWays, ['wlan0']);
  const error = await t.throwsAsync(checkedOver(host, asked(''), carried, {}), {
    instanceOf: OpsError,
    code: 'takeover-network',
    message:
      'Nothing would lead to the new system: this one is reached by wlan0, which cannot be carried over',
  });
  t.is(error?.kind, 'refused');
  t.deepEqual(error?.details, ['wlan0: a wireless network cannot be carried over; it is left out']);
  for (const own of [
    'network: [{name: eth7, dhcp4: true}]',
    'wifi: [{name: attic, passphrase: long enough}]',
  ])
    await t.notThrowsAsync(checkedOver(host, asked(`bos: {${own}}`), carried, {}), own);
});
