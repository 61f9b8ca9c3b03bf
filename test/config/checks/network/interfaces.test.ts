/** bos.network: what is refused, and at which place; what is taken from a file and from the command line alike. */
import test from 'ava';
import { parseCommandLine } from '../../../../src/config/command-line/command-line.ts';
import { formatPlace } from '../../../../src/config/diagnostics.ts';
import { merge } from '../../../../src/config/sources/merge.ts';
import { replacedNetworks } from '../../../../src/config/sources/replaced-network.ts';
import { parseConfigYaml } from '../../../../src/config/yaml/yaml.ts';

const told = (yaml: string): string[] =>
  parseConfigYaml(`bos:\n  network:\n${yaml}`, 'f').diagnostics.map(
    ({ severity, place, key, message }) => `${severity} ${formatPlace(place)}: ${key}: ${message}`,
  );
const networkOf = (yaml: string): unknown =>
  parseConfigYaml(`bos:\n  network:\n${yaml}`, 'f').layer.entries.get('bos.network')?.value;

/** What stands below `network:`, one line an entry; the beginning of what is told, after `error f:`. */
const refused: readonly (readonly [what: string, yaml: string, fault: string])[] = [
  [
    'a gateway outside of the network',
    '  - { name: eth0, addresses: [192.168.1.5/24], gateway4: 192.168.2.1 }',
    '3:58: bos.network[0].gateway4: 192.168.2.1 is outside of 192.168.1.5/24',
  ],
  [
    'a gateway for /32 that is not declared',
    '  - name: eth0\n    addresses: [203.0.113.5/32]\n    gateway4: 203.0.113.1',
    '5:15: bos.network[0].gateway4: 203.0.113.1 is outside of 203.0.113.5/32; if it is on the link all the same',
  ],
  [
    'a gateway that is the interface itself',
    '  - { name: eth0, addresses: [192.168.1.5/24], gateway4: 192.168.1.5 }',
    '3:58: bos.network[0].gateway4: is an address of this interface itself',
  ],
  [
    'a gateway without an address of its kind',
    '  - { name: eth0, addresses: [192.168.1.5/24], gateway6: "2001:db8::1" }',
    '3:58: bos.network[0].gateway6: needs an address of IPv6 in addresses',
  ],
  [
    'an address twice in one interface',
    '  - { name: eth0, addresses: [192.168.1.5/24, 192.168.1.5/16] }',
    '3:47: bos.network[0].addresses[1]: 192.168.1.5 is given twice',
  ],
  [
    'an address twice, spelt in two ways',
    '  - { name: eth0, addresses: ["2001:db8::5/64"] }\n  - { name: eth1, addresses: ["2001:DB8:0::5/64"] }',
    '4:31: bos.network[1].addresses[0]: 2001:DB8:0::5 is an address of eth0 already',
  ],
  [
    'a bond without members',
    '  - { name: bond0, bond: { members: [] }, addresses: [10.0.0.1/8] }',
    '3:37: bos.network[0].bond.members: expected at least one member',
  ],
  [
    'a bond that says nothing of members',
    '  - { name: bond0, bond: { mode: 802.3ad } }',
    '3:26: bos.network[0].bond: expected the key members',
  ],
  [
    'a bond of an unknown mode',
    '  - { name: b0, bond: { members: [a], mode: lacp } }',
    '3:45: bos.network[0].bond.mode: expected one of balance-rr',
  ],
  [
    'a VLAN number that is none',
    '  - { name: eth0 }\n  - { name: v, vlan: { id: 5000, link: eth0 } }',
    '4:28: bos.network[1].vlan.id: expected a number from 1 to 4094',
  ],
  [
    'the VLAN number 0',
    '  - { name: v, vlan: { id: 0, link: eth0 } }',
    '3:28: bos.network[0].vlan.id: expected a number from 1',
  ],
  [
    'the VLAN number 4095',
    '  - { name: v, vlan: { id: 4095, link: eth0 } }',
    '3:28: bos.network[0].vlan.id: expected a number',
  ],
  [
    'an MTU of 10',
    '  - { name: eth0, mtu: 10 }',
    '3:24: bos.network[0].mtu: expected a number of bytes from 576',
  ],
  [
    'an MTU of 65536',
    '  - { name: eth0, mtu: 65536 }',
    '3:24: bos.network[0].mtu: expected a number of bytes',
  ],
  [
    'an MTU that is too small for IPv6',
    '  - { name: eth0, addresses: ["2001:db8::5/64"], mtu: 1279 }',
    '3:55: bos.network[0].mtu: expected at least 1280 for IPv6',
  ],
  [
    'an unknown link',
    '  - { name: eth0 }\n  - { name: v, vlan: { id: 5, link: eth1 } }',
    '4:37: bos.network[1].vlan.link: expected the name of an entry of bos.network, found "eth1"',
  ],
  [
    'an unknown member',
    '  - { name: eth0 }\n  - { name: b, bond: { members: [eth0, eth7] } }',
    '4:40: bos.network[1].bond.members[1]: expected the name of an entry of bos.network, found "eth7"',
  ],
  [
    'a member of two',
    '  - { name: eth0 }\n  - { name: b, bond: { members: [eth0] } }\n  - { name: c, bridge: { members: [eth0] } }',
    '5:36: bos.network[2].bridge.members[0]: eth0 is a member of b already',
  ],
  [
    'a circle',
    '  - { name: a, bond: { members: [b] } }\n  - { name: b, bridge: { members: [a] } }',
    '3:34: bos.network[0].bond.members[0]: b is made of a',
  ],
  [
    'two of one name',
    '  - { name: eth0 }\n  - { name: eth0, mtu: 9000 }',
    '4:13: bos.network[1].name: is that of eth0 already',
  ],
  [
    'two of one MAC address',
    '  - { name: a, mac: "52:54:00:ab:cd:ef" }\n  - { name: b, mac: "52:54:00:AB:CD:EF" }',
    '4:21: bos.network[1].mac: is that of a already',
  ],
  [
    'two of one path',
    '  - { name: a, path: pci-1 }\n  - { name: b, path: pci-1 }',
    '4:22: bos.network[1].path: is that of a',
  ],
  [
    'a member with an address of its own',
    '  - { name: eth0, addresses: [10.0.0.1/8] }\n  - { name: b, bond: { members: [eth0] } }',
    '3:30: bos.network[0].addresses: belongs to what this interface is a member of',
  ],
  [
    'two ways out',
    '  - { name: a, addresses: [10.0.0.2/8], gateway4: 10.0.0.1 }\n  - { name: b, addresses: [10.1.0.2/16], gateway4: 10.1.0.1 }',
    '4:52: bos.network[1].gateway4: a has one already',
  ],
  [
    'a route by a router of another network',
    '  - name: eth0\n    addresses: [10.0.0.2/24]\n    routes: [{ to: 10.1.0.0/16, via: 10.9.0.1 }]',
    '5:38: bos.network[0].routes[0].via: 10.9.0.1 is in no network of this interface',
  ],
  [
    'a route by a router that only another network on the link has',
    '  - name: eth0\n    addresses: [10.0.0.2/32]\n    routes: [{ to: 10.9.1.0/24 }, { to: 10.1.0.0/16, via: 10.9.0.1 }]',
    '5:59: bos.network[0].routes[1].via: 10.9.0.1 is in no network of this interface',
  ],
  [
    'a route of another family',
    '  - name: eth0\n    addresses: [10.0.0.2/24]\n    routes: [{ to: "2001:db8::/32", via: 10.0.0.1 }]',
    '5:42: bos.network[0].routes[0].via: expected an address of IPv6',
  ],
  [
    'a route to a machine of a network',
    '  - { name: eth0, addresses: [10.0.0.2/24], routes: [{ to: 10.1.0.1/16 }] }',
    '3:60: bos.network[0].routes[0].to: expected a network: nothing but zeros',
  ],
  [
    'an address without a length',
    '  - { name: eth0, addresses: [10.0.0.2] }',
    '3:31: bos.network[0].addresses[0]: expected an address with',
  ],
  [
    'a group as an address',
    '  - { name: eth0, addresses: [224.0.0.1/24] }',
    '3:31: bos.network[0].addresses[0]: 224.0.0.1/24 cannot be',
  ],
  [
    'DHCP on a bridge without members',
    '  - { name: br0, bridge: { members: [] }, dhcp6: true }',
    '3:50: bos.network[0].dhcp6: has nobody to ask: the bridge has no members',
  ],
  [
    'a VLAN whose packets do not fit into what carries it',
    '  - { name: eth0, mtu: 1400 }\n  - { name: v, vlan: { id: 5, link: eth0 }, mtu: 1500 }',
    '4:50: bos.network[1].mtu: is larger than 1400, that of eth0',
  ],
  [
    'DHCP on a member of a bridge',
    '  - { name: eth0, dhcp4: true }\n  - { name: b, bridge: { members: [eth0] } }',
    '3:26: bos.network[0].dhcp4: belongs to what this interface is a member of',
  ],
  [
    'a router of IPv4 that DHCP of IPv6 cannot know',
    '  - { name: eth0, dhcp4: false, dhcp6: true, routes: [{ to: 10.0.0.0/8, via: 10.5.0.9 }] }',
    '3:78: bos.network[0].routes[0].via: 10.5.0.9 is in no network of this interface',
  ],
  [
    'a field of another program',
    '  - { name: eth0, gateway: 10.0.0.1 }',
    '3:19: bos.network[0].gateway: is not a field, so nothing of this entry is used; write gateway4',
  ],
  [
    'a field of a VLAN that is none',
    '  - { name: v, vlan: { id: 5, link: e, tag: 5 } }',
    '3:40: bos.network[0].vlan.tag: is not a field',
  ],
  ['an entry without a name', '  - { mtu: 1500 }', '3:5: bos.network[0]: expected the key name'],
  [
    'a VLAN that is text',
    '  - { name: v, vlan: eth0.5 }',
    '3:22: bos.network[0].vlan: expected a map with id, link, found a string',
  ],
  [
    'a list as text in a map',
    '  - { name: v, bond: { members: { a: b } } }',
    '3:33: bos.network[0].bond.members: expected a list of strings, found a map',
  ],
  [
    'two kinds at once',
    '  - { name: v, vlan: { id: 5, link: e }, bridge: { members: [] } }',
    '3:50: bos.network[0].bridge: is vlan already',
  ],
  [
    'a match for what is made',
    '  - { name: v, mac: "52:54:00:ab:cd:ef", bridge: { members: [] } }',
    '3:21: bos.network[0].mac: finds an interface that exists',
  ],
];

