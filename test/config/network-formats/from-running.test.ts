/** From what `ip -j` of iproute2 6.1 printed, with the fields that do not count left out, to bos.network. */
import test from 'ava';
import fc from 'fast-check';
import { fromRunning } from '../../../src/config/network-formats/from-running.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { runs } from '../../properties.ts';
import { read } from './support.ts';

const card = (ifname: string, more: object = {}) => ({
  ...{ ifname, flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], mtu: 1500, link_type: 'ether' },
  ...{ address: '52:54:00:12:34:56', addr_info: [] },
  ...more,
});
const forever = { valid_life_time: 4_294_967_295, preferred_life_time: 4_294_967_295 };
const fourth = (local: string, prefixlen: number, more: object = {}) => ({
  ...{ family: 'inet', local, prefixlen, scope: 'global', ...forever },
  ...more,
});
const sixth = (local: string, prefixlen: number, more: object = {}) => ({
  ...{ family: 'inet6', local, prefixlen, scope: 'global', ...forever },
  ...more,
});
const lo = {
  ...{ ifname: 'lo', link_type: 'loopback', mtu: 65_536 },
  addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host' }],
};

test('a rented server: /32 and a gateway on the link, IPv6, a second card by DHCP', (t) => {
  const links = [
    lo,
    card('eth0', {
      mtu: 1400,
      addr_info: [
        fourth('203.0.113.15', 32),
        sixth('2001:db8::15', 64),
        sixth('fe80::5054:ff:fe12:3456', 64, { scope: 'link' }),
      ],
    }),
    card('eth1', {
      address: '52:54:00:12:34:57',
      addr_info: [
        fourth('10.0.2.15', 24, { dynamic: true, valid_life_time: 3600 }),
        sixth('fec0::5054:ff:fe12:3457', 64, { dynamic: true, mngtmpaddr: true, valid_life_time: 86_400 }),
      ],
    }),
    card('eth2', { address: '52:54:00:12:34:58', flags: ['BROADCAST', 'MULTICAST'] }),
  ];
  const routes = [
    [
      { dst: 'default', gateway: '203.0.113.2', dev: 'eth0', protocol: 'static', flags: ['onlink'] },
      { dst: 'default', gateway: '10.0.2.2', dev: 'eth1', protocol: 'dhcp', metric: 1024 },
      { dst: '10.0.0.0/8', gateway: '203.0.113.2', dev: 'eth0', protocol: 'static', metric: 50 },
      { dst: '203.0.113.2', dev: 'eth0', scope: 'link', flags: [] },
      { dst: '192.0.2.7', gateway: '203.0.113.2', dev: 'eth0', protocol: 'static' },
      { dst: '10.0.2.0/24', dev: 'eth1', protocol: 'kernel', scope: 'link', prefsrc: '10.0.2.15' },
    ],
    [
      { dst: '2001:db8::/64', dev: 'eth0', protocol: 'kernel', metric: 256 },
      { dst: '2001:db8:1::/48', gateway: 'fe80::1', dev: 'eth0', protocol: 'static', metric: 1024 },
      { dst: 'default', gateway: 'fe80::1', dev: 'eth0', protocol: 'static', metric: 1024 },
      { dst: 'default', gateway: 'fe80::2', dev: 'eth1', protocol: 'ra', metric: 100 },
    ],
  ];
  const resolvConf =
    '# by hand\nnameserver 203.0.113.3\nnameserver 127.0.0.53\nsearch example.com lan\noptions edns0\n';
  t.deepEqual(read(t, fromRunning({ links, routes, resolvConf })), {
    network: [
      {
        name: 'eth0',
        mac: '52:54:00:12:34:56',
        mtu: '1400',
        addresses: ['203.0.113.15/32', '2001:db8::15/64'],
        gateway4: '203.0.113.2',
        gateway6: 'fe80::1',
        on_link: true,
        routes: [
          { to: '10.0.0.0/8', via: '203.0.113.2', metric: '50' },
          { to: '192.0.2.7/32', via: '203.0.113.2' },
          { to: '2001:db8:1::/48', via: 'fe80::1' },
        ],
        nameservers: ['203.0.113.3'],
        search: ['example.com', 'lan'],
      },
      { name: 'eth1', mac: '52:54:00:12:34:57', dhcp4: true, dhcp6: true },
    ],
    notes: ['warning: resolv.conf: a name server of this machine itself is left out'],
  });
});

