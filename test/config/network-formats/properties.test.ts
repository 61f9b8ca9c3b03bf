/** Whatever stands in a network configuration of another program's: nothing is thrown, and bos.network takes the rest. */
import test from 'ava';
import fc from 'fast-check';
import {
  readNetworkConfig,
  readOpenStackNetwork,
} from '../../../src/config/network-formats/network-config.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { runs } from '../../properties.ts';

const word = fc.constantFrom(
  ...['eth0', 'eth1', 'bond0', 'a b', '', 'true', 'dhcp4', 'static', 'default', '4', '1400', '70000'],
  ...[
    '10.0.0.5/24',
    '10.0.0.5',
    '255.255.255.0',
    '10.0.0.1',
    '192.0.2.1',
    '2001:db8::5/64',
    '2001:db8::1',
    'fe80::1',
    '::/0',
  ],
  ...['52:54:00:12:34:56', 'physical', 'vlan', 'bond', 'bridge', 'ipv4', 'ipv6_slaac', 'ipv4_dhcp', 'phy'],
);
const leaf = fc.oneof(word, fc.boolean(), fc.integer({ min: -1, max: 5000 }), fc.constant(null));
const names = fc.constantFrom(
  ...[
    'addresses',
    'dhcp4',
    'dhcp6',
    'gateway4',
    'gateway6',
    'routes',
    'nameservers',
    'search',
    'mtu',
    'match',
    'macaddress',
  ],
  ...[
    'interfaces',
    'id',
    'link',
    'to',
    'via',
    'metric',
    'on-link',
    'parameters',
    'mode',
    'eth0',
    'eth1',
    'bond0',
  ],
  ...[
    'type',
    'name',
    'subnets',
    'address',
    'netmask',
    'gateway',
    'mac_address',
    'bond_interfaces',
    'vlan_link',
    'vlan_id',
  ],
  ...['ip_address', 'network', 'ethernet_mac_address', 'bond_links', 'services'],
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 5 }),
  ),
}));
const devices = fc.dictionary(names, fc.dictionary(names, value, { maxKeys: 6 }), { maxKeys: 4 });
const list = fc.array(fc.dictionary(names, value, { maxKeys: 7 }), { maxLength: 4 });

const isTaken = (config: unknown) => parseConfigYaml(JSON.stringify(config), 'f').diagnostics.length === 0;

test('version 2', (t) => {
  fc.assert(
    fc.property(devices, devices, devices, devices, (ethernets, bonds, bridges, vlans) => {
      const { config, notes } = readNetworkConfig({ version: 2, ethernets, bonds, bridges, vlans });
      t.true(isTaken(config));
      for (const [, message] of notes) t.notRegex(message, /\n/);
    }),
    { numRuns: runs(500) },
  );
});

test('version 1 and network_data.json', (t) => {
  fc.assert(
    fc.property(list, list, (first, second) => {
      t.true(isTaken(readNetworkConfig({ version: 1, config: [...first, ...second] }).config));
      t.true(isTaken(readOpenStackNetwork({ links: first, networks: second }).config));
    }),
    { numRuns: runs(500) },
  );
});

test('anything at all', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      for (const version of [1, 2]) {
        const network = { version, config: one, ethernets: one, bonds: other, vlans: other, wifis: one };
        t.is(typeof readNetworkConfig(network), 'object');
      }
      t.is(typeof readNetworkConfig(one), 'object');
      t.is(typeof readOpenStackNetwork({ links: one, networks: other, services: one }), 'object');
    }),
    { numRuns: runs(300) },
  );
});

test('what is sound is not changed by what surrounds it: each fixed address is in the list or told', (t) => {
  const octet = fc.integer({ min: 1, max: 254 });
  const card = fc.record({ last: octet, gateway: fc.boolean(), faulty: fc.boolean() });
  fc.assert(
    fc.property(fc.uniqueArray(card, { selector: ({ last }) => last, maxLength: 6 }), (cards) => {
      const ethernets = Object.fromEntries(
        cards.map(({ last, gateway, faulty }) => [
          `eth${last}`,
          {
            addresses: [`10.${last}.0.5/${faulty ? 33 : 24}`],
            ...(gateway ? { gateway4: `10.${last}.0.1` } : {}),
          },
        ]),
      );
      const { config, notes } = readNetworkConfig({ version: 2, ethernets });
      const network = (config.bos as { network?: { name: string }[] }).network ?? [];
      for (const { last, faulty } of cards) {
        const name = `eth${last}`;
        t.is(
          network.some((one) => one.name === name),
          !faulty,
        );
        t.is(
          notes.some(([severity, message]) => severity === 'error' && message.startsWith(`${name}: `)),
          faulty,
        );
      }
    }),
    { numRuns: runs(200) },
  );
});
