/** How each cloud's metadata say a network, after the examples of their documentation and of cloud-init's tests. */

export const digitaloceanNetwork = {
  interfaces: {
    private: [
      {
        ipv4: { ip_address: '10.132.6.205', netmask: '255.255.0.0', gateway: '10.132.0.1' },
        mac: '04:01:57:d1:9e:02',
        type: 'private',
      },
    ],
    public: [
      {
        ipv4: { ip_address: '104.131.20.105', netmask: '255.255.192.0', gateway: '104.131.0.1' },
        ipv6: {
          ip_address: '2604:A880:0800:0010:0000:0000:017D:2001',
          cidr: 64,
          gateway: '2604:A880:0800:0010:0000:0000:0000:0001',
        },
        anchor_ipv4: { ip_address: '10.17.0.9', netmask: '255.255.0.0', gateway: '10.17.0.1' },
        mac: '04:01:57:d1:9e:01',
        type: 'public',
      },
    ],
  },
  dns: { nameservers: ['2001:4860:4860::8844', '8.8.8.8'] },
};

export const hetznerNetwork = `config:
- mac_address: 96:00:00:08:19:da
  name: eth0
  subnets:
  - dns_nameservers:
    - 185.12.64.1
    - 185.12.64.2
    ipv4: true
    type: dhcp
  - address: 2a01:4f8:beef:beef::1/64
    dns_nameservers:
    - 2a01:4ff:ff00::add:2
    gateway: fe80::1
    ipv6: true
    type: static
  type: physical
version: 1
`;

export const vultrNetwork = {
  interfaces: [
    {
      ipv4: {
        additional: [{ address: '192.0.2.3', netmask: '255.255.254.0' }],
        address: '192.0.2.2',
        gateway: '192.0.2.1',
        netmask: '255.255.254.0',
      },
      ipv6: {
        additional: [],
        address: '2001:db8:5:56c2:5400:3ff:fe15:c465',
        network: '2001:db8:5:56c2::',
        prefix: '64',
      },
      mac: '56:00:03:15:c4:65',
      'network-type': 'public',
    },
    {
      ipv4: { additional: [], address: '10.1.112.3', gateway: '', netmask: '255.255.240.0' },
      ipv6: { additional: [], network: '', prefix: '' },
      mac: '5a:00:03:1b:4e:ca',
      'network-type': 'private',
      'network-v2-id': 'fbbe2b5b-b986-4396-87f5-7246660ccb64',
      networkid: 'net5e7155329d730',
    },
  ],
};

export const packetNetwork = {
  network: {
    bonding: { mode: 4, link_aggregation: 'mlag_ha', mac: '0c:c4:7a:e5:42:94' },
    interfaces: [
      { name: 'eth0', mac: '0c:c4:7a:e5:42:94', bond: 'bond0' },
      { name: 'eth1', mac: '0c:c4:7a:e5:42:95', bond: 'bond0' },
    ],
    addresses: [
      {
        ...{
          address_family: 4,
          netmask: '255.255.255.254',
          public: true,
          cidr: 31,
          management: true,
          enabled: true,
        },
        ...{ network: '147.75.32.2', address: '147.75.32.3', gateway: '147.75.32.2' },
      },
      {
        ...{ address_family: 6, public: true, cidr: 127, management: true, enabled: true },
        ...{ netmask: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', network: '2604:1380:0:c100::6' },
        ...{ address: '2604:1380:0:c100::7', gateway: '2604:1380:0:c100::6' },
      },
      {
        ...{
          address_family: 4,
          netmask: '255.255.255.254',
          public: false,
          cidr: 31,
          management: true,
          enabled: true,
        },
        ...{ network: '10.99.182.254', address: '10.99.182.255', gateway: '10.99.182.254' },
      },
      {
        ...{
          address_family: 4,
          netmask: '255.255.255.255',
          public: true,
          cidr: 32,
          management: false,
          enabled: true,
        },
        ...{ network: '147.75.40.7', address: '147.75.40.7', gateway: '147.75.40.7' },
      },
    ],
  },
};

export const scalewayNetwork = {
  private_ip: null,
  ipv6: null,
  public_ips: [
    {
      ...{ address: '51.15.1.2', netmask: '32', gateway: '62.210.0.1', family: 'inet' },
      ...{ dynamic: false, provisioning_mode: 'dhcp' },
    },
    {
      ...{ address: '51.15.1.3', netmask: '32', gateway: '62.210.0.1', family: 'inet' },
      ...{ dynamic: false, provisioning_mode: 'manual' },
    },
    {
      ...{ address: '2001:bc8:1210::1', netmask: '64', gateway: 'fe80::dc00:ff:fe20:186', family: 'inet6' },
      ...{ dynamic: false, provisioning_mode: 'slaac' },
    },
  ],
};

export const openstackNetwork = {
  links: [{ id: 'tapcd9f6d46-4a', type: 'ovs', ethernet_mac_address: 'fa:16:3e:9c:bf:3d', mtu: 1450 }],
  networks: [
    {
      ...{ id: 'network0', type: 'ipv4', link: 'tapcd9f6d46-4a', ip_address: '192.168.81.99' },
      ...{ netmask: '255.255.252.0', network_id: 'a' },
      routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.168.80.1' }],
    },
  ],
  services: [{ type: 'dns', address: '192.168.80.53' }],
};
