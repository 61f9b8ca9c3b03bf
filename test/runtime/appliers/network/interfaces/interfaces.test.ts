/** bos.network in the system: what connman gets, what the unit does, and which files there are. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Config } from '../../../../../src/config/config.ts';
import { parseConfigYaml } from '../../../../../src/config/yaml/yaml.ts';
import { applyContext, type RunPhase } from '../../../../../src/runtime/appliers/applier.ts';
import {
  appliedFile,
  connmanDropIn,
  interfacesApplier,
  ownNameserversFile,
  planFile,
  runtimeDropIn,
  servicesFile,
} from '../../../../../src/runtime/appliers/network/interfaces/interfaces.ts';
import { networkPlan } from '../../../../../src/runtime/appliers/network/interfaces/plan.ts';
import { connmanServices } from '../../../../../src/runtime/appliers/network/interfaces/services.ts';
import { type FakeRoot, fakeRoot } from '../../../fake-root.ts';
import { readKeyFile } from '../glib-key-file.ts';

type Interfaces = NonNullable<Config['bos.network']>;

function interfaces(t: ExecutionContext, yaml: string): Interfaces {
  const { layer, diagnostics } = parseConfigYaml(`bos:\n  network:\n${yaml}`, 'f');
  t.deepEqual(diagnostics, []);
  return layer.entries.get('bos.network')?.value as unknown as Interfaces;
}

/** Sections of a provisioning file, as connman reads it. */
const sectionsOf = (text: string) =>
  [...(readKeyFile(text) ?? new Map())]
    .filter(([name]) => name.startsWith('service_'))
    .map(([, section]: [string, Map<string, string>]) => Object.fromEntries(section));

test('connman has one address of a kind, found by name or MAC address', (t) => {
  const all = interfaces(
    t,
    `  - { name: eth0, addresses: [192.168.1.5/20, "2001:db8::5/64"], gateway4: 192.168.0.1, gateway6: "fe80::1", nameservers: [1.1.1.1, "2001:db8::53"], search: [a.example, b.example] }
  - { name: lan, mac: "52:54:00:AB:CD:EF", addresses: [10.0.0.2/8] }
  - { name: eth2, dhcp6: false }
  - { name: eth3 }
  - { name: eth4, addresses: ["2001:db8:1::5/64"], dhcp4: true }`,
  );
  t.is(networkPlan(all), '');
  t.deepEqual(sectionsOf(connmanServices(all)), [
    {
      Type: 'ethernet',
      DeviceName: 'eth0',
      IPv4: '192.168.1.5/255.255.240.0/192.168.0.1',
      IPv6: '2001:db8::5/64/fe80::1',
      Nameservers: '1.1.1.1,2001:db8::53',
      SearchDomains: 'a.example,b.example',
    },
    { Type: 'ethernet', MAC: '52:54:00:ab:cd:ef', IPv4: '10.0.0.2/255.0.0.0', IPv6: 'off' },
    { Type: 'ethernet', DeviceName: 'eth2', IPv4: 'dhcp', IPv6: 'off' },
    { Type: 'ethernet', DeviceName: 'eth4', IPv4: 'dhcp', IPv6: '2001:db8:1::5/64' },
  ]);
});

test('connman keeps the addresses of an interface whose MTU and wake on LAN the unit sets', (t) => {
  const all = interfaces(t, '  - { name: eth0, mtu: 9000, wake_on_lan: true }');
  t.is(networkPlan(all), 'find eth0 name eth0\nmtu eth0 9000\nwake eth0 g\n');
  t.is(connmanServices(all), '');
});

const rented = `  - name: wan
    mac: "52:54:00:AB:CD:EF"
    addresses: [203.0.113.5/32, "2001:db8::5/128"]
    gateway4: 198.51.100.1
    gateway6: fe80::1
    on_link: true
    nameservers: [192.0.2.53]
    search: [example.com]
    routes: [{ to: 10.0.0.0/8, via: 198.51.100.1, metric: 50 }, { to: "2001:db8:1::/48" }]`;

