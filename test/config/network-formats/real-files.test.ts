/** What people and other programs write into network-config and network_data.json, and what becomes of it here. */
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import {
  readNetworkConfig,
  readOpenStackNetwork,
} from '../../../src/config/network-formats/network-config.ts';
import { read } from './support.ts';

const fixed = 'addresses: [10.3.4.5/24]';
const one = { name: 'e', addresses: ['10.3.4.5/24'] };

/** Of version 2: devices in braces, what they become, and what is told. */
const netplan: readonly (readonly [text: string, network: unknown, ...notes: readonly string[]])[] = [
  // Images of clouds have this: every card asks anyway.
  ['ethernets: {all: {match: {name: "en*"}, dhcp4: true, optional: true}}', undefined],
  [
    'ethernets: {all: {match: {driver: [virtio_net, e1000]}, dhcp4: true, dhcp6: true}, b: {match: null}}',
    undefined,
  ],
  ['ethernets: {all: {match: {driver: ixgbe}, dhcp4: true, dhcp-identifier: mac}}', undefined],
  [
    'ethernets: {e: {dhcp4: true, dhcp-identifier: duid, mtu: 1400}}',
    [{ name: 'e', dhcp4: true, mtu: '1400' }],
    'warning: ethernets.e.dhcp-identifier: a machine names itself by its MAC address here; it is left out',
  ],
  [`ethernets: {e: {dhcp4: true, ${fixed}}}`, [{ ...one, dhcp4: true }]],
  [
    `ethernets: {e: {dhcp4: maybe, ${fixed}}}`,
    [one],
    'warning: ethernets.e.dhcp4: expected true or false; it is left out',
  ],
  ['ethernets: [eth0]', undefined, 'warning: ethernets: expected interfaces by their names; it is left out'],
  [`ethernets: {e: {${fixed}, nameservers: [9.9.9.9]}}`, [{ ...one, nameservers: ['9.9.9.9'] }]],
  // Routes.
  [
    `ethernets: {e: {${fixed}, routes: [{to: 0.0.0.0/0, via: 10.3.4.1, metric: 0}]}}`,
    [{ ...one, gateway4: '10.3.4.1' }],
  ],
  [
    'ethernets: {e: {addresses: ["2001:db8::5/64"], routes: [{to: "0::/0", via: "fe80::1"}]}}',
    [{ name: 'e', addresses: ['2001:db8::5/64'], gateway6: 'fe80::1' }],
  ],
  [
    `ethernets: {e: {${fixed}, routes: [{to: 10.9.0.0/16, via: 10.3.4.9, metric: 0, type: unicast, table: 254}, {to: 10.8.0.1, scope: link}]}}`,
    [{ ...one, routes: [{ to: '10.9.0.0/16', via: '10.3.4.9' }, { to: '10.8.0.1/32' }] }],
  ],
  [
    `ethernets: {e: {${fixed}, routes: [{to: default, via: 10.3.4.254, table: 101}, {to: default, via: 10.3.4.1}, {to: 10.9.0.0/16, type: blackhole}]}}`,
    [{ ...one, gateway4: '10.3.4.1' }],
    'warning: ethernets.e.routes[0]: a route of table 101 cannot be set up here; it is left out',
    'warning: ethernets.e.routes[2]: a route of type "blackhole" cannot be set up here; it is left out',
  ],
  [
    `ethernets: {e: {${fixed}, routes: [{to: default, via: 10.3.4.254, metric: 9}, {to: default, via: 10.3.4.1}]}}`,
    [{ ...one, gateway4: '10.3.4.1' }],
    'warning: ethernets.e.routes[0]: the metric of a default route cannot be set up here; it is left out',
    'warning: ethernets.e.routes[1]: 10.3.4.254 is a second gateway beside 10.3.4.1; it is left out',
  ],
  [
    `ethernets: {e: {${fixed}, routes: [{to: default, via: 172.16.0.1, metric: 9}]}, f: {addresses: [10.5.0.5/24], gateway4: 10.5.0.1}}`,
    [one, { name: 'f', addresses: ['10.5.0.5/24'], gateway4: '10.5.0.1' }],
    'warning: ethernets.e.routes[0]: the metric of a default route cannot be set up here; it is left out',
    'warning: e: gateway4: f has a default route with a lower metric; one interface leads out; it is left out',
  ],
  // One bad address of several.
  [
    'ethernets: {e: {addresses: [10.3.4.5/24, 10.3.4.6, 10.3.4.7/33], gateway4: 10.3.4.1}}',
    [{ ...one, gateway4: '10.3.4.1' }],
    ...[1, 1].map(
      (at) =>
        `error: e: addresses[${at}]: expected an address with the length of its network, such as 192.168.1.10/24; it is left out`,
    ),
  ],
  // What is made keeps its network under a name that Linux takes; where it is not made, its parts ask.
  [
    `ethernets: {e: {dhcp4: false}}, bridges: {br-of-the-whole-rack: {interfaces: [e], ${fixed}}}, vlans: {br0: {id: 7, link: br-of-the-whole-rack}}`,
    [
      { name: 'e', dhcp4: false },
      { name: 'br1', bridge: { members: ['e'] }, addresses: ['10.3.4.5/24'] },
      { name: 'br0', vlan: { id: '7', link: 'br1' } },
    ],
    'warning: bridges.br-of-the-whole-rack: no interface can have this name; it is called br1 here',
  ],
  [
    `ethernets: {e: {dhcp4: false, dhcp6: false, mtu: 1400}}, bonds: {b: {interfaces: [e, f], ${fixed}}}`,
    [{ name: 'e', mtu: '1400' }],
    'error: b: bond.members[1]: expected the name of an entry of bos.network, found "f"; it is not made',
  ],
  [
    'ethernets: {c: {match: {macaddress: "52:54:00:00:00:07"}, set-name: lan7}}, vlans: {v: {id: 7, link: lan7, dhcp4: true}}',
    [
      { name: 'c', mac: '52:54:00:00:00:07' },
      { name: 'v', vlan: { id: '7', link: 'c' }, dhcp4: true },
    ],
    'note: ethernets.c.set-name: interfaces are not renamed',
  ],
  [
    `ethernets: {lo: {addresses: [10.99.0.1/32]}, e: {${fixed}}}`,
    [one],
    'warning: ethernets.lo: addresses of the loopback interface cannot be set up here; it is left out',
  ],
];

