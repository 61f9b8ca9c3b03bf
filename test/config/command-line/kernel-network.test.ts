/** `ip=` and its kin: the cases of the documents, and any line at all. */
import test from 'ava';
import fc from 'fast-check';
import { interfaceFault } from '../../../src/config/checks/network/interface.ts';
import { interfacesFault } from '../../../src/config/checks/network/interfaces.ts';
import { configWords, parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { splitKernelArguments } from '../../../src/config/command-line/kernel-arguments.ts';
import { kernelNetwork } from '../../../src/config/command-line/kernel-network.ts';
import type { ObjectValue } from '../../../src/config/config.ts';
import { runs } from '../../properties.ts';

const read = (line: string) => {
  const { layer, diagnostics } = parseCommandLine(line);
  return {
    value: layer.entries.get('bos.network')?.value,
    told: diagnostics.map(
      ({ severity, place, key, message }) => `${severity} ${place.column} ${key}: ${message}`,
    ),
  };
};

/** The line, and what it says. */
const taken: readonly (readonly [what: string, line: string, value: unknown])[] = [
  ['nothing', 'quiet', undefined],
  ['DHCP everywhere', 'ip=dhcp', undefined],
  ['off', 'ip=off ip=none', undefined],
  [
    "the kernel's own form",
    'ip=192.168.1.5::192.168.1.1:255.255.255.0:node1:eth0:none:1.1.1.1:8.8.8.8',
    [
      {
        ...{ name: 'eth0', addresses: ['192.168.1.5/24'], gateway4: '192.168.1.1' },
        nameservers: ['1.1.1.1', '8.8.8.8'],
      },
    ],
  ],
  [
    'a gateway on the link, as rented servers have it',
    'ip=203.0.113.5::198.51.100.1:255.255.255.255::eth0:none',
    [{ name: 'eth0', addresses: ['203.0.113.5/32'], gateway4: '198.51.100.1', on_link: 'true' }],
  ],
  [
    'both families, an MTU, a name server',
    'ip=10.0.0.5::10.0.0.1:24::lan:off:1400 ip=[2001:db8::5]::[fe80::1]:64::lan:none nameserver=[2001:db8::53] ifname=lan:52:54:00:AB:cd:ef',
    [
      {
        ...{ name: 'lan', addresses: ['10.0.0.5/24', '2001:db8::5/64'], gateway4: '10.0.0.1', mtu: '1400' },
        ...{ gateway6: 'fe80::1', mac: '52:54:00:ab:cd:ef', nameservers: ['2001:db8::53'] },
      },
    ],
  ],
  ['DHCP of one', 'ip=eth1:dhcp', [{ name: 'eth1', dhcp4: 'true' }]],
  ['DHCPv6 of one', 'ip=eth1:dhcp6:9000', [{ name: 'eth1', dhcp6: 'true', mtu: '9000', dhcp4: 'false' }]],
  ['both', 'ip=eth1:dhcp ip=eth1:auto6', [{ name: 'eth1', dhcp4: 'true', dhcp6: 'true' }]],
  ['one that is off', 'ip=eth1:off', [{ name: 'eth1', dhcp4: 'false', dhcp6: 'false' }]],
  ['the long form of DHCP', 'ip=:::::eth0:dhcp', [{ name: 'eth0', dhcp4: 'true' }]],
  [
    'a VLAN on a bond, and a route',
    'vlan=vlan0005:bond0 bond=bond0:eth0,eth1:mode=4,miimon=100:9000 ip=10.5.0.2::10.5.0.1:16::vlan0005:none rd.route=10.9.0.0/16:10.5.0.9 rd.route=[2001:db8:1::/48]::vlan0005',
    [
      { name: 'bond0', bond: { members: ['eth0', 'eth1'], mode: '802.3ad' }, mtu: '9000' },
      {
        ...{
          name: 'vlan0005',
          vlan: { id: '5', link: 'bond0' },
          addresses: ['10.5.0.2/16'],
          gateway4: '10.5.0.1',
        },
        routes: [{ to: '10.9.0.0/16', via: '10.5.0.9' }, { to: '2001:db8:1::/48' }],
      },
      { name: 'eth0' },
      { name: 'eth1' },
    ],
  ],
  [
    'a bridge',
    'bridge=br0:eth0 ip=10.0.0.2:::8::br0:none',
    [{ name: 'br0', bridge: { members: ['eth0'] }, addresses: ['10.0.0.2/8'] }, { name: 'eth0' }],
  ],
];

const byName = (value: unknown) =>
  Array.isArray(value) ? value.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : value;

for (const [what, line, value] of taken) {
  test(`taken: ${what}`, (t) => {
    const { value: found, told } = read(line);
    t.deepEqual(byName(found), byName(value));
    t.deepEqual(told, []);
  });
}

const refused: readonly (readonly [line: string, told: RegExp])[] = [
  ['quiet ip=10.0.0.300:::24::eth0:none', /^error 7 ip: expected an IP address, found "10\.0\.0\.300"/],
  [
    'ip=10.0.0.3:::255.0.255.0::eth0:none',
    /^error 1 ip: expected a netmask or the length of the network, found/,
  ],
  ['ip=10.0.0.3::fe80:24::eth0:none', /^error 1 ip: expected a gateway of IPv4/],
  ['ip=[2001:db8::5:::64::eth0:none', /^error 1 ip: has a bracket that is not closed/],
  ['ip=10.0.0.3:::24::eth0:none:10', /^error 1 ip: eth0: mtu: expected a number of bytes/],
  [
    'ip=10.0.0.3:::24::eth0:none vlan=vlan5000:eth0',
    /^error 29 vlan: vlan5000: vlan\.id: expected a number from 1 to 4094/,
  ],
  ['vlan=office:eth0', /^error 1 vlan: expected a name such as vlan5/],
  ['bond=bond0::', /^error 1 bond: bond0: bond\.members: expected at least one member/],
  [
    'ip=10.0.0.3:::24::eth0:none rd.route=10.1.0.0/16:10.9.0.1',
    /^error 29 rd\.route: belongs to no interface/,
  ],
  [
    'ip=10.0.0.3:::24::eth0:none ip=10.0.0.3:::24::eth1:none',
    /^error 29 ip: eth1: addresses\[0\]: 10\.0\.0\.3 is an address of eth0/,
  ],
  [
    'ip=10.0.0.3:::24::eth0:none nameserver=dns.lan',
    /^error 29 nameserver: expected an IP address; a name server/,
  ],
  [
    'ip=2001:db8::5::2001:db8::1:64::eth0:none',
    /found "2001"; one of IPv6 stands in brackets: \[2001:db8::5\]$/,
  ],
  ['team=team0:eth0:fastest', /^error 1 team: expected one of activebackup, lacp, .*, found "fastest"$/],
  ['vlan=eth0.5', /^error 1 vlan: expected the interface that carries it: eth0\.5:eth0$/],
  [
    'ip=10.0.0.3::10.0.0.1:24::eth0:none rd.route=default:10.0.0.2',
    /^error 37 rd\.route: 10\.0\.0\.2 is a second gateway beside 10\.0\.0\.1$/,
  ],
  ['ifname=lan:12', /^error 1 ifname: lan: mac: expected the MAC address/],
];
for (const [line, told] of refused) {
  test(`refused, and nothing of it is used: ${line}`, (t) => {
    const found = read(line);
    t.regex(found.told[0] ?? '', told);
    t.is(found.told.length, 1);
    t.is(found.value, undefined);
  });
}

const warned: readonly (readonly [line: string, told: RegExp, value: unknown])[] = [
  [
    'ip=10.0.0.5:10.0.0.1:10.0.0.1:255.255.255.0',
    /^warning 1 ip: names no interface, so it is not used$/,
    undefined,
  ],
  [
    'ip=eth0:dhcp::52:54:00:12:34:56',
    /^warning 1 ip: gives a MAC address, which cannot be set here$/,
    [{ name: 'eth0', dhcp4: 'true' }],
  ],
];
for (const [line, told, value] of warned) {
  test(`warned of: ${line}`, (t) => {
    const found = read(line);
    t.regex(found.told[0] ?? '', told);
    t.is(found.told.length, 1);
    t.deepEqual(found.value, value);
  });
}

test('our own key wins, and that is said', (t) => {
  const { value, told } = read('ip=10.0.0.3:::24::eth0:none bos.network.name=eth1');
  t.deepEqual(value, [{ name: 'eth1' }]);
  t.deepEqual(told, ['note 1 ip: is not used, because bos.network says how the network is set up']);
});

test('they stay arguments of the kernel, and those behind -- are of init', (t) => {
  t.deepEqual(
    parseCommandLine('ip=10.0.0.3:::24::eth0:none').others.map(({ name }) => name),
    ['ip'],
  );
  t.is(read('-- ip=10.0.0.3:::24::eth0:none').value, undefined);
});

const piece = fc.constantFrom(
  ...[
    'ip=',
    'vlan=',
    'bond=',
    'bridge=',
    'nameserver=',
    'rd.route=',
    'ifname=',
    'team=',
    'bootdev=',
    'BOOTIF=01-52-54-00-12-34-56 ',
    ' ',
    ':',
    '::',
    '[',
    ']',
    ',',
    '/',
  ],
  ...[
    '10.0.0.5',
    '10.0.0.1',
    '255.255.255.0',
    '24',
    '2001:db8::5',
    '[2001:db8::1]',
    'eth0',
    'eth1',
    'bond0',
    'br0',
  ],
  ...[
    'vlan5',
    'dhcp',
    'none',
    'dhcp6',
    'mode=1',
    '9000',
    '__proto__',
    'constructor',
    '52:54:00:12:34:56',
    '"',
    '=',
  ],
);
const anyLine = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc
    .array(
      fc
        .tuple(
          fc.constantFrom(
            'ip',
            'vlan',
            'bond',
            'bridge',
            'team',
            'bootdev',
            'nameserver',
            'rd.route',
            'ifname',
          ),
          fc.array(piece),
        )
        .map(([name, pieces]) => `${name}=${pieces.join('').replaceAll(/[ "]/g, '')}`),
    )
    .map((words) => words.join(' ')),
);