test('a plan for a gateway on the link', (t) => {
  const all = interfaces(t, rented);
  t.is(connmanServices(all), '');
  t.is(
    networkPlan(all),
    `find wan mac 52:54:00:ab:cd:ef
own wan
up wan
address wan 203.0.113.5/32
address wan 2001:db8::5/128
route wan -4 default via 198.51.100.1 onlink
route wan -6 default via fe80::1 onlink
route wan -4 10.0.0.0/8 via 198.51.100.1 onlink metric 50
route wan -6 2001:db8:1::/48
out wan
`,
  );
});

test('a network on the link comes before the routes whose router is in it', (t) => {
  const all = interfaces(
    t,
    `  - name: lan
    addresses: [10.0.0.2/32]
    routes:
      - { to: 10.0.0.0/16, via: 10.0.0.1 }
      - { to: 10.0.0.1/32 }
      - { to: 192.168.0.0/16, via: 10.0.0.1 }
      - { to: 172.16.0.0/12 }`,
  );
  t.deepEqual(
    networkPlan(all)
      .split('\n')
      .filter((line) => line.startsWith('route ')),
    [
      'route lan -4 10.0.0.1/32',
      'route lan -4 10.0.0.0/16 via 10.0.0.1',
      'route lan -4 192.168.0.0/16 via 10.0.0.1',
      'route lan -4 172.16.0.0/12',
    ],
  );
});

test('on the link is what is said to be so: another router is reached through its own network', (t) => {
  const all = interfaces(
    t,
    `  - name: wan
    addresses: [203.0.113.5/24]
    gateway4: 198.51.100.1
    on_link: true
    mtu: 9000
    routes: [{ to: 10.0.0.0/8, via: 203.0.113.9 }]`,
  );
  t.regex(networkPlan(all), /^route wan -4 default via 198\.51\.100\.1 onlink$/m);
  t.regex(networkPlan(all), /^route wan -4 10\.0\.0\.0\/8 via 203\.0\.113\.9$/m);
});

test('a plan for a VLAN on a bond: what something is made of comes first, in whatever order it is given', (t) => {
  const all = interfaces(
    t,
    `  - { name: office, vlan: { id: 5, link: bond0 }, addresses: [10.5.0.2/24] }
  - { name: bond0, bond: { members: [port1, port2], mode: 802.3ad }, mtu: 9000 }
  - { name: port1, path: "pci-0000:00:03.0" }
  - { name: port2, driver: e1000e, path: "pci-0000:00:04.0" }
  - { name: br0, bridge: { members: [] } }
  - { name: eth9, addresses: [10.9.0.2/24] }`,
  );
  t.is(
    networkPlan(all),
    `find port1 path pci-0000:00:03.0
find port2 path pci-0000:00:04.0 driver e1000e
bond bond0 802.3ad port1 port2
mtu bond0 9000
vlan office 5 bond0
bridge br0
own port1
up port1
own port2
up port2
own bond0
up bond0
own office
up office
own br0
up br0
address office 10.5.0.2/24
`,
  );
  t.deepEqual(sectionsOf(connmanServices(all)), [
    { Type: 'ethernet', DeviceName: 'eth9', IPv4: '10.9.0.2/255.255.255.0', IPv6: 'off' },
  ]);
});