for (const [text, network, ...notes] of netplan)
  test(`version 2: ${text}`, (t) => {
    const found = read(t, readNetworkConfig(parse(`{version: 2, ${text}}`)));
    t.deepEqual(found.network, network as typeof found.network);
    t.deepEqual(found.notes, notes);
  });

const v1 = (t: ExecutionContext, items: string) =>
  read(t, readNetworkConfig(parse(`{version: 1, config: [${items}]}`)));

test('version 1: masks that are not there are those of cloud-init, and `prefix` is one', (t) => {
  for (const [subnet, address] of [
    ['address: 10.3.4.5', '10.3.4.5/24'],
    ['address: 10.3.4.5, prefix: 22', '10.3.4.5/22'],
    ['address: 10.3.4.5/255.255.240.0', '10.3.4.5/20'],
    ['address: "2001:db8::5"', '2001:db8::5/64'],
  ] as const)
    t.deepEqual(v1(t, `{type: physical, name: e, subnets: [{type: static, ${subnet}}]}`), {
      network: [{ name: 'e', addresses: [address] }],
      notes: [],
    });
  const routes = ['10.9.1.0', '10.8.0.7', '::', '0.0.0.0'].map(
    (to, at) => `{network: "${to}", gateway: "${at === 2 ? 'fe80::1' : '10.3.4.9'}"}`,
  );
  const subnets = `[{type: static, address: 10.3.4.5}, {type: static, address: "2001:db8::5", routes: [${routes.join(', ')}]}]`;
  t.deepEqual(v1(t, `{type: physical, name: e, subnets: ${subnets}}`), {
    network: [
      {
        name: 'e',
        addresses: ['10.3.4.5/24', '2001:db8::5/64'],
        routes: [
          { to: '10.9.1.0/24', via: '10.3.4.9' },
          { to: '10.8.0.7/32', via: '10.3.4.9' },
        ],
        gateway6: 'fe80::1',
        gateway4: '10.3.4.9',
      },
    ],
    notes: [],
  });
});

