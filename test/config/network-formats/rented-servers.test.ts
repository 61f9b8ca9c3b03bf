/** How servers are reached as providers and distributions set them up, by what ip(8) prints there, as bos.network. */
import test from 'ava';
import { fromRunning } from '../../../src/config/network-formats/from-running.ts';
import { lostWays } from '../../../src/config/network-formats/ways-out.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { read } from './support.ts';

const at = (prefix: string, more: object = {}) => {
  const [local = '', length] = prefix.split('/');
  return { local, prefixlen: Number(length), scope: 'global', ...more };
};
const leased = { dynamic: true, valid_life_time: 3600 };
const card = (ifname: string, addr_info: readonly object[] = [], more: object = {}) => ({
  ...{ ifname, link_type: 'ether', flags: ['UP'], mtu: 1500, addr_info },
  address: `52:54:00:00:00:0${ifname.at(-1)}`,
  ...more,
});
const bridge = (ifname: string, addr_info: readonly object[], more: object = {}) =>
  card(ifname, addr_info, { linkinfo: { info_kind: 'bridge', info_data: more } });
const route = (dst: string, dev: string, gateway?: string, more: object = {}) => ({
  ...{ dst, dev, ...(gateway === undefined ? {} : { gateway }) },
  ...more,
});
const byDhcp = (prefsrc: string, metric = 100) => ({ protocol: 'dhcp', prefsrc, metric });

interface Machine {
  readonly links: readonly object[];
  readonly fourth?: readonly object[];
  readonly sixth?: readonly object[];
  readonly resolvConf?: string;
  readonly rules?: readonly object[];
}

/** What is carried over of it, by name, with the notes; `lost`: the interfaces for which a takeover would be refused. */
function carried(t: Parameters<typeof read>[0], machine: Machine) {
  const { links, fourth = [], sixth = [], resolvConf = '', rules = [] } = machine;
  const running = { links, routes: [fourth, sixth], resolvConf, rules: [rules] };
  const meaning = fromRunning(running);
  const { layer } = parseConfigYaml(JSON.stringify(meaning.config), 'f');
  const { network = [], notes } = read(t, meaning);
  const byName = Object.fromEntries(
    network.map(({ name, mac, ...rest }) => [name as string, rest as Record<string, unknown>]),
  );
  return { byName, notes, lost: lostWays(running, merge([layer]).config['bos.network'] ?? []) };
}

test('an additional address beside a lease: the address of the lease stays, too', (t) => {
  const { byName, notes, lost } = carried(t, {
    links: [card('eth0', [at('203.0.113.15/32', leased), at('198.51.100.7/32')])],
    fourth: [
      route('default', 'eth0', '172.31.1.1', byDhcp('203.0.113.15')),
      route('172.31.1.1', 'eth0', undefined, byDhcp('203.0.113.15')),
    ],
  });
  t.deepEqual(byName.eth0, {
    ...{ addresses: ['203.0.113.15/32', '198.51.100.7/32'], gateway4: '172.31.1.1', on_link: true },
  });
  t.deepEqual(notes, [
    'warning: eth0: 203.0.113.15 of DHCP becomes a fixed address beside 198.51.100.7, so that both stay',
  ]);
  t.deepEqual(lost, []);
});

test('of several default routes the one with the lowest metric is kept, whatever the order of the cards', (t) => {
  for (const [first, second] of [
    ['eth0', 'eth1'],
    ['eth1', 'eth0'],
  ] as const) {
    const { byName, notes } = carried(t, {
      links: [card('eth0', [at('192.0.2.2/24')]), card('eth1', [at('203.0.113.15/24')])].toSorted((one) =>
        one.ifname === first ? -1 : 1,
      ),
      fourth: [
        route('default', 'eth1', '203.0.113.1', { protocol: 'static', metric: 100 }),
        route('default', 'eth0', '192.0.2.1', { protocol: 'static', metric: 700 }),
      ],
    });
    t.deepEqual([byName.eth0?.gateway4, byName.eth1?.gateway4], [undefined, '203.0.113.1'], second);
    t.deepEqual(notes, ['warning: route default: 192.0.2.1 by eth0 is a second way out; it is left out']);
  }
});

