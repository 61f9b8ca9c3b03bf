/** The forms of `ip=` and its kin that the kernel, dracut, PXE and NetworkManager have, one by one. */
import test from 'ava';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';

const read = (line: string) => {
  const { layer, diagnostics } = parseCommandLine(line);
  return {
    value: layer.entries.get('bos.network')?.value,
    told: diagnostics.map(
      ({ severity, place, key, message }) => `${severity} ${place.column} ${key}: ${message}`,
    ),
  };
};

const byName = (value: unknown) =>
  Array.isArray(value) ? value.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : value;

/** Forms that the documents name, and those that boot loaders and other generators write. */
const more: readonly (readonly [line: string, value: unknown, ...told: readonly string[]])[] = [
  ['ip=dhcp,dhcp6 rd.neednet=1', undefined],
  ['ip=eth0:dhcp,auto6', [{ name: 'eth0', dhcp4: 'true', dhcp6: 'true' }]],
  [
    'ip=10.3.4.5/22::10.3.4.1:::eth0:off',
    [{ name: 'eth0', addresses: ['10.3.4.5/22'], gateway4: '10.3.4.1' }],
  ],
  [
    'ip=[2001:db8::5/56]::[2001:db8::1]:::eth0:none',
    [{ name: 'eth0', addresses: ['2001:db8::5/56'], gateway6: '2001:db8::1' }],
  ],
  // Without a mask: by its class.
  ['ip=10.3.4.5::10.9.0.1:::eth0:none', [{ name: 'eth0', addresses: ['10.3.4.5/8'], gateway4: '10.9.0.1' }]],
  [
    'ip=172.16.4.5::172.16.0.1:::eth0:none',
    [{ name: 'eth0', addresses: ['172.16.4.5/16'], gateway4: '172.16.0.1' }],
  ],
  ['ip=192.168.4.5:::::eth0:none', [{ name: 'eth0', addresses: ['192.168.4.5/24'] }]],
  ['ip=[2001:db8::5]:::::eth0:none', [{ name: 'eth0', addresses: ['2001:db8::5/64'] }]],
  [
    'ip=10.3.4.5::10.3.4.1:24::eth0:static',
    [{ name: 'eth0', addresses: ['10.3.4.5/24'], gateway4: '10.3.4.1' }],
  ],
  // The kernel takes zeros for nothing.
  ['ip=0.0.0.0:0.0.0.0:0.0.0.0:0.0.0.0:node:eth0:dhcp', [{ name: 'eth0', dhcp4: 'true' }]],
  ['ip=10.3.4.5:10.8.0.9:0.0.0.0:24::eth0:none', [{ name: 'eth0', addresses: ['10.3.4.5/24'] }]],
  ['ip=10.3.4.5:::24::eth0:dhcp', [{ name: 'eth0', addresses: ['10.3.4.5/24'], dhcp4: 'true' }]],
  // The other end of a cable; with a network of its own the second field is the server of NFS.
  [
    'ip=10.3.4.5:10.3.4.6::32::eth0:none',
    [{ name: 'eth0', addresses: ['10.3.4.5/32'], routes: [{ to: '10.3.4.6/32' }] }],
  ],
  [
    'ip=10.3.4.5:10.8.7.6/20::::eth0:none',
    [{ name: 'eth0', addresses: ['10.3.4.5/32'], routes: [{ to: '10.8.0.0/20' }] }],
  ],
  [
    'ip=[2001:db8::5]:[fd00:0:0:a::9/62]::128::eth0:none',
    [{ name: 'eth0', addresses: ['2001:db8::5/128'], routes: [{ to: 'fd00:0:0:8::/62' }] }],
  ],
  // Boot loaders may write a line twice.
  ['ip=10.3.4.5:::24::eth0:none ip=10.3.4.5:::24::eth0:none', [{ name: 'eth0', addresses: ['10.3.4.5/24'] }]],
  [
    'ip=10.3.4.5:::24::eth0:none ip=10.3.4.6:::24::eth0:none',
    [{ name: 'eth0', addresses: ['10.3.4.5/24', '10.3.4.6/24'] }],
  ],
  // What asks where every interface asks.
  [
    'bond ip=dhcp',
    [
      { name: 'bond0', bond: { members: ['eth0', 'eth1'], mode: 'balance-rr' }, dhcp4: 'true' },
      { name: 'eth0' },
      { name: 'eth1' },
    ],
  ],
  ['bridge', [{ name: 'br0', bridge: { members: ['eth0'] }, dhcp4: 'true' }, { name: 'eth0' }]],
  [
    'vlan=ens3.7:ens3',
    [
      { name: 'ens3', dhcp4: 'true' },
      { name: 'ens3.7', vlan: { id: '7', link: 'ens3' }, dhcp4: 'true' },
    ],
  ],
  [
    'vlan=ens3.7:ens3 ip=ens3.7:dhcp',
    [{ name: 'ens3' }, { name: 'ens3.7', vlan: { id: '7', link: 'ens3' }, dhcp4: 'true' }],
  ],
  [
    'vlan=ens3.7:ens3 ip=dhcp ip=10.3.4.5:::24::ens3.7:none',
    [
      { name: 'ens3', dhcp4: 'true' },
      { name: 'ens3.7', vlan: { id: '7', link: 'ens3' }, addresses: ['10.3.4.5/24'] },
    ],
  ],
  [
    'team=t:a,b:lacp ip=t:dhcp',
    [
      { name: 'a' },
      { name: 'b' },
      { name: 't', bond: { members: ['a', 'b'], mode: '802.3ad' }, dhcp4: 'true' },
    ],
    'warning 1 team: t is set up as a bond (802.3ad), as there is no teamd here',
  ],
  [
    'bond=b:a:miimon=9,lacp_rate=1,mode=1 ip=b:dhcp',
    [{ name: 'a' }, { name: 'b', bond: { members: ['a'], mode: 'active-backup' }, dhcp4: 'true' }],
    'warning 1 bond: its option lacp_rate cannot be set up here; it is left out',
  ],
  // The card that PXE has booted from.
  [
    'BOOTIF=01-52-54-00-12-34-ab ip=:::::BOOTIF:dhcp',
    [{ name: 'bootif', mac: '52:54:00:12:34:ab', dhcp4: 'true' }],
  ],
  [
    'BOOTIF=01-52-54-00-12-34-ab ip=10.3.4.5:::24:::none',
    [{ name: 'bootif', mac: '52:54:00:12:34:ab', addresses: ['10.3.4.5/24'] }],
  ],
  [
    'BOOTIF=01-52-54-00-12-34-ab ip=10.3.4.5:10.3.4.1:10.3.4.1:255.255.255.0',
    undefined,
    'warning 29 ip: names no interface, so it is not used',
  ],
  [
    'BOOTIF=01-52-54-00-12-34-ab rd.bootif=0 ip=10.3.4.5:::24:::none',
    undefined,
    'warning 41 ip: names no interface, so it is not used',
  ],
  // The way out of two.
  [
    'ip=10.3.4.5::10.3.4.1:24::a:none ip=10.5.4.5::10.5.4.1:24::b:none bootdev=b',
    [
      { name: 'a', addresses: ['10.3.4.5/24'] },
      { name: 'b', addresses: ['10.5.4.5/24'], gateway4: '10.5.4.1' },
    ],
    'warning 67 bootdev: a: its gateway 10.3.4.1 is left out, as b leads out',
  ],
  // Routes by a mask, to one machine, and the default one.
  [
    'ip=10.3.4.5:::24::a:none rd.route=10.9.0.0/255.255.0.0:10.3.4.9 rd.route=10.8.1.1:10.3.4.9',
    [
      {
        name: 'a',
        addresses: ['10.3.4.5/24'],
        routes: [
          { to: '10.9.0.0/16', via: '10.3.4.9' },
          { to: '10.8.1.1/32', via: '10.3.4.9' },
        ],
      },
    ],
  ],
  [
    'ip=10.3.4.5:::24::a:none rd.route=default:10.3.4.9 nameserver=10.3.4.9',
    [{ name: 'a', addresses: ['10.3.4.5/24'], gateway4: '10.3.4.9', nameservers: ['10.3.4.9'] }],
  ],
  [
    'ip=[2001:db8::5]:::128::a:none rd.route=[::]/0:[2001:db9::1]:a',
    [{ name: 'a', addresses: ['2001:db8::5/128'], gateway6: '2001:db9::1', on_link: 'true' }],
  ],
  [
    'ip=a:dhcp rd.route=10.9.0.0/16:192.168.7.7',
    [{ name: 'a', dhcp4: 'true', routes: [{ to: '10.9.0.0/16', via: '192.168.7.7' }] }],
  ],
  [
    'ip=dhcp rd.route=10.9.0.0/16:192.168.7.7:a',
    [{ name: 'a', dhcp4: 'true', routes: [{ to: '10.9.0.0/16', via: '192.168.7.7' }] }],
  ],
  [
    'ip=a:dhcp nameserver=9.9.9.9 nameserver=9.9.9.9',
    [{ name: 'a', dhcp4: 'true', nameservers: ['9.9.9.9'] }],
  ],
  // What is lost is told.
  [
    'ip=10.3.4.5:::24::a:none:9.9.9.9:1.1.1.1:10.3.4.2',
    [{ name: 'a', addresses: ['10.3.4.5/24'], nameservers: ['9.9.9.9', '1.1.1.1'] }],
    'warning 1 ip: its time server 10.3.4.2 is not used; write bos.ntp_servers',
  ],
  [
    'ip=10.3.4.5:::24::a:bootparam',
    [{ name: 'a', addresses: ['10.3.4.5/24'] }],
    'warning 1 ip: "bootparam" cannot be done here; the address is used',
  ],
  ...['ibft', 'DHCP', 'ens3'].map((word) => [`ip=${word}`, undefined, noWay(word)] as const),
  ['ip=ens3:static', undefined, noWay('static')],
  ['ip=:ens3:dhcp', undefined, 'warning 1 ip: names no interface, so it is not used'],
];

function noWay(word: string): string {
  return `warning 1 ip: "${word}" is not a way to get an address, so it is not used; expected dhcp, dhcp6, auto6, link6, none or off`;
}

test('name servers that no interface can have are those of the machine, unless our own key says others', (t) => {
  const of = (line: string) => parseCommandLine(line).layer.entries.get('bos.dns_nameservers')?.value;
  t.deepEqual(of('ip=dhcp nameserver=9.9.9.9 nameserver=[2620:fe::fe] nameserver= nameserver=9.9.9.9'), [
    '9.9.9.9',
    '2620:fe::fe',
  ]);
  t.deepEqual(of('nameserver=9.9.9.9 bos.dns_nameservers=1.1.1.1'), ['1.1.1.1']);
  t.deepEqual(of('nameserver=9.9.9.9 bos.network.name=eth1'), ['9.9.9.9']);
  t.is(of('nameserver=9.9.9.9 ip=eth0:dhcp'), undefined);
});

for (const [line, value, ...all] of more) {
  test(`as the documents say: ${line}`, (t) => {
    const { value: found, told } = read(line);
    t.deepEqual(byName(found), byName(value));
    t.deepEqual(told, all);
  });
}