test("what asks for addresses beside connman is networkd's, with all of its addresses and routes", (t) => {
  const all = interfaces(
    t,
    `  - { name: eth0, addresses: [10.0.0.2/32, 10.0.0.3/32], gateway4: 10.9.0.1, on_link: true, dhcp6: true, mtu: 1400 }
  - { name: eth1, dhcp6: true }
  - { name: v, vlan: { id: 5, link: eth1 }, addresses: [10.5.0.1/24] }
  - { name: eth2 }
  - { name: br0, bridge: { members: [eth2] }, dhcp4: true, routes: [{ to: 10.0.0.0/8, via: 10.6.0.9, metric: 50 }] }`,
  );
  const lines = networkPlan(all).split('\n');
  const asked =
    'DHCPv4 ClientIdentifier=mac UseHostname=no UseDomains=yes DHCPv6 UseHostname=no UseDomains=yes IPv6AcceptRA UseDomains=yes';
  const kept = 'KeepConfiguration=dhcp-on-stop LLMNR=no';
  t.deepEqual(
    lines.filter((line) => /^(ask|out|address|route) /.test(line)),
    [
      `ask eth0 Network DHCP=no IPv6AcceptRA=yes ${kept} Address=10.0.0.2/32 Address=10.0.0.3/32 ${asked} Route Gateway=10.9.0.1 GatewayOnLink=yes`,
      'out eth0',
      `ask eth1 Network DHCP=no IPv6AcceptRA=yes ${kept} ${asked}`,
      'address v 10.5.0.1/24',
      `ask br0 Network DHCP=ipv4 IPv6AcceptRA=yes ${kept} ${asked} Route Destination=10.0.0.0/8 Gateway=10.6.0.9 Metric=50`,
    ],
  );
  t.deepEqual(
    lines.filter((line) => line.startsWith('up ')),
    ['up eth0', 'up eth1', 'up v', 'up eth2', 'up br0'],
  );
  t.is(connmanServices(all), '');
});

test('a lease is waited for where nothing by hand leads out', (t) => {
  const out = (yaml: string) =>
    networkPlan(interfaces(t, yaml))
      .split('\n')
      .filter((line) => line.startsWith('out '));
  const bridge = '  - { name: eth0 }\n  - { name: br0, bridge: { members: [eth0] }, ';
  t.deepEqual(out(`${bridge}dhcp4: true }`), ['out br0 -4']);
  t.deepEqual(out(`${bridge}dhcp6: true }`), ['out br0 -6']);
  t.deepEqual(
    out(`${bridge}dhcp4: true }\n  - { name: eth1, addresses: [10.0.0.2/24], gateway4: 10.0.0.1 }`),
    [],
  );
});

test('a VLAN and a bond that ask DHCP are made by the unit, and left to connman', (t) => {
  const all = interfaces(
    t,
    `  - { name: port1 }
  - { name: bond0, bond: { members: [port1] }, dhcp4: true, mtu: 9000 }
  - { name: eth1 }
  - { name: office, vlan: { id: 5, link: eth1 }, dhcp4: true, dhcp6: false, search: [a.example] }
  - { name: sixth, vlan: { id: 6, link: eth1 }, dhcp6: true }
  - { name: mixed, vlan: { id: 7, link: eth1 }, dhcp4: true, addresses: ["2001:db8::5/64"] }`,
  );
  t.is(
    networkPlan(all),
    `find port1 name port1
find eth1 name eth1
bond bond0 active-backup port1
mtu bond0 9000
vlan office 5 eth1
vlan sixth 6 eth1
vlan mixed 7 eth1
own port1
up port1
own eth1
up eth1
`,
  );
  // Without a section it asks for both kinds.
  t.deepEqual(sectionsOf(connmanServices(all)), [
    { Type: 'ethernet', DeviceName: 'office', IPv4: 'dhcp', IPv6: 'off', SearchDomains: 'a.example' },
    { Type: 'ethernet', DeviceName: 'sixth', IPv4: 'off', IPv6: 'auto' },
    { Type: 'ethernet', DeviceName: 'mixed', IPv4: 'dhcp', IPv6: '2001:db8::5/64' },
  ]);
});