test('a VLAN on a bond, a bridge with a machine on it, containers and tunnels', (t) => {
  const slave = (address: string) => ({
    ...{ address: '52:54:00:00:00:01', master: 'bond0' },
    linkinfo: { info_slave_kind: 'bond', info_slave_data: { state: 'ACTIVE', perm_hwaddr: address } },
  });
  const links = [
    card('eth0', slave('52:54:00:00:00:01')),
    card('eth1', slave('52:54:00:00:00:02')),
    card('bond0', { linkinfo: { info_kind: 'bond', info_data: { mode: '802.3ad', miimon: 100 } } }),
    card('office', {
      ...{ link: 'bond0', addr_info: [fourth('10.5.0.1', 24)] },
      linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 5, flags: ['REORDER_HDR'] } },
    }),
    card('guests', {
      ...{ link: 'bond0', master: 'br0' },
      linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 6 }, info_slave_kind: 'bridge' },
    }),
    card('vnet7', { master: 'br0', linkinfo: { info_kind: 'tun', info_slave_kind: 'bridge' } }),
    card('br0', { addr_info: [fourth('10.6.0.1', 24)], linkinfo: { info_kind: 'bridge', info_data: {} } }),
    card('cni0', { addr_info: [fourth('10.42.0.1', 24)], linkinfo: { info_kind: 'bridge' } }),
    card('vethc0ffee', { master: 'cni0', linkinfo: { info_kind: 'veth', info_slave_kind: 'bridge' } }),
  ];
  t.deepEqual(read(t, fromRunning({ links, routes: [], resolvConf: '' })), {
    network: [
      { name: 'eth0', mac: '52:54:00:00:00:01' },
      { name: 'eth1', mac: '52:54:00:00:00:02' },
      { name: 'bond0', bond: { members: ['eth0', 'eth1'], mode: '802.3ad' } },
      { name: 'office', vlan: { id: '5', link: 'bond0' }, addresses: ['10.5.0.1/24'] },
      { name: 'guests', vlan: { id: '6', link: 'bond0' } },
      { name: 'br0', bridge: { members: ['guests'] }, addresses: ['10.6.0.1/24'] },
    ],
    notes: ['warning: vnet7: an interface of kind "tun" cannot be set up here; it is left out'],
  });
});

test('DHCP alone is what every interface does: nothing to write', (t) => {
  const links = [card('eth0', { addr_info: [fourth('10.0.2.15', 24, { dynamic: true })] })];
  const { network } = read(t, fromRunning({ links, routes: [[]], resolvConf: 'nameserver 10.0.2.3\n' }));
  t.is(network, undefined);
});

test('a lease without a lifetime: of connman, and of a route that says DHCP', (t) => {
  const service = (name: string, fourthMethod: string, sixthMethod: string) => [
    `/net/connman/service/${name}`,
    {
      Ethernet: { type: 'a{sv}', data: { Interface: { type: 's', data: name } } },
      IPv4: { type: 'a{sv}', data: { Method: { type: 's', data: fourthMethod } } },
      IPv6: { type: 'a{sv}', data: { Method: { type: 's', data: sixthMethod } } },
    },
  ];
  const links = ['eth0', 'eth1', 'eth2'].map((name, index) =>
    card(name, {
      address: `52:54:00:00:00:0${index}`,
      addr_info: [fourth(`10.0.${index}.15`, 24), sixth(`2001:db8:${index}::5`, 64)],
    }),
  );
  const routes = [
    [
      { dst: 'default', gateway: '10.0.0.2', dev: 'eth0' },
      { dst: '10.0.0.2', dev: 'eth0', scope: 'link' },
      { dst: '10.0.2.0/24', dev: 'eth2', protocol: 'dhcp', prefsrc: '10.0.2.15' },
    ],
  ];
  const connman = {
    type: 'a(oa{sv})',
    data: [[service('eth0', 'dhcp', 'auto'), service('eth1', 'manual', 'manual')]],
  };
  const { network } = read(t, fromRunning({ links, routes, resolvConf: '', connman }));
  const [first, second, third] = network ?? [];
  t.deepEqual(first, { name: 'eth0', mac: '52:54:00:00:00:00', dhcp4: true, dhcp6: true });
  t.deepEqual(second?.addresses, ['10.0.1.15/24', '2001:db8:1::5/64']);
  t.deepEqual([third?.dhcp4, third?.addresses], [true, ['2001:db8:2::5/64']]);
  for (const other of [undefined, {}, { data: 1 }, { data: [[1, [2]]] }])
    t.is(read(t, fromRunning({ links, routes, resolvConf: '', connman: other })).network?.length, 3);
});

