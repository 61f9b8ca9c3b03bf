/** network-config of version 1: the examples of cloud-init's documentation, as entries of bos.network. */
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { readNetworkConfig } from '../../../src/config/network-formats/network-config.ts';
import { read } from './support.ts';

const of = (t: ExecutionContext, text: string) =>
  read(t, readNetworkConfig(parse(`version: 1\nconfig:\n${text}`)));

test('a fixed address with its mask, name servers of the interface and of the machine', (t) => {
  const text = `  - type: physical
    name: interface0
    mac_address: "00:11:22:33:44:55"
    subnets:
      - type: static
        address: 192.168.23.14
        netmask: 255.255.255.224
        gateway: 192.168.23.1
        dns_nameservers: [192.168.23.2, 8.8.8.8]
        dns_search: [exemplary.maas]
  - {type: physical, name: eth1, subnets: [{type: dhcp4}]}
  - {type: nameserver, address: [192.0.2.53, 8.8.8.8], search: [exemplary]}
  - {type: loopback, name: lo}
`;
  t.deepEqual(of(t, text), {
    network: [
      {
        name: 'interface0',
        mac: '00:11:22:33:44:55',
        addresses: ['192.168.23.14/27'],
        gateway4: '192.168.23.1',
        nameservers: ['192.168.23.2', '8.8.8.8'],
        search: ['exemplary.maas', 'exemplary'],
      },
      { name: 'eth1', dhcp4: true },
    ],
    dns_nameservers: ['192.0.2.53', '8.8.8.8'],
    notes: [],
  });
});

test('a bond with VLANs', (t) => {
  const text = `  - {type: physical, name: gbe0, mac_address: "cd:11:22:33:44:00"}
  - {type: physical, name: gbe1, mac_address: "cd:11:22:33:44:02"}
  - type: bond
    name: bond0
    bond_interfaces: [gbe0, gbe1]
    params: {bond-mode: 4, bond-lacp-rate: 1, bond-miimon: 100}
  - {type: vlan, name: bond0.200, vlan_link: bond0, vlan_id: 200, subnets: [{type: dhcp4}]}
`;
  // A MAC address whose first byte is odd is that of a group: the documentation's own is none of a card.
  t.is(of(t, text).notes.filter((note) => note.startsWith('error')).length, 4);
  t.deepEqual(of(t, text.replaceAll('"cd:', '"cc:')), {
    network: [
      { name: 'gbe0', mac: 'cc:11:22:33:44:00' },
      { name: 'gbe1', mac: 'cc:11:22:33:44:02' },
      { name: 'bond0', bond: { members: ['gbe0', 'gbe1'], mode: '802.3ad' } },
      { name: 'bond0.200', vlan: { id: '200', link: 'bond0' }, dhcp4: true },
    ],
    notes: ['warning: config[2].params.bond-lacp-rate: cannot be set up here; it is left out'],
  });
});

test('a bridge, routes of a subnet and of the machine, IPv6', (t) => {
  const text = `  - {type: physical, name: eth0}
  - {type: bridge, name: br0, bridge_interfaces: [eth0], params: {bridge_stp: 'off', bridge_fd: 0}, subnets: [{type: manual}]}
  - type: physical
    name: eth1
    subnets:
      - type: static
        address: 10.184.225.122
        netmask: 255.255.255.252
        routes:
          - {gateway: 10.184.225.121, netmask: 255.240.0.0, network: 10.176.0.0}
          - {gateway: 10.184.225.121, netmask: 0.0.0.0, network: 0.0.0.0}
      - {type: static6, address: "2001:db8::2", netmask: "ffff:ffff:ffff:ffff::", gateway: "2001:db8::1"}
  - {type: physical, name: eth2, subnets: [{type: ipv6_slaac}]}
  - {type: route, destination: 192.168.24.0/24, gateway: 10.184.225.121, metric: 3}
  - {type: route, destination: 192.168.25.0/24, gateway: 172.16.0.1}
  - {type: infiniband, name: ib0}
`;
  t.deepEqual(of(t, text), {
    network: [
      { name: 'eth0' },
      { name: 'br0', bridge: { members: ['eth0'] } },
      {
        name: 'eth1',
        addresses: ['10.184.225.122/30', '2001:db8::2/64'],
        gateway4: '10.184.225.121',
        gateway6: '2001:db8::1',
        routes: [
          { to: '10.176.0.0/12', via: '10.184.225.121' },
          { to: '192.168.24.0/24', via: '10.184.225.121', metric: '3' },
        ],
      },
      { name: 'eth2', dhcp6: true },
    ],
    notes: [
      'warning: config[1].params.bridge_fd: cannot be set up here; it is left out',
      'warning: config[6]: an interface of type "infiniband" cannot be set up here',
      'warning: config[5]: its gateway is in no network of an interface; it is left out',
    ],
  });
});

test('several subnets of one interface: DHCP and a fixed address of its kind', (t) => {
  const text = `  - type: physical
    name: eth0
    subnets:
      - {type: dhcp4}
      - {type: static, address: 192.168.23.14/27, gateway: 192.168.23.1}
      - {type: inet6}
`;
  t.deepEqual(of(t, text), {
    network: [{ name: 'eth0', addresses: ['192.168.23.14/27'], gateway4: '192.168.23.1', dhcp4: true }],
    notes: ['warning: config[0].subnets[2]: a subnet of type "inet6" cannot be set up here; it is left out'],
  });
});

test('a name server of the machine that is given by name is left out, and told; the others stay', (t) => {
  const text = '  - {type: nameserver, address: [192.0.2.53, dns.example.com, ""]}\n';
  const { dns_nameservers, notes } = of(t, text);
  t.deepEqual(dns_nameservers, ['192.0.2.53']);
  t.regex(
    JSON.stringify(notes),
    /the name server dns\.example\.com: expected an IP address; .*; it is left out/,
  );
});
