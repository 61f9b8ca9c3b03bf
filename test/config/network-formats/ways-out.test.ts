/** By which interfaces a machine is reached, and whether one of them is left once its network has been carried over. */
import test from 'ava';
import type { Interface } from '../../../src/config/checks/network/model.ts';
import { fromRunning, type RunningNetwork } from '../../../src/config/network-formats/from-running.ts';
import { lostWays } from '../../../src/config/network-formats/ways-out.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

const address = (local: string, prefixlen: number, more: object = {}) => ({
  ...{ family: local.includes(':') ? 'inet6' : 'inet', local, prefixlen, scope: 'global' },
  ...more,
});
const card = (ifname: string, addr_info: readonly object[], more: object = {}) => ({
  ...{ ifname, link_type: 'ether', flags: ['UP'], mtu: 1500, address: '52:54:00:12:34:56', addr_info },
  ...more,
});
const lo = card('lo', [address('127.0.0.1', 8)], { link_type: 'loopback' });
const leased = { dynamic: true };
const running = (
  links: unknown[],
  fourth: unknown[] = [],
  sixth: unknown[] = [],
  more = {},
): RunningNetwork => ({
  ...{ links: [lo, ...links], routes: [fourth, sixth], resolvConf: '' },
  ...more,
});
const gateway = (dev: string, more: object = {}) => ({
  dst: 'default',
  dev,
  gateway: '203.0.113.2',
  ...more,
});

/** What is lost by what is carried of it. */
function lost(network: RunningNetwork): readonly string[] {
  const { layer } = parseConfigYaml(JSON.stringify(fromRunning(network).config), 'f');
  return lostWays(network, merge([layer]).config['bos.network'] ?? []);
}

const fixed = card('eth0', [address('203.0.113.15', 24)]);

test('what is carried as it is leads to the machine: fixed, by DHCP, without a way out, one of two kinds', (t) => {
  const sixth = card('eth0', [address('2001:db8::15', 64)]);
  const both = card('eth0', [address('203.0.113.15', 24), address('2001:db8::15', 64)]);
  const made = card('office', [address('10.5.0.7', 24, leased)], {
    ...{ link: 'eth0', linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 5 } } },
  });
  for (const network of [
    running([fixed], [gateway('eth0')]),
    running([fixed]),
    running([card('eth0', [address('10.0.2.15', 24, leased)])], [gateway('eth0', { protocol: 'dhcp' })]),
    running([sixth], [], [{ dst: 'default', dev: 'eth0', gateway: 'fe80::1', protocol: 'ra' }]),
    // The other kind has no gateway that can be carried.
    running([both], [gateway('eth0')], [{ dst: 'default', dev: 'eth0' }]),
    running([card('eth0', []), made], [gateway('office', { protocol: 'dhcp' })]),
    // Nobody reaches it now.
    running([card('eth0', [])]),
    running([]),
  ])
    t.deepEqual(lost(network), []);
});

test('lost is what leads by a radio, a VPN, an interface of another kind, or a route without a gateway', (t) => {
  const other = (ifname: string, link_type: string, info_kind?: string) =>
    card(ifname, [address('203.0.113.15', 24)], { link_type, linkinfo: { info_kind } });
  const idle = card('eth1', []);
  for (const [name, network] of [
    [
      'wlan0',
      running([card('wlan0', [address('10.0.0.7', 24, leased)]), idle], [gateway('wlan0')], [], {
        wireless: ['wlan0'],
      }),
    ],
    ['ppp0', running([other('ppp0', 'ppp'), idle], [{ dst: 'default', dev: 'ppp0' }])],
    ['venet0', running([other('venet0', 'void'), idle], [{ dst: 'default', dev: 'venet0' }])],
    ['team0', running([other('team0', 'ether', 'team'), idle], [gateway('team0')])],
    // Reached from its own network alone.
    ['team0', running([other('team0', 'ether', 'team'), idle])],
    ['eth0', running([fixed], [{ dst: 'default', dev: 'eth0', scope: 'link' }])],
    [
      'eth0',
      running([fixed], [gateway('eth0', { gateway: undefined, via: { family: 'inet6', host: 'fe80::1' } })]),
    ],
  ] as const)
    t.deepEqual(lost(network), [name], name);
});

test('a list that says nothing of a fixed address, or of what is made, loses it', (t) => {
  const network = running([fixed], [gateway('eth0')]);
  t.deepEqual(lostWays(network, []), ['eth0']);
  const entry: Interface = { name: 'eth0', addresses: ['203.0.113.15/24'] };
  t.deepEqual(lostWays(network, [entry]), ['eth0']);
  t.deepEqual(lostWays(network, [{ ...entry, gateway4: '203.0.113.2' }]), []);
  t.deepEqual(lostWays(network, [{ name: 'eth0', dhcp4: 'true' }]), ['eth0']);
  const bond = card('bond0', [address('10.0.0.7', 24, leased)], {
    linkinfo: { info_kind: 'bond', info_data: {} },
  });
  t.deepEqual(lostWays(running([bond], [gateway('bond0')]), []), ['bond0']);
});