test('addresses by hand stay, and IPv6 of routers beside them', (t) => {
  const auto = sixth('2001:db8::5054:ff:fe12:3456', 64, { dynamic: true, mngtmpaddr: true });
  for (const [length, more] of [
    [32, { on_link: true }],
    [24, {}],
  ] as const) {
    const { network, notes } = read(
      t,
      fromRunning({
        links: [card('eth0', { addr_info: [fourth('203.0.113.15', length), auto] })],
        routes: [[{ dst: 'default', gateway: '203.0.113.2', dev: 'eth0', protocol: 'static' }]],
        resolvConf: '',
      }),
    );
    const addresses = [`203.0.113.15/${length}`];
    t.like(network?.[0], { addresses, gateway4: '203.0.113.2', dhcp6: true, ...more });
    t.deepEqual(notes, []);
  }
});

test('a fixed address beside one of a router keeps the router, which is asked on', (t) => {
  const auto = sixth('2001:db8::5054:ff:fe12:3456', 64, { dynamic: true, mngtmpaddr: true });
  const links = [card('eth0', { addr_info: [sixth('2001:db8::15', 64), auto] })];
  for (const protocol of ['ra', 'static']) {
    const routes = [
      [],
      [
        { dst: '2001:db8::/64', dev: 'eth0', protocol, metric: 100 },
        { dst: 'default', gateway: 'fe80::1', dev: 'eth0', protocol, metric: 1024 },
      ].slice(protocol === 'ra' ? 0 : 1),
    ];
    const { network, notes } = read(t, fromRunning({ links, routes, resolvConf: '' }));
    const one = {
      name: 'eth0',
      mac: '52:54:00:12:34:56',
      addresses: ['2001:db8::15/64'],
      gateway6: 'fe80::1',
      dhcp6: true,
    };
    t.deepEqual(network, [one] as unknown as typeof network, protocol);
    t.deepEqual(notes, []);
  }
});

test('what routes cannot be carried over is said, and the first of several gateways stays', (t) => {
  const { network, notes } = read(
    t,
    fromRunning({
      links: [card('eth0', { addr_info: [fourth('203.0.113.15', 24)] })],
      routes: [
        [
          {
            dst: 'default',
            nexthops: [
              { gateway: '203.0.113.2', dev: 'eth0', weight: 1 },
              { gateway: '203.0.113.3', dev: 'eth0', weight: 1 },
            ],
          },
          { dst: '10.9.0.0/16', dev: 'eth0', via: { family: 'inet6', host: 'fe80::1' }, protocol: 'static' },
          { type: 'blackhole', dst: '10.77.0.0/16', protocol: 'static' },
          { type: 'blackhole', dst: '10.78.0.0/16', protocol: 'bird' },
        ],
      ],
      resolvConf: '',
    }),
  );
  t.deepEqual([network?.[0]?.gateway4, network?.[0]?.routes], ['203.0.113.2', undefined]);
  t.deepEqual(notes, [
    'warning: route default: several gateways cannot be carried over; 203.0.113.2 is used',
    'warning: route 10.9.0.0/16: its gateway is of the other kind of IP; it is left out',
    'warning: route 10.77.0.0/16: a route of type "blackhole" cannot be carried over; it is left out',
  ]);
});

