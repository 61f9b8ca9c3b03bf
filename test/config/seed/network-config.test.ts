/** network-config of the boot partition: netplan and the older version, as connman and our keys have it. */
import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readNetworkConfig } from '../../../src/config/seed/network-config.ts';
import { renderWired } from '../../../src/config/seed/wired.ts';
import { runs } from '../../properties.ts';

const read = (text: string) => {
  const { wired, meaning } = readNetworkConfig(parse(text));
  return {
    ...(meaning.config.bos as object),
    notes: meaning.notes.map((note) => note.join(': ')),
    connman: renderWired(wired),
  };
};

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
  t.deepEqual(read(text), {
    wifi: [{ name: 'Café "one"', passphrase: psk }],
    notes: ['warning: the network "Café \\"one\\"" is hidden; it is joined only while it shows its name'],
    connman: '',
  });
});

test('open networks, other ways to say a passphrase, and what cannot be joined', (t) => {
  const text = `version: 2
wifis:
  wlan0:
    access-points:
      open: {}
      guests: {auth: {key-management: none}, password: not-used}
      home: {auth: {key-management: sae, password: hush-hush}}
      work: {auth: {key-management: eap, identity: me}}
`;
  t.deepEqual(read(text), {
    wifi: [{ name: 'open' }, { name: 'guests' }, { name: 'home', passphrase: 'hush-hush' }],
    notes: ['warning: the network "work" asks for eap, which cannot be joined here'],
    connman: '',
  });
});

test('netplan: fixed addresses as connman has them', (t) => {
  const text = `network:
  version: 2
  ethernets:
    eth0:
      addresses: [192.168.1.10/24, "2001:db8::10/64"]
      routes:
        - {to: default, via: 192.168.1.1}
        - {to: 10.0.0.0/8, via: 192.168.1.2}
        - {to: "::/0", via: "2001:db8::1"}
      nameservers: {addresses: [192.168.1.53, 9.9.9.9], search: [example.org, lan]}
    other:
      match: {macaddress: "52:54:00:AB:CD:EF"}
      addresses: [10.1.2.3/20: {label: x}]
      gateway4: 10.1.0.1
    dhcp:
      dhcp4: true
      nameservers: {addresses: [9.9.9.9]}
    plain: {dhcp4: true}
  vlans: {v1: {id: 5, link: eth0}}
`;
  const { connman, notes } = read(text);
  t.is(
    connman,
    [
      '# From network-config of the boot partition: made anew at every boot.',
      '',
      '[service_seed_65746830]',
      'Type=ethernet',
      'DeviceName=eth0',
      'IPv4=192.168.1.10/255.255.255.0/192.168.1.1',
      'IPv6=2001:db8::10/64/2001:db8::1',
      'Nameservers=192.168.1.53,9.9.9.9',
      'SearchDomains=example.org,lan',
      '',
      '[service_seed_6f74686572]',
      'Type=ethernet',
      'MAC=52:54:00:ab:cd:ef',
      'IPv4=10.1.2.3/255.255.240.0/10.1.0.1',
      '',
      '[service_seed_64686370]',
      'Type=ethernet',
      'DeviceName=dhcp',
      'IPv4=dhcp',
      'Nameservers=9.9.9.9',
      '',
    ].join('\n'),
  );
  t.deepEqual(notes, [
    'warning: eth0: only a default route can be set; others are left out',
    'warning: vlans cannot be set up here',
  ]);
});

test('version 1', (t) => {
  const text = `version: 1
config:
  - type: physical
    name: eth0
    mac_address: "52:54:00:12:34:00"
    subnets:
      - {type: static, address: 192.168.1.10, netmask: 255.255.255.0, gateway: 192.168.1.254, dns_nameservers: [9.9.9.9]}
  - {type: physical, name: eth1, subnets: [{type: dhcp4}]}
  - {type: nameserver, address: [192.0.2.53], search: [a]}
  - {type: bond, name: b0}
`;
  const found = read(text);
  t.regex(
    found.connman,
    /MAC=52:54:00:12:34:00\nIPv4=192\.168\.1\.10\/255\.255\.255\.0\/192\.168\.1\.254\nNameservers=9\.9\.9\.9\n$/,
  );
  t.notRegex(found.connman, /eth1/);
  t.like(found, {
    dns_nameservers: ['192.0.2.53'],
    notes: ['warning: an interface of type "bond" cannot be set up here'],
  });
});

const faulty = test.macro({
  exec: (t, eth: string, message: RegExp) => {
    const { notes, connman } = read(`{version: 2, ethernets: {${eth}}}`);
    t.is(connman, '');
    t.regex(notes.join('\n'), message);
    t.regex(notes.join('\n'), /^error: .*; this interface is left to DHCP$/);
  },
  title: (what = '') => `is left to DHCP: ${what}`,
});
test('no prefix', faulty, 'eth0: {addresses: [10.0.0.1]}', /expected addresses/);
test('no address', faulty, 'eth0: {addresses: [here/24]}', /expected addresses/);
test('a prefix that is too long', faulty, 'eth0: {addresses: [10.0.0.1/33]}', /expected addresses/);
test('two addresses', faulty, 'eth0: {addresses: [10.0.0.1/8, 10.0.0.2/8]}', /one address of a kind/);
test('a gateway', faulty, 'eth0: {addresses: [10.0.0.1/8], gateway4: gw}', /expected IP addresses/);
test(
  'a pattern of names',
  faulty,
  'all: {match: {name: "en*"}, addresses: [10.0.0.1/8]}',
  /name of one interface/,
);
test('a line end in a name', faulty, '"a\\nb": {addresses: [10.0.0.1/8]}', /name of one interface/);
test('a MAC', faulty, 'e: {match: {macaddress: x}, addresses: [10.0.0.1/8]}', /MAC address/);
test('a domain', faulty, 'e: {addresses: [10.0.0.1/8], nameservers: {search: ["a\\nb"]}}', /domains/);

test('no version, another one, or networking turned off', (t) => {
  t.deepEqual(read('{network: {config: disabled}}').notes, []);
  t.deepEqual(read('{ethernets: {}}').notes, ['error: expected version 1 or 2, found none']);
  t.deepEqual(read('{network: {version: 3}}').notes, ['error: expected version 1 or 2, found 3']);
});

test('whatever stands there, nothing is thrown, and each line of connman is one', (t) => {
  const device = fc.record(
    { addresses: fc.jsonValue(), match: fc.jsonValue(), nameservers: fc.jsonValue(), routes: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), device), fc.jsonValue(), (ethernets, wifis) => {
      const { wired } = readNetworkConfig({ version: 2, ethernets, wifis });
      for (const line of renderWired(wired).split('\n'))
        t.regex(line, /^($|#|\[service_seed_[0-9a-f]*\]$|[A-Za-z0-9]+=\S+$)/);
    }),
    { numRuns: runs(300) },
  );
});