for (const [what, yaml, fault] of refused) {
  test(`refused, with its place: ${what}`, (t) => {
    const [first = '', ...more] = told(yaml);
    t.true(first.startsWith(`error f:${fault}`), first);
    t.deepEqual(more, []);
    t.is(networkOf(yaml), undefined, 'none of the list counts');
  });
}

test('a fault is about a key that decides, so DCP waits', (t) => {
  const { diagnostics } = parseConfigYaml('bos: { network: [{ name: v, vlan: { id: 0, link: e } }] }', 'f');
  t.deepEqual(diagnostics[0]?.about, ['bos.network']);
});

const sound = `  - name: eth0
    addresses: [203.0.113.5/32, "2001:db8::5/128"]
    gateway4: 198.51.100.1
    gateway6: fe80::1
    on_link: true
    nameservers: [192.0.2.53]
    search: [example.com]
    mtu: 1400
    routes:
      - { to: 10.0.0.0/8, via: 198.51.100.1, metric: 50 }
      - { to: 172.16.0.0/12 }
  - { name: port1, mac: "52:54:00:12:34:56", wake_on_lan: false }
  - { name: port2, path: "pci-0000:00:04.0" }
  - { name: bond0, bond: { members: [port1, port2], mode: 802.3ad } }
  - { name: office, vlan: { id: 5, link: bond0 }, addresses: [10.5.0.2/24] }
  - { name: guests, vlan: { id: 6, link: bond0 }, dhcp4: true }
`;