test("a bridge with a name of containers that leads out is the machine's own", (t) => {
  const links = [
    card('eth0', { master: 'br-lan', linkinfo: { info_slave_kind: 'bridge' } }),
    card('br-lan', { addr_info: [fourth('10.6.0.7', 24)], linkinfo: { info_kind: 'bridge', info_data: {} } }),
    card('br-4711', { addr_info: [fourth('172.18.0.1', 16)], linkinfo: { info_kind: 'bridge' } }),
  ];
  const routes = [[{ dst: 'default', gateway: '10.6.0.1', dev: 'br-lan' }]];
  const { network } = read(t, fromRunning({ links, routes, resolvConf: '' }));
  t.like(network, [
    { name: 'eth0' },
    { name: 'br-lan', bridge: { members: ['eth0'] }, addresses: ['10.6.0.7/24'], gateway4: '10.6.0.1' },
  ]);
  t.is(network?.length, 2);
});

test('a bridge that has its address by DHCP asks for it again', (t) => {
  const leased = fourth('10.6.0.7', 24, { dynamic: true });
  const { network, notes } = read(
    t,
    fromRunning({
      links: [
        card('eth0', { master: 'br0', linkinfo: { info_slave_kind: 'bridge' } }),
        card('br0', { addr_info: [leased], linkinfo: { info_kind: 'bridge', info_data: {} } }),
      ],
      routes: [[{ dst: 'default', gateway: '10.6.0.1', dev: 'br0', protocol: 'dhcp' }]],
      resolvConf: '',
    }),
  );
  t.deepEqual(notes, []);
  t.like(network?.[1], { name: 'br0', bridge: { members: ['eth0'] }, dhcp4: true });
});

test('a radio, a VPN, PPP and policy routing are told by name; what leads nowhere is not', (t) => {
  const address = [fourth('10.9.0.2', 24)];
  const none = (ifname: string, link_type: string, kind?: string, addr_info: unknown[] = address) =>
    card(ifname, { link_type, addr_info, ...(kind && { linkinfo: { info_kind: kind } }) });
  const links = [
    card('wlan0', { addr_info: address }),
    none('wg0', 'none', 'wireguard'),
    none('tun3', 'none', 'tun'),
    none('ppp0', 'ppp'),
    none('sit0', 'sit', 'sit', []),
    none('docker9', 'none'),
  ];
  const rules = [
    [
      { priority: 0, table: 'local' },
      { priority: 32_766, table: 'main' },
      { priority: 100, table: '7' },
    ],
  ];
  const { network, notes } = read(
    t,
    fromRunning({ links, routes: [], resolvConf: '', rules, wireless: ['wlan0'] }),
  );
  t.is(network, undefined);
  t.deepEqual(notes, [
    'warning: wlan0: a wireless network cannot be carried over; it is left out',
    'warning: wg0: a VPN (wireguard) cannot be carried over; it is left out',
    'warning: tun3: a VPN (tun) cannot be carried over; it is left out',
    'warning: ppp0: a PPP link cannot be carried over; it is left out',
    'warning: ip rule: policy routing (table 7) cannot be carried over; it is left out',
  ]);
});

test('whatever ip prints, nothing is thrown, and bos.network takes the rest', (t) => {
  const info = fc.record(
    {
      local: fc.constantFrom('10.0.0.1', '2001:db8::1', 'x'),
      prefixlen: fc.nat(140),
      scope: fc.constant('global'),
    },
    { requiredKeys: [] },
  );
  const link = fc.record(
    {
      ifname: fc.constantFrom('eth0', 'eth1', 'a b', 'lo'),
      link_type: fc.constant('ether'),
      address: fc.constantFrom('52:54:00:00:00:01', '52:54:00:00:00:02', '01:00:00:00:00:00'),
      mtu: fc.nat(70_000),
      addr_info: fc.array(info, { maxLength: 3 }),
      linkinfo: fc.jsonValue(),
    },
    { requiredKeys: ['link_type'] },
  );
  fc.assert(
    fc.property(
      fc.array(link, { maxLength: 4 }),
      fc.array(fc.jsonValue()),
      fc.string(),
      (links, routes, resolvConf) => {
        const { config } = fromRunning({ links, routes, resolvConf });
        t.deepEqual(parseConfigYaml(JSON.stringify(config), 'f').diagnostics, []);
      },
    ),
    { numRuns: runs(300) },
  );
});