test('a fixed gateway that was a reserve of one by DHCP does not become the way out', (t) => {
  const links = [card('eth0', [at('203.0.113.15/24', leased)]), card('eth1', [at('192.0.2.2/24')])];
  const reserve = route('default', 'eth1', '192.0.2.1', { protocol: 'static', metric: 700 });
  const lease = route('default', 'eth0', '203.0.113.1', byDhcp('203.0.113.15'));
  const one = carried(t, { links, fourth: [lease, reserve] });
  t.deepEqual(one.byName, { eth0: { dhcp4: true }, eth1: { addresses: ['192.0.2.2/24'] } });
  t.deepEqual(one.notes, ['warning: route default: 192.0.2.1 by eth1 is a second way out; it is left out']);
  t.deepEqual(one.lost, []);
  const other = carried(t, { links, fourth: [{ ...reserve, metric: 10 }, lease] });
  t.is(other.byName.eth1?.gateway4, '192.0.2.1');
  // A router of IPv6 tells of itself beside one by hand.
  const sixth = carried(t, {
    links: [card('eth0', [at('2001:db8::5/64')]), card('eth1', [at('2001:db8:1::a/64', leased)])],
    sixth: [
      route('default', 'eth1', 'fe80::2', { protocol: 'ra', metric: 100 }),
      route('default', 'eth0', 'fe80::1', { protocol: 'static', metric: 1024 }),
    ],
  });
  t.is(sixth.byName.eth0?.gateway6, 'fe80::1');
});

test('a default route that a VPN has put before that of the card', (t) => {
  const { byName, lost } = carried(t, {
    links: [
      card('eth0', [at('203.0.113.15/24')]),
      card('tun0', [at('10.8.0.2/24')], { link_type: 'none', linkinfo: { info_kind: 'tun' } }),
    ],
    fourth: [
      route('default', 'tun0', '10.8.0.1', { metric: 50 }),
      route('default', 'eth0', '203.0.113.1', { metric: 100 }),
    ],
  });
  t.is(byName.eth0?.gateway4, '203.0.113.1');
  t.deepEqual(lost, []);
});

test('a router that a route of its own reaches, or that is said to be on the link', (t) => {
  const { byName, notes } = carried(t, {
    links: [
      card('eth0', [at('203.0.113.15/32')]),
      card('eth1', [at('10.0.0.2/32')], { mtu: 1450 }),
      card('eth2', [at('192.0.2.2/24')]),
    ],
    fourth: [
      route('default', 'eth0', '172.31.1.1', { flags: ['onlink'] }),
      route('10.0.0.0/16', 'eth1', '10.0.0.1'),
      route('10.0.0.1', 'eth1', undefined, { scope: 'link' }),
      route('172.31.1.1', 'eth0', undefined, { scope: 'link' }),
      route('10.7.0.0/16', 'eth2', '192.168.255.1', { flags: ['onlink'] }),
      route('10.8.0.0/16', 'eth2', '192.168.255.1', { flags: ['onlink'] }),
      route('10.9.0.0/16', 'eth2', '192.0.2.9', { flags: ['onlink'] }),
    ],
  });
  t.deepEqual(notes, []);
  t.is(byName.eth0?.routes, undefined);
  t.deepEqual(byName.eth1?.routes, [{ to: '10.0.0.0/16', via: '10.0.0.1' }, { to: '10.0.0.1/32' }]);
  t.deepEqual(byName.eth2?.routes, [
    { to: '192.168.255.1/32' },
    { to: '10.7.0.0/16', via: '192.168.255.1' },
    { to: '10.8.0.0/16', via: '192.168.255.1' },
    { to: '10.9.0.0/16', via: '192.0.2.9' },
  ]);
});

test('the other end of a link: the network is that of the peer, and a peer that is the gateway needs no route', (t) => {
  const peer = (address: string, prefix: string, gateway: string) =>
    carried(t, {
      links: [card('eth0', [at(prefix, { address })])],
      [address.includes(':') ? 'sixth' : 'fourth']: [route('default', 'eth0', gateway)],
    }).byName.eth0;
  t.like(peer('203.0.113.1', '203.0.113.15/32', '203.0.113.1'), {
    ...{ addresses: ['203.0.113.15/32'], gateway4: '203.0.113.1', on_link: true, routes: undefined },
  });
  t.like(peer('203.0.112.9', '203.0.113.15/24', '203.0.112.1'), {
    ...{ addresses: ['203.0.113.15/32'], routes: [{ to: '203.0.112.0/24' }], on_link: true },
  });
  t.like(peer('2001:db8:0:7::1', '2001:db8::15/64', '2001:db8:0:7::1'), {
    ...{ addresses: ['2001:db8::15/128'], routes: [{ to: '2001:db8:0:7:0:0:0:0/64' }] },
  });
});

