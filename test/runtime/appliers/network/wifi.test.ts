import type { ExecutionContext } from 'ava';
import test from 'ava';
import fc from 'fast-check';
import { parseConfigYaml } from '../../../../src/config/yaml/yaml.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import { networksFile, settingsFile, wifiApplier } from '../../../../src/runtime/appliers/network/wifi.ts';
import { type Networks, renderNetworks } from '../../../../src/runtime/appliers/network/wifi-networks.ts';
import { runs } from '../../../properties.ts';
import { fakeRoot } from '../../fake-root.ts';
import { readKeyFile } from './glib-key-file.ts';

/** What connman takes from a section: the octets of the network's name and the passphrase. */
function joined(text: string) {
  const sections = [...(readKeyFile(text) ?? new Map())].filter(([name]) => name.startsWith('service_'));
  return sections.map(([, section]: [string, Map<string, string>]) => ({
    type: section.get('Type'),
    // __connman_config_get_string drops blanks at the end of all but a passphrase.
    name: section.has('SSID')
      ? Buffer.from(section.get('SSID') ?? '', 'hex').toString()
      : (section.get('Name') ?? '').trimEnd(),
    passphrase: section.get('Passphrase') ?? '',
  }));
}

const text = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength }),
    fc.string({
      unit: fc.constantFrom(' ', '\\', 's', 'n', '=', '[', ']', '#', 'é', '"', ';', 'a'),
      maxLength,
    }),
  );
const anyNetwork = fc.record({ name: text(40), passphrase: text(70) }, { requiredKeys: ['name'] });

test('wifi: connman reads every network that is not reported as faulty', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(anyNetwork, { maxLength: 4, selector: ({ name }) => name }), (networks) => {
      const rendered = renderNetworks(networks);
      const good = networks.filter((network) => renderNetworks([network]).faults.length === 0);
      t.is(rendered.faults.length, networks.length - good.length);
      t.deepEqual(
        joined(rendered.text),
        good.map(({ name, passphrase = '' }) => ({ type: 'wifi', name, passphrase })),
      );
      for (const { name, passphrase = '' } of good) {
        t.true(Buffer.from(name).length <= 32);
        t.true(passphrase === '' || (Buffer.from(passphrase).length >= 8 && passphrase.length <= 64));
      }
    }),
    { numRuns: runs(1000) },
  );
});

const faulty = test.macro((t, name: string, passphrase: string, expected: RegExp) => {
  const { text, faults } = renderNetworks([{ name, passphrase }, { name: 'home' }]);
  t.is(faults.length, 1);
  t.regex(faults[0] ?? '', expected);
  if (passphrase !== '') t.false(faults[0]?.includes(passphrase));
  t.deepEqual(
    joined(text).map((network) => network.name),
    ['home'],
  );
});
test('wifi: no name', faulty, '', '', /has no name/);
test('wifi: a NUL in the name', faulty, 'a\0b', '', /"a\\u0000b" holds a control character/);
test('wifi: a line end in the name', faulty, 'a\nb', '', /"a\\nb" holds a control character/);
test('wifi: a name too long', faulty, 'é'.repeat(17), '', /has 34 bytes; at most 32/);
test(
  'wifi: a short passphrase',
  faulty,
  'x',
  'seven77',
  /passphrase of "x" has 7 characters; WPA takes 8 to 63/,
);
test('wifi: a long passphrase', faulty, 'x', 'g'.repeat(64), /has 64 characters/);
test('wifi: a line end in the passphrase', faulty, 'x', 'abcdefgh\n', /control character/);

test('wifi: plain names are shown as they are, others in hexadecimal; of one name the last holds', (t) => {
  const { text, faults } = renderNetworks([
    { name: 'home', passphrase: 'first passphrase' },
    { name: ' café' },
    { name: 'home', passphrase: 'a'.repeat(64) },
  ]);
  t.deepEqual(faults, []);
  t.true(text.includes('\nName=home\n'));
  t.true(text.includes('\nSSID=20636166c3a9\n'));
  t.is(joined(text).length, 2);
  t.false(text.includes('first'));
});

test('wifi: a fixed address of one kind turns the other off; without any nothing is said', (t) => {
  const lines = (network: Networks[number]) => {
    const file = readKeyFile(renderNetworks([network]).text) ?? new Map<string, Map<string, string>>();
    const [section] = [...file].filter(([name]) => name.startsWith('service_')).map(([, values]) => values);
    return Object.fromEntries(section ?? []);
  };
  const home = { Type: 'wifi', Name: 'home' };
  t.deepEqual(lines({ name: 'home' }), home);
  t.deepEqual(
    lines({
      name: 'home',
      addresses: ['10.0.0.5/20'],
      gateway4: '10.0.0.1',
      nameservers: ['10.0.0.53', '::1'],
    }),
    {
      ...home,
      ...{ IPv4: '10.0.0.5/255.255.240.0/10.0.0.1', IPv6: 'off', Nameservers: '10.0.0.53,::1' },
    },
  );
  t.deepEqual(lines({ name: 'home', addresses: ['2001:db8::5/64'], gateway6: 'fe80::1' }), {
    ...home,
    ...{ IPv4: 'off', IPv6: '2001:db8::5/64/fe80::1' },
  });
});

