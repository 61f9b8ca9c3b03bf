/** network-config of version 2: what cloud-init's and netplan's documentation show, as entries of bos.network. */
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { readNetworkConfig } from '../../../src/config/network-formats/network-config.ts';
import { read } from './support.ts';

const of = (t: ExecutionContext, text: string) => read(t, readNetworkConfig(parse(text)));
const psk = 'b1b7cc4dd077d74bc3a830ebad9cd885add86ada76f183e6343667a3f70f93b9';

test('what Imager writes: wired by DHCP, a wireless network with its key', (t) => {
  const text = `network:
  version: 2
  ethernets:
    eth0:
      dhcp4: true
      dhcp6: true
      optional: true
  wifis:
    wlan0:
      dhcp4: true
      regulatory-domain: "GB"
      access-points:
        "Caf\\xe9 \\"one\\"":
          hidden: true
          password: "${psk}"
      optional: true
`;
  t.deepEqual(of(t, text), {
    wifi: [{ name: 'Café "one"', passphrase: psk }],
    notes: ['warning: the network "Café \\"one\\"" is hidden; it is joined only while it shows its name'],
  });
});

const fixed = {
  addresses: ['10.0.0.5/24', '2001:db8::5/64'],
  gateway4: '10.0.0.1',
  nameservers: ['10.0.0.53'],
};

test('open networks, other ways to say a passphrase, and what cannot be joined', (t) => {
  const text = `version: 2
wifis:
  wlan0:
    addresses: [10.0.0.5/24, "2001:db8::5/64"]
    routes: [{to: default, via: 10.0.0.1}, {to: 10.9.0.0/16, via: 10.0.0.9}]
    nameservers: {addresses: [10.0.0.53], search: [example.com]}
    access-points:
      open: {}
      guests: {auth: {key-management: none}, password: not-used}
      home: {auth: {key-management: sae, password: hush-hush}}
      work: {auth: {key-management: eap, identity: me}}
`;
  t.deepEqual(of(t, text), {
    wifi: [
      { name: 'open', ...fixed },
      { name: 'guests', ...fixed },
      { name: 'home', passphrase: 'hush-hush', ...fixed },
    ],
    notes: [
      'warning: wifis.wlan0.routes: cannot be set up here; it is left out',
      'warning: wifis.wlan0.search: cannot be set up here; it is left out',
      'warning: the network "work" asks for eap, which cannot be joined here',
    ],
  });
});

test('addresses of a wireless interface that connman cannot have are left to DHCP, and told', (t) => {
  for (const [device, told] of [
    [
      'addresses: [10.0.0.5/24, 10.0.0.6/24]',
      'addresses[1]: is a second address of IPv4; a wireless network has one of a kind',
    ],
    ['addresses: [10.0.0.5/24], gateway4: 10.9.0.1', 'gateway4: 10.9.0.1 is outside of 10.0.0.5/24'],
    [
      'addresses: [10.0.0.5]',
      'addresses[0]: expected an address with the length of its network, such as 192.168.1.10/24',
    ],
    [
      'nameservers: {addresses: [dns]}',
      'nameservers[0]: expected an IP address; a name server cannot be given by name',
    ],
  ] as const)
    t.deepEqual(of(t, `version: 2\nwifis: {wlan0: {${device}, access-points: {open: {}}}}`), {
      wifi: [{ name: 'open' }],
      notes: [`warning: wifis.wlan0.${told}; the addresses are left to DHCP`],
    });
});