test('a default route that ifupdown2 has set as one of the kernel', (t) => {
  const { byName, lost } = carried(t, {
    links: [card('eth0', [], { master: 'vmbr0' }), bridge('vmbr0', [at('203.0.113.15/24')])],
    fourth: [
      route('default', 'vmbr0', '203.0.113.1', { protocol: 'kernel', flags: ['onlink'] }),
      route('203.0.113.0/24', 'vmbr0', undefined, { protocol: 'kernel', scope: 'link' }),
    ],
  });
  t.like(byName.vmbr0, { bridge: { members: ['eth0'] }, gateway4: '203.0.113.1', routes: undefined });
  t.deepEqual(lost, []);
});

test('bridges of containers and virtual machines are left out by what they are, not by name alone', (t) => {
  const { byName, notes } = carried(t, {
    links: [
      card('eth0', [at('203.0.113.15/24')]),
      bridge('lxdbr0', [at('10.55.0.1/24'), at('fd42::1/64')]),
      bridge('mynet', [at('10.57.0.1/24')]),
      card('v1', [], { master: 'mynet', linkinfo: { info_kind: 'veth' } }),
      bridge('docker0', [at('172.17.0.1/16')]),
    ],
    fourth: [route('default', 'eth0', '203.0.113.1')],
  });
  t.deepEqual(Object.keys(byName), ['eth0']);
  t.deepEqual(notes.slice(1), [
    'warning: lxdbr0: a bridge without a network card cannot be reached; it is left out',
    'warning: mynet: a bridge without a network card cannot be reached; it is left out',
  ]);
});

test('routes by hand beside DHCP stay; of what may be of the lease it is said', (t) => {
  const { byName, notes } = carried(t, {
    links: [card('eth0', [at('10.0.0.4/24', leased)])],
    fourth: [
      route('default', 'eth0', '10.0.0.1', byDhcp('10.0.0.4')),
      route('168.63.129.16', 'eth0', '10.0.0.1', byDhcp('10.0.0.4')),
      route('default', 'eth0', '10.0.0.254', { protocol: 'static', metric: 200 }),
      route('172.20.0.0/16', 'eth0', '10.0.0.99', { protocol: 'static' }),
      route('172.21.0.0/16', 'eth0', '10.0.0.99'),
      route('10.0.0.1', 'eth0', undefined, { scope: 'link' }),
    ],
  });
  t.deepEqual(byName.eth0, { dhcp4: true, routes: [{ to: '172.20.0.0/16', via: '10.0.0.99' }] });
  t.deepEqual(notes, [
    'warning: route default: eth0 asks for addresses, and for its gateway with them; it is left out',
    'warning: route 172.21.0.0/16: whether it is one by hand or of the lease of eth0 cannot be seen; it is left out',
  ]);
});