test('a router that a route on the link reaches, in whatever order they are given', (t) => {
  const text = `  - name: lan
    addresses: [10.0.0.2/32, "2001:db8:7::2/128"]
    routes:
      - { to: 10.0.0.0/16, via: 10.0.0.1 }
      - { to: 10.0.0.1/32 }
      - { to: "2001:db8:9::/64" }
      - { to: "2001:db8:8::/64", via: "2001:db8:9::1" }`;
  t.deepEqual(told(text), []);
});

test('the same from a file and from the command line', (t) => {
  t.deepEqual(told(sound), []);
  const words = [
    'name=eth0 addresses=203.0.113.5/32 addresses=2001:db8::5/128 gateway4=198.51.100.1 gateway6=fe80::1',
    'on_link=true nameservers=192.0.2.53 search=example.com mtu=1400',
    'routes.to=10.0.0.0/8 routes.via=198.51.100.1 routes.metric=50 routes.to=172.16.0.0/12',
    'name=port1 mac=52:54:00:12:34:56 wake_on_lan=false name=port2 path=pci-0000:00:04.0',
    'name=bond0 bond.members=port1 bond.members=port2 bond.mode=802.3ad',
    'name=office vlan.id=5 vlan.link=bond0 addresses=10.5.0.2/24',
    'name=guests vlan.id=6 vlan.link=bond0 dhcp4=true',
  ];
  const line = words.join(' ').replaceAll(/(^| )/g, '$1bos.network.');
  const { layer, diagnostics } = parseCommandLine(line);
  t.deepEqual(diagnostics, []);
  t.deepEqual(layer.entries.get('bos.network')?.value, networkOf(sound));
});