test('addresses, routes, name servers, and what finds an interface', (t) => {
  const text = `network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      addresses: [192.168.1.10/24, 192.168.1.11/24, "2001:db8::10/64": {lifetime: 0}]
      routes:
        - {to: default, via: 192.168.1.1, metric: 3}
        - {to: 10.0.0.0/8, via: 192.168.1.2, metric: 50, table: 7}
        - {to: 172.16.0.5, via: 192.168.1.2}
        - {to: "::/0", via: "2001:db8::1"}
      nameservers: {addresses: [192.168.1.53, 9.9.9.9], search: [example.org, lan]}
      mtu: 9000
    storage:
      match: {macaddress: "52:54:00:AB:CD:EF"}
      set-name: san0
      wakeonlan: true
      addresses: [10.1.2.3/20]
    byname: {match: {name: ens7}, dhcp4: false, dhcp6: false}
    bydriver: {match: {driver: ixgbe}, addresses: [10.7.0.1/16]}
`;
  t.deepEqual(of(t, text), {
    network: [
      {
        name: 'eth0',
        addresses: ['192.168.1.10/24', '192.168.1.11/24', '2001:db8::10/64'],
        gateway4: '192.168.1.1',
        gateway6: '2001:db8::1',
        routes: [{ to: '172.16.0.5/32', via: '192.168.1.2' }],
        nameservers: ['192.168.1.53', '9.9.9.9'],
        search: ['example.org', 'lan'],
        mtu: '9000',
      },
      { name: 'storage', mac: '52:54:00:AB:CD:EF', wake_on_lan: true, addresses: ['10.1.2.3/20'] },
      { name: 'ens7', dhcp4: false, dhcp6: false },
      { name: 'bydriver', driver: 'ixgbe', addresses: ['10.7.0.1/16'] },
    ],
    notes: [
      'note: ethernets.storage.set-name: interfaces are not renamed',
      'warning: ethernets.eth0.addresses.2001:db8::10/64.lifetime: cannot be set up here; it is left out',
      'warning: ethernets.eth0.routes[0]: the metric of a default route cannot be set up here; it is left out',
      'warning: ethernets.eth0.routes[1]: a route of table 7 cannot be set up here; it is left out',
    ],
  });
});

test('a VLAN on a bond, a bridge, what they are called, and DHCP on the first two', (t) => {
  const text = `version: 2
ethernets:
  port-of-the-left-switch: {match: {macaddress: "52:54:00:00:00:01"}}
  port2: {match: {macaddress: "52:54:00:00:00:02"}}
  eth5: {}
bonds:
  bond0:
    interfaces: [port-of-the-left-switch, port2]
    parameters: {mode: 802.3ad, lacp-rate: fast, mii-monitor-interval: 100}
    mtu: 9000
  quick: {interfaces: [eth5], dhcp4: true}
bridges:
  br0: {interfaces: [guests], addresses: [10.6.0.1/24], parameters: {stp: false, forward-delay: 4}}
vlans:
  office: {id: 5, link: bond0, dhcp4: true, dhcp6: false}
  guests: {id: 6, link: bond0}
`;
  const { network, notes } = of(t, text);
  t.deepEqual(network, [
    { name: 'card0', mac: '52:54:00:00:00:01' },
    { name: 'port2', mac: '52:54:00:00:00:02' },
    { name: 'eth5' },
    { name: 'bond0', bond: { members: ['card0', 'port2'], mode: '802.3ad' }, mtu: '9000' },
    { name: 'quick', bond: { members: ['eth5'], mode: 'balance-rr' }, dhcp4: true },
    { name: 'br0', bridge: { members: ['guests'] }, addresses: ['10.6.0.1/24'] },
    { name: 'office', vlan: { id: '5', link: 'bond0' }, dhcp4: true, dhcp6: false },
    { name: 'guests', vlan: { id: '6', link: 'bond0' } },
  ]);
  t.deepEqual(notes, [
    'warning: bonds.bond0.parameters.lacp-rate: cannot be set up here; it is left out',
    'warning: bridges.br0.parameters.forward-delay: cannot be set up here; it is left out',
  ]);
});

test('a gateway outside of the network is one on the link, whether it says so or not', (t) => {
  for (const more of [', on-link: true', '']) {
    const text = `version: 2
ethernets: {eth0: {addresses: [203.0.113.5/32], routes: [{to: 0.0.0.0/0, via: 198.51.100.1${more}}]}}`;
    t.deepEqual(of(t, text), {
      network: [{ name: 'eth0', addresses: ['203.0.113.5/32'], gateway4: '198.51.100.1', on_link: true }],
      notes: [],
    });
  }
});

test('a router of a route that is said to be on the link gets a route of its own, once', (t) => {
  const text = `version: 2
ethernets:
  eth0:
    addresses: [192.0.2.2/24]
    routes:
      - {to: 10.0.0.0/16, via: 192.168.255.1, on-link: true}
      - {to: 10.1.0.0/16, via: 192.168.255.1, on-link: true}
      - {to: 10.2.0.0/16, via: 192.0.2.9, on-link: true}`;
  const routes = [
    { to: '192.168.255.1/32' },
    { to: '10.0.0.0/16', via: '192.168.255.1' },
    { to: '10.1.0.0/16', via: '192.168.255.1' },
    { to: '10.2.0.0/16', via: '192.0.2.9' },
  ];
  t.deepEqual(of(t, text), {
    network: [{ name: 'eth0', addresses: ['192.0.2.2/24'], routes }],
    notes: [],
  });
});