test('what an interface or a route has beside is told by name', (t) => {
  const { notes } = carried(t, {
    links: [
      {
        ifname: 'lo',
        link_type: 'loopback',
        addr_info: [at('127.0.0.1/8', { scope: 'host' }), at('198.51.100.7/32')],
      },
      card('eth0', [at('10.0.0.5/24'), at('203.0.113.5/32'), at('2001:db8::9/64', { deprecated: true })], {
        ...{ address: '0a:00:00:00:00:99', permaddr: '52:54:00:00:00:77' },
      }),
      card('eth1', [], {
        master: 'bond0',
        permaddr: '52:54:00:00:00:78',
        linkinfo: { info_slave_kind: 'bond' },
      }),
      card('bond0', [], {
        linkinfo: {
          info_kind: 'bond',
          info_data: { mode: '802.3ad', xmit_hash_policy: 'layer3+4', ad_lacp_rate: 'slow' },
        },
      }),
      card('eth2', [], { master: 'br0' }),
      bridge('br0', [], { vlan_filtering: 1 }),
    ],
    fourth: [
      route('default', 'eth0', '10.0.0.1', {
        prefsrc: '203.0.113.5',
        metrics: [{ mtu: 1400, hoplimit: 64 }],
      }),
      route('10.9.0.0/16', 'eth0', '10.0.0.2', { prefsrc: '10.0.0.5' }),
    ],
    rules: [
      { priority: 5210, fwmark: '0x80000', table: 'main' },
      { priority: 5250, action: 'unreachable' },
      { priority: 5270, table: '52' },
    ],
  });
  t.deepEqual(notes, [
    'warning: route default: its source address 203.0.113.5 cannot be set up here; it is left out',
    'warning: route default: its mtu 1400 cannot be set up here; it is left out',
    'warning: lo: 198.51.100.7/32 on the loopback interface cannot be carried over; it is left out',
    'warning: eth0: 2001:db8::9/64 is deprecated, which cannot be set up here: it becomes one as the others',
    'warning: eth0: the MAC address 0a:00:00:00:00:99 was set by hand and cannot be carried over; its own is 52:54:00:00:00:77',
    'warning: bond0: xmit_hash_policy layer3+4 cannot be set up here; it is left out',
    'warning: br0: VLANs of the ports of a bridge cannot be carried over; they are left out',
    'warning: ip rule: policy routing (table 52) cannot be carried over; it is left out',
  ]);
});

test('name servers and domains as resolvers of today write them, and without a gateway', (t) => {
  const names = (resolvConf: string, more: readonly object[] = []) => {
    const { byName, notes } = carried(t, {
      ...{ links: [card('eth0', [at('10.0.0.5/24')]), ...more], resolvConf },
      fourth: [route('10.0.0.0/8', 'eth0', '10.0.0.1')],
    });
    t.deepEqual(notes, []);
    return [byName.eth0?.nameservers, byName.eth0?.search];
  };
  t.deepEqual(names('nameserver 10.0.0.53\noptions edns0 trust-ad\nsearch .\n'), [['10.0.0.53'], undefined]);
  t.deepEqual(names('domain example.com\nsearch example.com. corp.example\nnameserver 10.0.0.53'), [
    ['10.0.0.53'],
    ['example.com', 'corp.example'],
  ]);
  // They come with the lease.
  t.deepEqual(names('nameserver 10.0.0.53\n', [card('eth1', [at('192.0.2.7/24', leased)])]), [
    undefined,
    undefined,
  ]);
});

test('what clouds with DHCP alone have stays DHCP, and a bond with a VLAN what it is', (t) => {
  const link = (name: string, more: object) =>
    card(name, [], { master: 'bond0', linkinfo: { info_slave_kind: 'bond', info_slave_data: more } });
  const cloud = carried(t, {
    links: [
      card('eth0', [at('10.128.0.5/32', leased), at('2001:db8::7/128', leased)], {
        mtu: 1460,
        altnames: ['enp0s4'],
      }),
      // A part of the first card, with its address.
      card('enP1s1', [], { master: 'eth0', address: '52:54:00:00:00:00' }),
    ],
    fourth: [
      route('default', 'eth0', '10.128.0.1', byDhcp('10.128.0.5')),
      route('10.128.0.1', 'eth0', undefined, byDhcp('10.128.0.5')),
    ],
    sixth: [route('default', 'eth0', 'fe80::1', { protocol: 'ra', metrics: [{ hoplimit: 64 }] })],
  });
  t.deepEqual(
    [cloud.byName, cloud.notes, cloud.lost],
    [{ eth0: { mtu: '1460', dhcp4: true, dhcp6: true } }, [], []],
  );
  const made = carried(t, {
    links: [
      link('eth0', { perm_hwaddr: '52:54:00:00:00:a0' }),
      link('eth1', { perm_hwaddr: '52:54:00:00:00:a1' }),
      card('bond0', [], { linkinfo: { info_kind: 'bond', info_data: { mode: 'active-backup' } } }),
      card('bond0.100', [at('203.0.113.10/29')], {
        ...{ link: 'bond0', linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 100 } } },
      }),
    ],
    fourth: [route('default', 'bond0.100', '203.0.113.9')],
  });
  t.deepEqual(made.byName['bond0.100'], {
    ...{ vlan: { id: '100', link: 'bond0' }, addresses: ['203.0.113.10/29'], gateway4: '203.0.113.9' },
  });
  t.deepEqual([made.notes, made.lost], [[], []]);
});