test('on the command line a fault costs the list, and is told where it stands', (t) => {
  const { layer, diagnostics } = parseCommandLine(
    'quiet bos.network.name=eth0 bos.network.mtu=10 bos.network.name=eth1',
  );
  t.deepEqual(
    diagnostics.map(({ place, key }) => `${place.column} ${key}`),
    ['29 bos.network.mtu'],
  );
  t.false(layer.entries.has('bos.network'));
});

test('on the command line a VLAN without its link, and an inner field that is none', (t) => {
  const faults = (line: string) => parseCommandLine(line).diagnostics.map(({ message }) => message);
  t.deepEqual(faults('bos.network.name=v bos.network.vlan.id=5'), [
    'expected bos.network.vlan.link= for each',
  ]);
  t.regex(faults('bos.network.name=v bos.network.vlan.tag=5')[0] ?? '', /^is not a field/);
  t.regex(faults('bos.network.name=v bos.network.vlan=5')[0] ?? '', /^is not a field/);
});

test('one string in place of a list is taken, with a note', (t) => {
  t.deepEqual(told('  - { name: eth0, address: 10.0.0.2/24 }'), [
    'note f:3:28: bos.network[0].address: is taken for a list; write each element behind a hyphen',
  ]);
});

test('what an earlier source gave stays when a later one has a fault', (t) => {
  const layerOf = (yaml: string) => parseConfigYaml(`bos: { network: [${yaml}] }`, 'f').layer;
  const { config } = merge([layerOf('{ name: eth0, mtu: 1400 }'), layerOf('{ name: eth0, mtu: 1 }')]);
  t.deepEqual(config['bos.network'], [{ name: 'eth0', mtu: '1400' }]);
});

test('two sources that contradict each other: the later one counts, and the earlier one is told', (t) => {
  const parsed = (yaml: string, file: string) => parseConfigYaml(`bos: { network: ${yaml} }`, file);
  const first = parsed('[{ name: eth0, addresses: [10.0.0.2/8] }]', 'first');
  const second = parsed('[{ name: eth0, addresses: [10.0.0.3/8] }]', 'second');
  t.deepEqual(replacedNetworks([first, second]), [
    {
      severity: 'note',
      place: { file: 'first', line: 1, column: 8 },
      key: 'bos.network',
      message: 'is not used: second:1:8 has another list, which is in force as a whole',
    },
  ]);
  t.deepEqual(merge([first.layer, second.layer]).config['bos.network'], [
    { name: 'eth0', addresses: ['10.0.0.3/8'] },
  ]);
  // The same twice contradicts nothing; nor does one that has a fault, which is told by itself.
  t.deepEqual(replacedNetworks([first, parsed('[{ name: eth0, addresses: [10.0.0.2/8] }]', 'third')]), []);
  t.deepEqual(replacedNetworks([first, parsed('[{ name: eth0, mtu: 1 }]', 'third')]), []);
});