test('wifi: addresses that connman cannot have are refused with their place', (t) => {
  const told = (fields: string) =>
    parseConfigYaml(`bos: { wifi: [{ name: home, ${fields} }] }`, 'f').diagnostics.map(
      ({ message }) => message,
    );
  t.deepEqual(told('addresses: [10.0.0.5/24, "2001:db8::5/64"], gateway4: 10.0.0.1'), []);
  t.deepEqual(told('addresses: [10.0.0.5/24, 10.0.0.6/24]'), [
    'is a second address of IPv4; a wireless network has one of a kind',
  ]);
  t.deepEqual(told('addresses: [10.0.0.5/24], gateway4: 10.9.0.1'), ['10.9.0.1 is outside of 10.0.0.5/24']);
  t.deepEqual(told('addresses: [10.0.0.5/24], gateway4: 10.0.0.5'), [
    'is an address of this interface itself',
  ]);
  t.deepEqual(told('gateway6: "2001:db8::1"'), ['needs an address of IPv6 in addresses']);
});

async function machine(t: ExecutionContext) {
  const fake = await fakeRoot(t);
  const ran: string[] = [];
  const failing = new Set<string>();
  const run = async (command: string, args: readonly string[]) => {
    ran.push([command, ...args].join(' '));
    if (failing.has(command)) throw new Error(`${command} failed`);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host = { ...fake.host, processes: { ...fake.host.processes, run } };
  const apply = (networks: Networks | undefined, phase: RunPhase) =>
    wifiApplier.run(
      applyContext(host, fake.root, phase, networks === undefined ? {} : { 'bos.wifi': networks }),
    );
  const exists = (path: string) => host.files.exists(`${fake.root}${path}`);
  return { fake, ran, failing, apply, exists };
}
const home: Networks = [{ name: 'home', passphrase: 'mypassword' }];

test('wifi: a file for root alone, and wireless networks switched on, before connman starts', async (t) => {
  const { fake, ran, apply } = await machine(t);
  await apply(home, 'boot');
  t.is(await fake.mode(networksFile), '600');
  t.deepEqual(joined(await fake.read(networksFile)), [
    { type: 'wifi', name: 'home', passphrase: 'mypassword' },
  ]);
  t.is(await fake.read(settingsFile), '[WiFi]\nEnable=true\n');
  const before = await fake.host.files.stat(`${fake.root}${networksFile}`);
  await apply(home, 'runtime');
  t.deepEqual(await fake.host.files.stat(`${fake.root}${networksFile}`), before);
  t.deepEqual(ran, []);
});

test('wifi: what connman remembers stays', async (t) => {
  const { fake, apply } = await machine(t);
  await fake.write(settingsFile, '[Wired]\nEnable=true\n\n[WiFi]\nEnable=false\nTethering=false\n');
  await apply(home, 'boot');
  t.is(await fake.read(settingsFile), '[Wired]\nEnable=true\n\n[WiFi]\nEnable=true\nTethering=false\n');
});

test('wifi: at runtime connman is started anew for it, once, when there is a radio', async (t) => {
  const { fake, ran, failing, apply } = await machine(t);
  await fake.write(settingsFile, '[WiFi]\nEnable=false\n');
  await fake.write('sys/class/net/wlan0/phy80211/name', 'phy0');
  failing.add('systemctl');
  await t.throwsAsync(apply(home, 'runtime'), { message: 'systemctl failed' });
  failing.clear();
  await apply(home, 'runtime');
  await apply(home, 'runtime');
  t.is(await fake.read(settingsFile), '[WiFi]\nEnable=true\n');
  t.deepEqual(ran.slice(1), ['systemctl try-restart connman.service', 'connmand-wait-online --timeout=20']);
});

test('wifi: a radio that is blocked by software makes connman start anew, which takes the block away', async (t) => {
  const { fake, ran, apply } = await machine(t);
  const soft = 'sys/class/net/wlan0/phy80211/rfkill0/soft';
  await apply(home, 'boot');
  await fake.write(soft, '1\n');
  await apply(home, 'runtime');
  t.is(ran.length, 2);
  await fake.write(soft, '0\n');
  await apply(home, 'runtime');
  t.is(ran.length, 2);
});

test('wifi: without a radio at runtime it is remembered for the one that comes', async (t) => {
  const { fake, ran, apply } = await machine(t);
  await fake.write('sys/class/net/eth0/address', '');
  await apply(home, 'runtime');
  t.deepEqual(ran, []);
  t.is(await fake.read(settingsFile), '[WiFi]\nEnable=true\n');
});

test('wifi: offline mode is said', async (t) => {
  const { fake, apply } = await machine(t);
  await fake.write(settingsFile, '[global]\nOfflineMode=true\n');
  await apply(home, 'boot');
  await t.throwsAsync(apply(home, 'runtime'), {
    message: /offline mode: `sudo connmanctl offlinemode disable`/,
  });
});

test('wifi: networks that left the configuration leave the file, the last one takes it along', async (t) => {
  const { fake, apply, exists } = await machine(t);
  await apply([...home, { name: 'other' }], 'boot');
  await apply([{ name: 'other' }], 'boot');
  t.deepEqual(
    joined(await fake.read(networksFile)).map(({ name }) => name),
    ['other'],
  );
  await fake.write('var/lib/connman/mine.config', '[service_x]\n');
  await apply(undefined, 'boot');
  t.false(await exists(networksFile));
  t.true(await exists('/var/lib/connman/mine.config'));
  await apply([], 'runtime');
});

test('wifi: faulty networks alone switch nothing on', async (t) => {
  const { apply, exists } = await machine(t);
  await t.throwsAsync(apply([{ name: 'home', passphrase: 'short' }], 'boot'), { message: /"home" has 5/ });
  t.false(await exists(networksFile));
  t.false(await exists(settingsFile));
});
