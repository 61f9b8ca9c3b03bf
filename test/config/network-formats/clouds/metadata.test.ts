/** Networks as metadata services say them, as entries of bos.network; and what is missing or wrong in them. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readMetadataNetwork } from '../../../../src/config/network-formats/clouds/metadata.ts';
import { metadataForms } from '../../../../src/config/sources/cloud-network-files.ts';
import { parseConfigYaml } from '../../../../src/config/yaml/yaml.ts';
import * as clouds from '../../../fakes/cloud-networks.ts';
import { runs } from '../../../properties.ts';
import { read } from '../support.ts';

const of = (t: ExecutionContext, form: (typeof metadataForms)[number], value: unknown) =>
  read(t, readMetadataNetwork(form, value));

test('digitalocean: all addresses are fixed, the public one leads out, an anchor and a private network do not', (t) => {
  t.deepEqual(of(t, 'digitalocean', clouds.digitaloceanNetwork), {
    network: [
      { name: 'private', mac: '04:01:57:d1:9e:02', addresses: ['10.132.6.205/16'] },
      {
        name: 'public',
        mac: '04:01:57:d1:9e:01',
        addresses: ['104.131.20.105/18', '2604:A880:0800:0010:0000:0000:017D:2001/64', '10.17.0.9/16'],
        gateway4: '104.131.0.1',
        gateway6: '2604:A880:0800:0010:0000:0000:0000:0001',
        nameservers: ['2001:4860:4860::8844', '8.8.8.8'],
      },
    ],
    notes: [],
  });
});

test('hetzner: DHCP for IPv4, a fixed address of IPv6', (t) => {
  const card = {
    name: 'eth0',
    mac: '96:00:00:08:19:da',
    dhcp4: true,
    addresses: ['2a01:4f8:beef:beef::1/64'],
  };
  const nameservers = ['185.12.64.1', '185.12.64.2', '2a01:4ff:ff00::add:2'];
  t.deepEqual(of(t, 'network-config', parse(clouds.hetznerNetwork)), {
    network: [{ ...card, gateway6: 'fe80::1', nameservers }],
    notes: [],
  });
});

test('hetzner: an alias of the interface, as its service had it before', (t) => {
  const text = clouds.hetznerNetwork.replace(
    /( {2}- address: [\s\S]*) {2}type: physical\n/,
    (_, subnet: string) => `  type: physical\n- name: eth0:0\n  type: physical\n  subnets:\n${subnet}`,
  );
  t.regex(text, /name: eth0:0/);
  const { network, notes } = of(t, 'network-config', parse(text));
  t.like(network?.[0], { addresses: ['2a01:4f8:beef:beef::1/64'], gateway6: 'fe80::1', dhcp4: true });
  t.is(network?.length, 1);
  t.deepEqual(notes, []);
});

test('vultr: with additional addresses all of IPv4 is fixed, IPv6 comes from the router', (t) => {
  t.deepEqual(of(t, 'vultr', clouds.vultrNetwork), {
    network: [
      {
        name: 'public',
        mac: '56:00:03:15:c4:65',
        addresses: ['192.0.2.2/23', '192.0.2.3/23'],
        gateway4: '192.0.2.1',
        nameservers: ['108.61.10.10'],
        dhcp6: true,
      },
      { name: 'private', mac: '5a:00:03:1b:4e:ca', addresses: ['10.1.112.3/20'] },
    ],
    notes: [],
  });
});

test('vultr: one address is what DHCP gives', (t) => {
  const [first] = clouds.vultrNetwork.interfaces;
  const interfaces = [{ ...first, ipv4: { ...first?.ipv4, additional: [] } }];
  t.deepEqual(of(t, 'vultr', { interfaces }), { notes: [] });
});

test('packet: a bond of all cards, the private network behind its own gateway, elastic addresses are told', (t) => {
  t.deepEqual(of(t, 'packet', clouds.packetNetwork), {
    network: [
      { name: 'eth0', mac: '0c:c4:7a:e5:42:94' },
      { name: 'eth1', mac: '0c:c4:7a:e5:42:95' },
      {
        name: 'bond0',
        bond: { members: ['eth0', 'eth1'], mode: '802.3ad' },
        addresses: ['147.75.32.3/31', '2604:1380:0:c100::7/127', '10.99.182.255/31'],
        gateway4: '147.75.32.2',
        gateway6: '2604:1380:0:c100::6',
        routes: [{ to: '10.0.0.0/8', via: '10.99.182.254' }],
        nameservers: ['147.75.207.207', '147.75.207.208'],
      },
    ],
    notes: ['note: addresses[3]: 147.75.40.7 is an elastic address, which whoever uses it sets up'],
  });
});

test('packet: a card outside of the bond stays outside; without a bond the first one has the addresses', (t) => {
  const { interfaces, ...more } = clouds.packetNetwork.network;
  const outside = interfaces.map((card, index) => (index === 0 ? card : { ...card, bond: null }));
  const bond = of(t, 'packet', { network: { ...more, interfaces: outside } });
  t.like(bond.network?.[2], { name: 'bond0', bond: { members: ['eth0'], mode: '802.3ad' } });
  const alone = interfaces.map(({ name, mac }) => ({ name, mac }));
  const { network } = of(t, 'packet', { network: { ...more, interfaces: alone } });
  t.like(network?.[0], { name: 'eth0', gateway4: '147.75.32.2', gateway6: '2604:1380:0:c100::6' });
  t.is(network?.length, 2);
});

test('scaleway: several addresses are fixed, with a gateway on the link', (t) => {
  const meta = { mac: 'de:00:00:20:01:86', ...clouds.scalewayNetwork };
  t.deepEqual(of(t, 'scaleway', meta), {
    network: [
      {
        name: 'public',
        mac: 'de:00:00:20:01:86',
        addresses: ['51.15.1.2/32', '51.15.1.3/32'],
        gateway4: '62.210.0.1',
        on_link: true,
        dhcp6: true,
      },
    ],
    notes: [],
  });
});

test('scaleway: one address of a kind is what DHCP and the router give; IPv6 of older machines is fixed', (t) => {
  const [fourth, , sixth] = clouds.scalewayNetwork.public_ips;
  const mac = 'de:00:00:20:01:86';
  t.deepEqual(of(t, 'scaleway', { mac, public_ips: [fourth, sixth] }), { notes: [] });
  t.deepEqual(of(t, 'scaleway', { mac, public_ips: [sixth] }).network, [
    { name: 'public', mac, dhcp4: false, dhcp6: true },
  ]);
  const ipv6 = { address: '2001:bc8:4::1', gateway: '2001:bc8:4::', netmask: '127' };
  t.deepEqual(of(t, 'scaleway', { mac, public_ips: null, ipv6 }).network, [
    { name: 'public', mac, addresses: ['2001:bc8:4::1/127'], gateway6: '2001:bc8:4::', dhcp4: true },
  ]);
});

test('openstack: network_data.json is that of its configuration drive', (t) => {
  t.like(of(t, 'network_data.json', clouds.openstackNetwork).network?.[0], {
    addresses: ['192.168.81.99/22'],
    gateway4: '192.168.80.1',
    mtu: '1450',
  });
});

test('what is missing leaves the interface to DHCP, and is told', (t) => {
  const { private: list } = clouds.digitaloceanNetwork.interfaces;
  const without = { interfaces: { public: [{ type: 'public', mac: null }], private: list } };
  const { network, notes } = of(t, 'digitalocean', without);
  t.deepEqual(
    network?.map(({ name }) => name),
    ['private'],
  );
  t.deepEqual(notes, ['error: interfaces.public[0]: has no MAC address; this interface is left to DHCP']);
  t.regex(of(t, 'scaleway', clouds.scalewayNetwork).notes.join(), /public_ips: has no MAC address/);
  t.regex(of(t, 'packet', { network: { interfaces: [{ name: 'a' }] } }).notes.join(), /has no MAC address/);
  const faulty = {
    interfaces: { public: [{ mac: '04:01:57:d1:9e:01', ipv4: { ip_address: '1.2.3.999' } }] },
  };
  t.deepEqual(of(t, 'digitalocean', faulty).network, undefined);
  t.regex(of(t, 'digitalocean', faulty).notes.join(), /^error: public: addresses\[0\].*left to DHCP$/);
});

const text = fc.constantFrom(
  ...[
    '10.0.0.5',
    '10.0.0.1',
    '255.255.0.0',
    '32',
    '64',
    '2001:db8::5',
    'fe80::1',
    '',
    'public',
    'private',
    'x y\nz',
  ],
  ...['52:54:00:00:00:01', '52:54:00:00:00:02', 'inet', 'inet6', 'dhcp', 'manual', 'slaac', 'bond0', 'eth0'],
);
const names = fc.constantFrom(
  ...[
    'interfaces',
    'public',
    'private',
    'mac',
    'type',
    'ipv4',
    'ipv6',
    'anchor_ipv4',
    'ip_address',
    'netmask',
  ],
  ...['gateway', 'cidr', 'dns', 'nameservers', 'network-type', 'additional', 'address', 'network', 'bonding'],
  ...[
    'mode',
    'name',
    'bond',
    'addresses',
    'management',
    'public_ips',
    'family',
    'provisioning_mode',
    'links',
  ],
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(text, fc.boolean(), fc.integer({ min: -1, max: 130 }), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 6 }),
  ),
}));

test('whatever a service says: nothing is thrown, bos.network takes the rest, and a note is one line', (t) => {
  fc.assert(
    fc.property(fc.dictionary(names, value, { maxKeys: 6 }), (meta) => {
      for (const form of metadataForms) {
        const { config, notes } = readMetadataNetwork(form, meta);
        t.deepEqual(parseConfigYaml(JSON.stringify(config), 'f').diagnostics, []);
        for (const [, message] of notes) t.notRegex(message, /\n/);
      }
    }),
    { numRuns: runs(1000) },
  );
});