test('version 1: names that Linux does not take, and what is named before it comes', (t) => {
  const { network, notes } = v1(
    t,
    `{type: bridge, name: bridge-of-the-whole-rack, bridge_interfaces: [card-of-the-whole-rack], subnets: [{type: dhcp}]},
  {type: physical, name: card-of-the-whole-rack, mac_address: "52:54:00:00:00:07"},
  {type: physical, mac_address: "52:54:00:00:00:08", subnets: [{type: static, address: 10.3.4.5}]},
  {type: nameserver, interface: bridge-of-the-whole-rack, address: 9.9.9.9}, {type: nameserver, interface: e7, address: 1.1.1.1}`,
  );
  t.deepEqual(network as unknown, [
    { name: 'br0', bridge: { members: ['card0'] }, dhcp4: true, nameservers: ['9.9.9.9'] },
    { name: 'card0', mac: '52:54:00:00:00:07' },
    { name: 'card1', mac: '52:54:00:00:00:08', addresses: ['10.3.4.5/24'] },
  ]);
  t.deepEqual(notes, [
    'warning: bridge-of-the-whole-rack: no interface can have this name; it is called br0 here',
    'warning: config[4].interface: there is no interface "e7"; it is for the whole machine',
  ]);
});

test('version 1: metrics of subnets, a route beside DHCP, a mode with an underscore, an address of nobody', (t) => {
  const { network, notes } = v1(
    t,
    `{type: physical, name: a, subnets: [{type: static, address: 10.3.4.5, gateway: 10.3.4.1, metric: 9}]},
  {type: physical, name: b, subnets: [{type: static, address: 10.5.4.5, gateway: 10.5.4.1}]},
  {type: physical, name: c, subnets: [{type: dhcp}, {type: manual, address: 10.6.6.6}]},
  {type: physical, name: d}, {type: bond, name: f, bond_interfaces: [d], params: {bond_mode: 1, bond_miimon: 100}},
  {type: route, network: 10.9.0.0, netmask: 255.255.0.0, gateway: 192.168.7.7}`,
  );
  t.deepEqual(network as unknown, [
    { name: 'a', addresses: ['10.3.4.5/24'] },
    { name: 'b', addresses: ['10.5.4.5/24'], gateway4: '10.5.4.1' },
    { name: 'c', dhcp4: true, routes: [{ to: '10.9.0.0/16', via: '192.168.7.7' }] },
    { name: 'd' },
    { name: 'f', bond: { members: ['d'], mode: 'active-backup' } },
  ]);
  t.deepEqual(notes, [
    'warning: config[0].subnets[0]: the metric of a default route cannot be set up here; it is left out',
    'warning: config[2].subnets[1].address: nothing sets it up in a subnet of type "manual"; it is left out',
    'warning: a: gateway4: b has a default route with a lower metric; one interface leads out; it is left out',
  ]);
});

test('network_data.json: DHCP beside a fixed address, name servers of a route, search domains', (t) => {
  const mac = 'fa:16:3e:00:00:07';
  const dns = (address: string, search?: string) => ({ type: 'dns', address, ...(search ? { search } : {}) });
  const routes = [
    { network: '10.9.0.0', netmask: '255.255.0.0', gateway: '10.3.4.9', services: [dns('10.9.0.53')] },
  ];
  const ip = { ip_address: '10.3.4.5', netmask: '24' };
  const found = read(
    t,
    readOpenStackNetwork({
      links: [{ id: 'e', type: 'phy', ethernet_mac_address: mac }],
      networks: [
        { id: 'n0', link: 'e', type: 'ipv4_dhcp' },
        {
          id: 'n1',
          link: 'e',
          type: 'ipv4',
          ...ip,
          routes,
          services: [dns('10.3.4.53', 'a.example')],
          dns_search: ['b.example'],
        },
      ],
      services: [dns('9.9.9.9', 'c.example a.example')],
    }),
  );
  t.deepEqual(found as unknown, {
    network: [
      {
        ...{ name: 'e', mac, dhcp4: true, addresses: ['10.3.4.5/24'] },
        routes: [{ to: '10.9.0.0/16', via: '10.3.4.9' }],
        nameservers: ['10.3.4.53', '10.9.0.53'],
        search: ['b.example', 'a.example', 'c.example'],
      },
    ],
    dns_nameservers: ['9.9.9.9'],
    notes: [],
  });
});
