/**
 * bos.network: an address of /32 whose gateway is in no network of the machine, as rented servers have it, from the file;
 * while it runs, a VLAN on a bond with a fixed address, then DHCP on both.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, isoOn, mediumBoot, ok, pxeSet } from '../support/boots.ts';
import { addToInitrd, fileAt } from '../support/initrd-files.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { applyInterfaces, cardNames, connectPeer, macs, reachedByPeer, until } from '../support/network.ts';
import { newKey, overSsh } from '../support/ssh.ts';

export const issue = 19;

const live = 'live prompt, BIOS';

/** QEMU's own network, which forwards to its fifteenth address. */
const network = { isolated: false, net: '203.0.113.0/24', host: '203.0.113.2' };
const wan = [
  '    - name: wan',
  // QEMU's first card.
  '      mac: "52:54:00:12:34:56"',
  '      addresses: [203.0.113.15/32]',
  '      gateway4: 203.0.113.2',
  '      on_link: true',
  '      nameservers: [203.0.113.3]',
  '      search: [example.com]',
  '      mtu: 1400',
];
/** What the office's network card and the bond over it are, with the VLAN as `words` say. */
const office = (...words: string[]) => [
  '    - { name: port1, mac: "52:54:00:00:00:01" }',
  '    - { name: bond0, bond: { members: [port1] } }',
  `    - { name: office, vlan: { id: 5, link: bond0 }, ${words.join(', ')} }`,
];

/** Nobody but the unit has set it up; what udev calls the card nobody has to know. */
async function expectStatic(session: Session, search = true): Promise<void> {
  const name = (await ok(session, "sed -n 's/^\\w* \\(.*\\) card$/\\1/p' /run/bos/network/names")).trim();
  assert.match(name, /^e\w+$/);
  const addresses = (await ok(session, `ip -o -4 address show ${name}`)).trim();
  assert.match(addresses, /inet 203\.0\.113\.15\/32 scope global/);
  assert.doesNotMatch(addresses, /\n/, 'no address of DHCP');
  const route = new RegExp(`^default via 203\\.0\\.113\\.2 dev ${name} proto static onlink\\s*$`);
  assert.match(await ok(session, 'ip -4 route show default'), route);
  assert.equal((await ok(session, `cat /sys/class/net/${name}/mtu`)).trim(), '1400');
  const told = new RegExp(`--nodnsproxy --nodevice=(\\S+,)?${name}\\b`);
  assert.match(await ok(session, 'pgrep -a connmand'), told);
  assert.doesNotMatch(await ok(session, 'connmanctl services; true'), /ethernet_/);
  assert.match(
    await ok(session, 'cat /etc/resolv.conf'),
    search ? /^nameserver 203\.0\.113\.3\s+search example\.com\s*$/m : /^nameserver 203\.0\.113\.3\s*$/m,
  );
  assert.match(await ok(session, 'systemctl is-active bos-network connman'), /^active\s+active\s*$/);
}

async function atRuntime(t: SystemContext): Promise<void> {
  const session = await t.resume(join(t.fixture(live), 'state'));
  await connectPeer(session);
  await applyInterfaces(session, ...office('addresses: [10.5.0.1/24]'));
  await until(session, 'ping -c 1 -W 1 -I office 10.5.0.2');
  assert.match(await ok(session, 'cat /proc/net/bonding/bond0'), /Slave Interface: veth0/);
  assert.match(await ok(session, 'ip -d link show office'), /vlan protocol 802\.1Q id 5 /);
  assert.doesNotMatch(await ok(session, 'connmanctl services; true'), /525400000001/);
  // Once more changes nothing.
  const started = 'systemctl show -P ActiveEnterTimestampMonotonic bos-network connman';
  const before = await ok(session, started);
  await ok(session, 'sudo opsctl config', 120_000);
  assert.equal(await ok(session, started), before);

  // The machine's own card is a member now, too, and QEMU's network answers on the bond.
  const uplink = [
    '    - { name: wan, mac: "52:54:00:12:34:56" }',
    '    - { name: up, bond: { members: [wan] }, dhcp4: true }',
  ];
  await applyInterfaces(session, ...office('dhcp4: true', 'dhcp6: false'), ...uplink);
  await until(session, 'ip -o -4 address show office | grep -q " 10.5.0.77/24 "');
  await until(session, 'ip -o -4 address show up | grep -q " 10.0.2.15/24 "');
  await until(session, 'ping -c 1 -W 1 -I office 10.5.0.2');
  await until(session, 'ping -c 1 -W 1 -I up 10.0.2.2');
  await until(session, 'grep -qx "nameserver 10.0.2.3" /etc/resolv.conf');
  assert.match(await ok(session, 'connmanctl services'), /ethernet_525400000001_005_cable/);
  const addresses = await ok(session, 'ip -o address');
  assert.doesNotMatch(
    addresses,
    /inet (?!127\.|10\.5\.0\.77\/24|10\.0\.2\.15\/24)/,
    'nothing else has an address',
  );
  assert.doesNotMatch(addresses, / office +inet6 (?!fe80)/);
}