/** What is left out, and what stays. */
const left: readonly (readonly [what: string, text: string, note: string, network?: unknown])[] = [
  ['sections', 'tunnels: {t: {mode: sit}}', 'warning: tunnels: cannot be set up here; it is left out'],
  [
    'fields',
    'ethernets: {e: {dhcp4-overrides: {use-dns: false}, dhcp4: true}}',
    'warning: ethernets.e.dhcp4-overrides: cannot be set up here',
  ],
  [
    'addresses without a prefix, with their interface',
    'ethernets: {e: {addresses: [10.0.0.1]}}',
    'error: e: addresses[0]: expected an address with the length of its network, such as 192.168.1.10/24; this interface is left to DHCP',
  ],
  [
    'a pattern of names',
    'ethernets: {all: {match: {name: "en*"}, addresses: [10.0.0.1/8]}}',
    'error: ethernets.all.match: expected macaddress, the name of one interface or one driver; this interface is left to DHCP',
  ],
  [
    'a line end in a name',
    'ethernets: {"a\\nb": {addresses: [10.0.0.1/8]}}',
    'error: a b: name: expected the name of an interface',
  ],
  [
    'a gateway that is a name',
    'ethernets: {e: {addresses: [10.0.0.1/8], gateway4: gw}}',
    'warning: e: gateway4: expected an IPv4 address',
    [{ name: 'e', addresses: ['10.0.0.1/8'] }],
  ],
  [
    'the second of two ways out',
    'ethernets: {a: {addresses: [10.0.0.1/8], gateway4: 10.0.0.2}, b: {addresses: [11.0.0.1/8], gateway4: 11.0.0.2}}',
    'warning: b: gateway4: a has one already; one interface leads out; it is left out',
    [
      { name: 'a', addresses: ['10.0.0.1/8'], gateway4: '10.0.0.2' },
      { name: 'b', addresses: ['11.0.0.1/8'] },
    ],
  ],
  [
    'a bridge of what asks DHCP itself',
    'ethernets: {e: {dhcp4: true, mtu: 1400}}, bridges: {b: {interfaces: [e], addresses: [10.0.0.1/8]}}',
    'error: b: is not made, as e asks DHCP itself',
    [{ name: 'e', dhcp4: true, mtu: '1400' }],
  ],
  [
    'a VLAN on nothing',
    'vlans: {v: {id: 5, link: e, addresses: [10.0.0.1/8]}}',
    'error: v: vlan.link: expected the name of an entry of bos.network, found "e"; it is not made',
  ],
  [
    'one of several domains',
    'ethernets: {e: {addresses: [10.0.0.1/8], nameservers: {search: ["a b", lan]}}}',
    'warning: e: search[0]: expected a domain, such as example.com; it is left out',
    [{ name: 'e', addresses: ['10.0.0.1/8'], search: ['lan'] }],
  ],
];

test('DHCP on a bridge, on what a VLAN is on, and beside routes and addresses of the other kind', (t) => {
  const { network, notes } = of(
    t,
    `version: 2
ethernets:
  a: {dhcp4: true, addresses: ["2001:db8::5/64", "2001:db8::6/64"], routes: [{to: 10.0.0.0/8, via: 192.168.1.2}]}
  b: {}
vlans: {v: {id: 5, link: a, dhcp4: true}}
bridges: {br0: {interfaces: [b], dhcp4: true, dhcp6: false}}`,
  );
  t.deepEqual(notes, []);
  const routes = [{ to: '10.0.0.0/8', via: '192.168.1.2' }];
  t.deepEqual(network, [
    { name: 'a', dhcp4: true, addresses: ['2001:db8::5/64', '2001:db8::6/64'], routes },
    { name: 'b' },
    { name: 'br0', dhcp4: true, dhcp6: false, bridge: { members: ['b'] } },
    { name: 'v', dhcp4: true, vlan: { id: '5', link: 'a' } },
  ] as unknown as typeof network);
});

for (const [what, text, note, network] of left) {
  test(`left out, and told: ${what}`, (t) => {
    const found = of(t, `{version: 2, ${text}}`);
    t.is(found.notes.length, 1, found.notes.join('\n'));
    t.true(found.notes[0]?.startsWith(note), found.notes[0]);
    t.deepEqual(found.network, network as typeof found.network);
  });
}

test('no version, another one, or networking turned off', (t) => {
  t.deepEqual(of(t, '{network: {config: disabled}}').notes, []);
  t.deepEqual(of(t, '{ethernets: {}}').notes, ['error: expected version 1 or 2, found none']);
  t.deepEqual(of(t, '{network: {version: 3}}').notes, ['error: expected version 1 or 2, found 3']);
});