test('whatever the line says, what is taken of it passes the checks of the key, and can be written as ours', (t) => {
  fc.assert(
    fc.property(anyLine, (line) => {
      const { value, told } = read(line);
      if (value === undefined) return true;
      const objects = value as readonly ObjectValue[];
      if (objects.some((object) => interfaceFault(object)) || interfacesFault(objects)) return false;
      if (told.some((fault) => fault.startsWith('error'))) return line.includes('bos.');
      const words = configWords({ 'bos.network': value as never }).join(' ');
      const again = read(words);
      t.deepEqual(again.told, [], line);
      return JSON.stringify(sorted(again.value)) === JSON.stringify(sorted(value));
    }),
    { numRuns: runs(3000) },
  );
});

/** Fields in one order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, sorted(inner)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
};

const length = fc.integer({ min: 8, max: 32 });
const anyStatic = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 200 }), length, fc.boolean()), {
  maxLength: 4,
  selector: ([host]) => host,
});

test('addresses come back as they were written, in both ways to write a mask', (t) => {
  fc.assert(
    fc.property(anyStatic, fc.boolean(), (all, dotted) => {
      const mask = (bits: number) =>
        [24, 16, 8, 0].map((shift) => ((0xffffffff << (32 - bits)) >>> shift) & 0xff).join('.');
      const line = all
        .map(([host, bits], index) => `ip=10.${host}.0.5:::${dotted ? mask(bits) : bits}::eth${index}:none`)
        .join(' ');
      const { interfaces, faults } = kernelNetwork(splitKernelArguments(line));
      t.deepEqual(faults, []);
      t.deepEqual(
        interfaces,
        all.map(([host, bits], index) => ({ name: `eth${index}`, addresses: [`10.${host}.0.5/${bits}`] })),
      );
    }),
    { numRuns: runs(500) },
  );
});