async function machine(t: ExecutionContext) {
  const fake = await fakeRoot(t);
  const ran: string[] = [];
  const host = {
    ...fake.host,
    processes: {
      ...fake.host.processes,
      run: async (command: string, args: readonly string[]) => {
        ran.push([command, ...args].join(' '));
        // As the unit does.
        if (args[1] === 'bos-network.service') await fake.write(appliedFile, await fake.read(planFile));
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    },
  };
  const warned: string[] = [];
  const apply = async (phase: RunPhase, all?: Interfaces) => {
    ran.length = 0;
    warned.length = 0;
    fake.effects.length = 0;
    const config: Config = all === undefined ? {} : { 'bos.network': all };
    const warn = (message: string) => void warned.push(message);
    await interfacesApplier.run({ ...applyContext(host, fake.root, phase, config), warn });
    return [...ran];
  };
  const exists = async (path: string) => host.files.exists(`${fake.root}${path}`);
  return { fake, apply, exists, warned };
}

const reload = 'systemctl daemon-reload';
const files = [planFile, ownNameserversFile, servicesFile, connmanDropIn, runtimeDropIn];

test('without the key no file is written, and no program runs', async (t) => {
  const { fake, apply, exists } = await machine(t);
  for (const phase of ['boot', 'runtime'] as const) {
    t.deepEqual(await apply(phase), []);
    t.deepEqual(fake.effects, []);
  }
  for (const file of files) t.false(await exists(file), file);
});

test('connman wants the unit that asks for addresses where an interface does, and only there', async (t) => {
  const { fake, apply } = await machine(t);
  const bridge = (more: string) =>
    interfaces(t, `  - { name: eth0 }\n  - { name: br0, bridge: { members: [eth0] }, ${more} }`);
  await apply('boot', bridge('addresses: [10.0.0.1/8]'));
  t.regex(await fake.read(connmanDropIn), /^Wants=bos-network\.service$/m);
  await apply('boot', bridge('dhcp4: true'));
  t.regex(await fake.read(connmanDropIn), /^Wants=bos-network\.service bos-dhcp\.service$/m);
  t.true(
    (await apply('runtime', bridge('dhcp6: true'))).includes(
      'systemctl restart bos-resolv.path bos-resolv.service',
    ),
  );
});

test('the units that add name servers start by what the boot phase has written: a lease comes later', (t) => {
  for (const kind of ['path', 'service']) {
    const unit = new URL(
      `../../../../../os/overlay/usr/lib/systemd/system/bos-resolv.${kind}`,
      import.meta.url,
    );
    const lines = readFileSync(unit, 'utf8').split('\n');
    for (const file of [planFile, ownNameserversFile])
      t.true(lines.includes(`ConditionPathExists=|${file}`), `${kind}: ${file}`);
  }
});

test('in the boot phase files are written, and systemd starts what they say', async (t) => {
  const { fake, apply, exists } = await machine(t);
  t.deepEqual(await apply('boot', interfaces(t, rented)), []);
  t.is(await fake.read(ownNameserversFile), 'nameserver 192.0.2.53\nsearch example.com\n');
  t.regex(await fake.read(connmanDropIn), /^EnvironmentFile=-\/run\/bos\/network\/connman$/m);
  t.regex(await fake.read(runtimeDropIn), /^ExecStartPre=\n/m);
  t.regex(await fake.read(planFile), /^find wan /);
  t.false(await exists(servicesFile));
  for (const file of [connmanDropIn, runtimeDropIn]) {
    t.is(await fake.mode(file), '644');
    t.is(await fake.mode(file.replace(/\/[^/]*$/, '')), '755');
  }
  t.is(await fake.mode('run/bos/network'), '755');
  // As the unit does in the boot.
  await fake.write(appliedFile, await fake.read(planFile));
  t.deepEqual(await apply('runtime', interfaces(t, rented)), []);
});

test("connman's drop-in comes after the image's, whose ExecStart would win", (t) => {
  const shipped = new URL(
    '../../../../../os/overlay/usr/lib/systemd/system/connman.service.d/',
    import.meta.url,
  );
  const own = basename(connmanDropIn);
  t.deepEqual([...readdirSync(shipped), own].toSorted().at(-1), own);
});

test('connman alone needs none of the drop-ins', async (t) => {
  const { fake, apply, exists } = await machine(t);
  await apply('boot', interfaces(t, '  - { name: eth0, addresses: [10.0.0.2/8] }'));
  t.is(await fake.mode(servicesFile), '600');
  for (const file of files) t.is(await exists(file), file === servicesFile, file);
});

test('a change at runtime sets the network up anew, once; without the key what was set up is taken back', async (t) => {
  const { fake, apply, exists } = await machine(t);
  await apply('boot', interfaces(t, '  - { name: eth0, addresses: [10.0.0.2/8] }'));
  t.deepEqual(await apply('runtime', interfaces(t, rented)), [
    reload,
    'systemctl restart bos-network.service connman.service',
    'systemctl restart bos-resolv.path bos-resolv.service',
  ]);
  t.false(await exists(servicesFile));
  t.deepEqual(await apply('runtime', interfaces(t, rented)), []);
  t.deepEqual(await apply('runtime'), [reload, 'systemctl restart bos-network.service connman.service']);
  t.is(await fake.read(planFile), '');
  t.false(await exists(ownNameserversFile));
  t.false(await exists(runtimeDropIn));
  t.deepEqual(await apply('runtime'), []);
});

test('what a boot phase by hand has written is acted on by the runtime phase after it', async (t) => {
  const { apply } = await machine(t);
  await apply('boot', interfaces(t, rented));
  t.true((await apply('runtime', interfaces(t, rented))).includes(reload));
});

async function cardIn(fake: FakeRoot, name: string, mac: string): Promise<void> {
  await fake.write(`/sys/class/net/${name}/address`, `${mac}\n`);
}
const lan = '  - { name: lan, mac: "52:54:00:00:00:01", addresses: [10.0.0.2/8] }\n';

test('a card that is not there is said at runtime, whoever would have set it up', async (t) => {
  const { fake, apply, warned } = await machine(t);
  await cardIn(fake, 'eth0', '52:54:00:00:00:01');
  const all = interfaces(
    t,
    `${lan}  - { name: eth7, nameservers: [192.0.2.53] }\n  - { name: far, mac: "52:54:00:00:00:02" }\n  - { name: v, vlan: { id: 5, link: eth8 } }\n  - { name: eth8 }\n`,
  );
  await apply('boot', all);
  t.deepEqual(warned, []);
  await apply('runtime', all);
  t.deepEqual(warned, [
    'eth7: no interface with name eth7 was found; `ip -br link` lists those that are there',
    'far: no interface with mac 52:54:00:00:00:02 was found; `ip -br link` lists those that are there',
  ]);
});

test('a change at runtime that no card of this machine could have leaves the network as it is', async (t) => {
  const { fake, apply } = await machine(t);
  await cardIn(fake, 'eth0', '52:54:00:00:00:01');
  const sound = interfaces(t, lan);
  await apply('runtime', sound);
  const before = await fake.read(servicesFile);
  for (const yaml of [
    '  - { name: eth7, addresses: [10.0.0.3/8] }\n',
    '  - { name: port, mac: "52:54:00:00:00:07" }\n  - { name: b, bond: { members: [port] }, addresses: [10.0.0.3/8] }\n',
    '  - { name: eth7 }\n  - { name: v, vlan: { id: 5, link: eth7 }, addresses: [10.0.0.3/8] }\n  - { name: eth0, mtu: 1400 }\n',
  ]) {
    const error = await t.throwsAsync(apply('runtime', interfaces(t, yaml)));
    t.regex(error?.message ?? '', /^the network stays as it is: this machine has no interface for \w+, /);
    t.is(await fake.read(servicesFile), before);
    t.deepEqual(await apply('runtime', sound), [], 'nothing has changed');
  }
  // One of two is enough; a bond has one member; nobody knows a place but udev; a boot is no change.
  for (const yaml of [
    `${lan}  - { name: eth7, addresses: [10.0.0.3/8] }\n`,
    '  - { name: eth0 }\n  - { name: eth7 }\n  - { name: b, bond: { members: [eth0, eth7] }, addresses: [10.0.0.3/8] }\n',
    '  - { name: wan, path: pci-1, addresses: [10.0.0.3/8] }\n',
  ])
    await t.notThrowsAsync(apply('runtime', interfaces(t, yaml)));
  await t.notThrowsAsync(apply('boot', interfaces(t, '  - { name: eth7, addresses: [10.0.0.3/8] }\n')));
});