/** A CD as cloud-init's documentation has it: the address of `wan`, and what is nothing for this system. */
async function noCloudDisk(t: SystemContext, publicKey: string): Promise<string> {
  const contents = {
    'user-data': `#cloud-config\nssh_authorized_keys: ["${publicKey}"]\n`,
    'meta-data': 'instance-id: one\nlocal-hostname: from-nocloud\n',
    'network-config': `network:
  version: 2
  ethernets:
    wan:
      match: {macaddress: "52:54:00:12:34:56"}
      addresses: [203.0.113.15/32]
      routes: [{to: default, via: 203.0.113.2, on-link: true}]
      nameservers: {addresses: [203.0.113.3], search: [example.com]}
      mtu: 1400
  tunnels: {he: {mode: sit}}
`,
  };
  return diskOf(t, 'cidata', contents);
}

/** As Nova makes one for an instance whose network has no DHCP. */
async function configDrive(t: SystemContext, publicKey: string): Promise<string> {
  const address = { type: 'ipv4', link: 'tap1', ip_address: '203.0.113.15', netmask: '255.255.255.255' };
  const network = {
    links: [{ id: 'tap1', type: 'ovs', ethernet_mac_address: '52:54:00:12:34:56', mtu: 1400 }],
    networks: [
      {
        ...{ id: 'network0', network_id: 'n', ...address },
        routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '203.0.113.2' }],
        services: [{ type: 'dns', address: '203.0.113.3' }],
      },
    ],
    services: [{ type: 'ntp', address: '203.0.113.2' }],
  };
  const latest = 'openstack/latest';
  return diskOf(t, 'config-2', {
    [`${latest}/meta_data.json`]: JSON.stringify({ hostname: 'from-nova', public_keys: { mine: publicKey } }),
    [`${latest}/user_data`]: '#cloud-config\nwrite_files: [{path: /run/from-nova, content: nova}]\n',
    [`${latest}/network_data.json`]: JSON.stringify(network),
  });
}

async function diskOf(t: SystemContext, label: string, contents: Readonly<Record<string, string>>) {
  const folder = join(t.folder, label);
  for (const [name, text] of Object.entries(contents)) {
    await t.host.files.makeDir(join(folder, name, '..'));
    await t.host.files.write(join(folder, name), text);
  }
  const iso = join(t.folder, `${label}.iso`);
  await t.host.processes.run('xorrisofs', ['-quiet', '-V', label, '-J', '-r', '-o', iso, folder]);
  return iso;
}

async function swappedCards(t: SystemContext): Promise<void> {
  const words = [
    `ifname=wan:${macs.wan} ip=[fec0::15]::[fec0::2]:128::wan:none nameserver=[fec0::3]`,
    `ifname=lan:${macs.lan} bond=bond0:lan:mode=active-backup vlan=bond0.5:bond0`,
    'ip=[2001:db8:5::1]:::64::bond0.5:none',
  ];
  const names: Record<string, string>[] = [];
  for (const [wanSlot, lanSlot] of [
    [16, 17],
    [17, 16],
  ] as const) {
    const session = await t.start({
      memory: 640,
      kernel: await mediumBoot(t, ...words),
      disks: [isoOn(t, 'virtio')],
      network: {
        ...{ mac: macs.wan, slot: wanSlot },
        hub: [
          { mac: macs.lan, slot: lanSlot },
          { mac: macs.peer, slot: 18 },
        ],
      },
    });
    await session.login('bhojpur', bootLimit);
    await ok(session, 'sudo systemctl start bos-config.service', bootLimit.timeoutMs);
    assert.match(await ok(session, 'systemctl is-active bos-network connman ssh'), /^(active\s+){3}$/);
    const found = await cardNames(session);
    names.push(found);
    const addresses = await ok(session, 'ip -o address');
    assert.match(addresses, new RegExp(` ${found.wan} +inet6 fec0::15/128 scope`));
    assert.match(addresses, / bond0\.5 +inet6 2001:db8:5::1\/64 scope/);
    assert.doesNotMatch(addresses, /inet (?!127\.)/, 'nothing has an address of IPv4');
    const route = new RegExp(`^default via fec0::2 dev ${found.wan} proto static`, 'm');
    assert.match(await ok(session, 'ip -6 route show default'), route);
    await until(session, 'ping -c 1 -W 1 fec0::2');
    assert.match(
      await ok(session, 'cat /proc/net/bonding/bond0'),
      new RegExp(`Slave Interface: ${found.lan}\\b`),
    );
    await reachedByPeer(session);
    await session.close();
  }
  const [first, second] = names;
  assert.equal(first?.wan, second?.lan);
  assert.equal(first?.lan, second?.wan);
  assert.notEqual(first?.wan, first?.lan);
}

