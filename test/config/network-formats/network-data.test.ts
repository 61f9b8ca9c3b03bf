/** network_data.json of OpenStack: after Nova's schema and documentation, as entries of bos.network. */
import test, { type ExecutionContext } from 'ava';
import { readOpenStackNetwork } from '../../../src/config/network-formats/network-config.ts';
import { read } from './support.ts';

const of = (t: ExecutionContext, data: unknown) => read(t, readOpenStackNetwork(data));

test('links of all kinds, fixed addresses of both families, services', (t) => {
  const data = {
    links: [
      {
        id: 'tapcd9f6d46-4a',
        type: 'bridge',
        vif_id: 'cd9f6d46-4a3a-43ab-a466-994af9db96fc',
        ethernet_mac_address: 'fa:16:3e:9c:bf:3d',
        mtu: null,
      },
      { id: 'interface-with-a-long-id', type: 'ovs', ethernet_mac_address: 'fa:16:3e:9c:bf:3e', mtu: 1450 },
    ],
    networks: [
      {
        id: 'network0',
        type: 'ipv4',
        link: 'tapcd9f6d46-4a',
        ip_address: '192.168.81.99',
        netmask: '255.255.252.0',
        network_id: 'a',
        routes: [
          { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.168.80.1' },
          { network: '10.0.0.0', netmask: '255.0.0.0', gateway: '192.168.80.9' },
        ],
        services: [{ type: 'dns', address: '192.168.80.53' }],
      },
      {
        id: 'network1',
        type: 'ipv6',
        link: 'tapcd9f6d46-4a',
        ip_address: '2001:cdba::3257:9652/24',
        routes: [{ network: '::', netmask: '::', gateway: 'fd00::1' }],
      },
      { id: 'network2', type: 'ipv4_dhcp', link: 'interface-with-a-long-id', gateway: '192.168.66.1' },
    ],
    services: [
      { type: 'dns', address: '8.8.8.8' },
      { type: 'ntp', address: '192.0.2.1' },
    ],
  };
  t.deepEqual(of(t, data), {
    network: [
      {
        name: 'tapcd9f6d46-4a',
        mac: 'fa:16:3e:9c:bf:3d',
        addresses: ['192.168.81.99/22', '2001:cdba::3257:9652/24'],
        gateway4: '192.168.80.1',
        gateway6: 'fd00::1',
        on_link: true,
        routes: [{ to: '10.0.0.0/8', via: '192.168.80.9' }],
        nameservers: ['192.168.80.53'],
      },
      { name: 'card0', mac: 'fa:16:3e:9c:bf:3e', mtu: '1450', dhcp4: true },
    ],
    dns_nameservers: ['8.8.8.8'],
    notes: ['warning: services[1]: a service of type "ntp" cannot be used here; it is left out'],
  });
});

test('VLANs on a bond, named before it comes; a MAC address of their own is told', (t) => {
  const data = {
    links: [
      {
        ...{ id: 'interface1', type: 'vlan', vlan_link: 'interface0', vlan_id: 2315 },
        vlan_mac_address: 'fa:16:3e:87:0b:67',
      },
      { id: 'eth0', type: 'phy', ethernet_mac_address: '2c:55:d3:9a:06:35', mtu: 8888 },
      { id: 'eth1', type: 'phy', ethernet_mac_address: '2c:55:d3:9a:06:36', mtu: 8888 },
      {
        ...{ id: 'interface0', type: 'bond', bond_mode: '1', bond_miimon: 100, bond_links: ['eth0', 'eth1'] },
        ...{ ethernet_mac_address: '2C:55:d3:9a:06:35', bond_xmit_hash_policy: 'layer3+4' },
      },
      { id: 'x', type: 'mystery' },
    ],
    networks: [
      { id: 'n0', type: 'ipv4_dhcp', link: 'interface1' },
      { id: 'n1', type: 'ipv4', link: 'elsewhere', ip_address: '10.0.0.1', netmask: '255.0.0.0' },
      { id: 'n2', type: 'appletalk', link: 'interface0' },
    ],
    services: [],
  };
  t.deepEqual(of(t, data), {
    network: [
      { name: 'interface1', vlan: { id: '2315', link: 'interface0' }, dhcp4: true },
      { name: 'eth0', mac: '2c:55:d3:9a:06:35', mtu: '8888' },
      { name: 'eth1', mac: '2c:55:d3:9a:06:36', mtu: '8888' },
      { name: 'interface0', bond: { members: ['eth0', 'eth1'], mode: 'active-backup' } },
    ],
    notes: [
      'warning: links[3].bond_xmit_hash_policy: cannot be set up here; it is left out',
      'warning: links[4]: a link of type "mystery" cannot be set up here; it is left out',
      'warning: interface1: the MAC address fa:16:3e:87:0b:67 cannot be set up here; it has 2c:55:d3:9a:06:35',
      'warning: networks[1]: there is no link "elsewhere" for it; it is left out',
      'warning: networks[2]: a network of type "appletalk" cannot be set up here; it is left out',
    ],
  });
});

test('what is no network_data.json', (t) => {
  for (const data of [null, 5, [], 'text'])
    t.deepEqual(of(t, data), { notes: ['error: expected links and networks'] });
});

test('a service of the machine that names its server by name is left out, and told', (t) => {
  const services = ['ns.example.com', '192.0.2.53'].map((address) => ({ type: 'dns', address }));
  const { dns_nameservers, notes } = of(t, { links: [], networks: [], services });
  t.deepEqual(dns_nameservers, ['192.0.2.53']);
  t.regex(JSON.stringify(notes), /the name server ns\.example\.com: expected an IP address/);
});
