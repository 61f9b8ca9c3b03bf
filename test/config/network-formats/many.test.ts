/** Thousands of entries, as nobody has them: told, in no time, and the machine asks DHCP. */
import test from 'ava';
import {
  readNetworkConfig,
  readOpenStackNetwork,
} from '../../../src/config/network-formats/network-config.ts';
import type { Meaning } from '../../../src/config/seed/meaning.ts';

const many = 5000;
const list = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const named = (count: number, value: unknown) =>
  Object.fromEntries(list(count, (index) => [`e${index}`, value]));
const route = (index: number) => ({ to: `10.${index % 250}.${index >> 8}.0/24`, via: '10.0.0.1' });

const tooMany: Readonly<Record<string, () => Meaning>> = {
  'network_data.json': () =>
    readOpenStackNetwork({ links: list(many, (index) => ({ id: `${index}`, type: 'phy' })), networks: [] }),
  'version 1': () =>
    readNetworkConfig({
      version: 1,
      config: list(many, (index) => ({ type: 'physical', name: `e${index}` })),
    }),
  ...Object.fromEntries(
    ['ethernets', 'bonds', 'bridges', 'vlans', 'wifis'].map((kind) => [
      `version 2, ${kind}`,
      () => readNetworkConfig({ version: 2, [kind]: named(many, {}) }),
    ]),
  ),
};
for (const [name, read] of Object.entries(tooMany))
  test(`too many interfaces: ${name}`, (t) => {
    const { config, notes } = read();
    t.deepEqual(config, { bos: {} });
    t.is(notes.length, 1);
    t.regex(notes[0]?.[1] ?? '', /^\w+: 5000 entries; expected at most 256; all are left to DHCP$/);
    t.is(notes[0]?.[0], 'error');
  });

test('as many as there may be are set up', (t) => {
  const { config, notes } = readNetworkConfig({ version: 2, ethernets: named(256, { mtu: 1400 }) });
  t.deepEqual(notes, []);
  t.is((config.bos as { network: unknown[] }).network.length, 256);
});

test('faults without end: the first ones are told, and that nothing is set up', (t) => {
  const { user } = process.cpuUsage();
  for (const routes of [list(many, route), list(many, () => ({ to: 'x', via: 'y' }))]) {
    const { config, notes } = readNetworkConfig({
      version: 2,
      ethernets: { eth0: { addresses: ['10.0.0.5/8'], routes } },
    });
    t.deepEqual(config, { bos: {} });
    t.regex(
      notes.at(-1)?.[1] ?? '',
      /^more than 9 faults; no interface is set up by it, and all are left to DHCP$/,
    );
  }
  const few = readNetworkConfig({
    version: 2,
    ethernets: named(60, { addresses: ['10.0.0.5/8'], mtu: 1 }),
  });
  t.regex(few.notes.at(-1)?.[1] ?? '', /^more than 50 faults/);
  // Of this processor, beside whatever else it has to do; with each fault looked for in all it would be a minute.
  t.true(process.cpuUsage().user - user < 20e6);
});

test('as many faults as may be are told one by one, and what is left is set up', (t) => {
  const { config, notes } = readNetworkConfig({
    version: 2,
    ethernets: { eth0: { addresses: ['10.0.0.5/8'], routes: list(50, () => ({ to: 'x', via: 'y' })) } },
  });
  t.is(notes.length, 50);
  t.deepEqual(config, { bos: { network: [{ name: 'eth0', addresses: ['10.0.0.5/8'] }] } });
});

test('routes without end, each with a router of its own on the link, are looked at once', (t) => {
  const { user } = process.cpuUsage();
  const routes = list(12_000, (index) => ({
    ...{ to: `10.${index >> 8}.${index & 255}.0/24`, via: `172.16.${index >> 8}.${index & 255}` },
    'on-link': true,
  }));
  const ethernets = { eth0: { addresses: ['192.0.2.5/24'], routes } };
  const { config, notes } = readNetworkConfig({ version: 2, ethernets });
  t.deepEqual(notes, []);
  t.is((config.bos as { network: { routes: unknown[] }[] }).network[0]?.routes.length, 24_000);
  // With each route looked for in all before it, or the list made anew for each, it would be ten times as much.
  t.true(process.cpuUsage().user - user < 4e6);
});