export const tests: SystemTest[] = [
  {
    name: 'bos.network: /32 with a gateway on the link, from the file, is reached by ssh, without DHCP',
    soak: true,
    seconds: 60,
    run: async (t) => {
      const { publicKey, ...login } = await newKey(t);
      const config = [
        'hostname: rented',
        `ssh_authorized_keys: ["${publicKey}"]`,
        'bos:',
        '  network:',
        ...wan,
      ];
      const kernel = await addToInitrd(t.host, pxeSet(t), join(t.folder, 'initrd'), [
        fileAt('bos/system/config.yaml', `${config.join('\n')}\n`, 0o600),
      ]);
      const session = await t.start({ memory: 640, kernel, network: { ...network, sshPort: login.port } });
      await session.login('bhojpur', bootLimit);
      t.log(`login after ${session.mark('login')} ms`);
      await ok(session, 'sudo systemctl start bos-config.service', bootLimit.timeoutMs);
      await expectStatic(session);
      const seen = await overSsh(t, login, 'hostname; echo $SSH_CONNECTION');
      assert.match(seen, /^rented\n203\.0\.113\.2 \d+ 203\.0\.113\.15 22\n$/);
    },
  },
  {
    name: 'NoCloud: the address of network-config on a disk labelled cidata is there before the network is needed',
    seconds: 75,
    run: async (t) => {
      const { publicKey, ...login } = await newKey(t);
      const disk = await noCloudDisk(t, publicKey);
      const session = await t.start({
        memory: 640,
        kernel: await mediumBoot(t, 'bos.data_sources=cdrom'),
        disks: [isoOn(t, 'virtio'), { id: 'seed', file: disk, bus: 'virtio', readOnly: true }],
        network: { ...network, sshPort: login.port },
      });
      await session.login('bhojpur', bootLimit);
      await ok(session, 'sudo systemctl start bos-config.service', bootLimit.timeoutMs);
      await expectStatic(session);
      const seen = await overSsh(t, login, 'hostname; echo $SSH_CONNECTION');
      assert.match(seen, /^from-nocloud\n203\.0\.113\.2 \d+ 203\.0\.113\.15 22\n$/);
      const shown = await ok(session, 'sudo opsctl config show --origins; sudo opsctl status');
      assert.match(shown, /bos\.network: .*# network-config on \/dev\/vd\w/);
      assert.match(shown, /network-config on \/dev\/vd\w: warning: tunnels: cannot be set up here/);
    },
  },
  {
    name: 'OpenStack: the address of network_data.json on a config drive, /32, is reached by ssh, without DHCP',
    soak: true,
    seconds: 75,
    run: async (t) => {
      const { publicKey, ...login } = await newKey(t);
      const disk = await configDrive(t, publicKey);
      const session = await t.start({
        memory: 640,
        kernel: await mediumBoot(t, 'bos.data_sources=openstack'),
        disks: [isoOn(t, 'virtio'), { id: 'drive', file: disk, bus: 'virtio', readOnly: true }],
        network: { ...network, sshPort: login.port },
      });
      await session.login('bhojpur', bootLimit);
      await ok(session, 'sudo systemctl start bos-config.service', bootLimit.timeoutMs);
      await expectStatic(session, false);
      const seen = await overSsh(t, login, 'hostname; cat /run/from-nova; echo; echo $SSH_CONNECTION');
      assert.match(seen, /^from-nova\nnova\n203\.0\.113\.2 \d+ 203\.0\.113\.15 22\n$/);
      const shown = await ok(session, 'sudo opsctl config show --origins; sudo opsctl status');
      assert.match(shown, /bos\.network: .*# network_data\.json on \/dev\/vd\w/);
      assert.match(
        shown,
        /network_data\.json on \/dev\/vd\w: warning: services\[0\]: a service of type "ntp"/,
      );
    },
  },
  {
    name: 'two cards swap their names between boots: by MAC address, IPv6 only and a VLAN on a bond, from the kernel command line',
    seconds: 150,
    soak: true,
    run: swappedCards,
  },
  {
    name: 'bos.network at runtime: a VLAN on a bond with a fixed address, then DHCP on a VLAN and on a bond',
    seconds: 45,
    uses: [live],
    run: atRuntime,
  },
];
