/** What a disk says of the network: taken before the network is needed, once in a boot, below what an operator wrote. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfig } from '../../../src/config/sources/sources.ts';
import { takeNetwork } from '../../../src/runtime/data-sources/take-network.ts';
import { newRoot, real } from './support.ts';

const { files, processes } = real;
type Contents = Readonly<Record<string, string>>;

/** A disk `name` as the kernel shows it, before udev runs. */
async function plug(root: string, name: string, size = 2048): Promise<string> {
  await files.makeDir(join(root, 'sys/class/block', name));
  await files.write(join(root, 'sys/class/block', name, 'size'), `${size}\n`);
  await files.makeDir(join(root, 'dev'));
  return join(root, 'dev', name);
}

async function tree(t: ExecutionContext, contents: Contents): Promise<string> {
  const folder = await newRoot(t);
  for (const [path, text] of Object.entries(contents)) {
    await files.makeDir(join(folder, path, '..'));
    await files.write(join(folder, path), text);
  }
  return folder;
}

async function iso(t: ExecutionContext, root: string, name: string, label: string, contents: Contents) {
  const from = await tree(t, contents);
  const path = await plug(root, name);
  await processes.run('xorrisofs', ['-quiet', '-V', label, '-J', '-r', '-o', path, from]);
}

async function fat(t: ExecutionContext, root: string, name: string, label: string, contents: Contents) {
  const from = await tree(t, contents);
  const path = await plug(root, name);
  await processes.run('mkfs.vfat', ['-C', '-n', label, path, '1024']);
  for (const entry of await files.list(from))
    await processes.run('mcopy', ['-s', '-i', path, join(from, entry), '::/']);
}

async function take(root: string, names: readonly string[]) {
  const lines: string[] = [];
  await files.makeDir(join(root, 'proc'));
  await files.write(join(root, 'proc/cmdline'), 'quiet\n');
  // FAT is read by mtools, which knows nothing of a root.
  const start: typeof processes.start = (command, args, options) =>
    processes.start(
      command,
      args.map((word) => (word.startsWith('/dev/') ? join(root, word) : word)),
      options,
    );
  const open: typeof files.open = (path, flags) =>
    files.open(path.startsWith('/dev/') ? join(root, path) : path, flags);
  const host = { ...real, files: { ...files, open }, processes: { ...processes, start } };
  const changed = await takeNetwork(host, root, names, ({ level, message }) =>
    lines.push(`${level} ${message}`),
  );
  const { config, origins, diagnostics, unsettled } = await loadConfig(real, root);
  return {
    ...{ changed, lines, network: config['bos.network'] },
    origin: origins.get('bos.network')?.[0]?.file,
    told: diagnostics.map(({ severity, message }) => `${severity} ${message}`),
    unsettled: unsettled.length,
  };
}

const netplan = 'version: 2\nethernets: {eth0: {addresses: [10.0.0.5/8]}}\ntunnels: {t: {}}\n';
const data = JSON.stringify({
  links: [{ id: 'a', type: 'phy', ethernet_mac_address: '52:54:00:00:00:01' }],
  networks: [{ id: 'n', type: 'ipv4', link: 'a', ip_address: '10.0.0.6', netmask: '255.0.0.0' }],
  services: [],
});

test('NoCloud: network-config of an ISO, with what is left out; a boot reads it once', async (t) => {
  const root = await newRoot(t);
  await iso(t, root, 'sr0', 'cidata', { 'user-data': '', 'network-config': netplan });
  const found = {
    network: [{ name: 'eth0', addresses: ['10.0.0.5/8'] }],
    origin: 'network-config on /dev/sr0',
    told: ['warning tunnels: cannot be set up here; it is left out'],
    unsettled: 0,
  };
  t.deepEqual(await take(root, ['aws', 'cdrom']), {
    ...{ ...found, changed: true, lines: ['info cdrom: /dev/sr0 has network-config'] },
  });
  t.is((await files.stat(join(root, 'run/bos/cloud-network')))?.mode, 0o700);
  for (const name of await files.list(join(root, 'run/bos/cloud-network')))
    t.is((await files.stat(join(root, 'run/bos/cloud-network', name)))?.mode, 0o600, name);
  await files.remove(join(root, 'dev/sr0'));
  t.deepEqual(await take(root, ['aws', 'cdrom']), { ...found, changed: false, lines: [] });
});

test('OpenStack: network_data.json of a configuration drive in FAT', async (t) => {
  const root = await newRoot(t);
  await fat(t, root, 'vdb', 'CONFIG-2', { 'openstack/latest/network_data.json': data });
  t.like(await take(root, ['openstack']), {
    network: [{ name: 'a', mac: '52:54:00:00:00:01', addresses: ['10.0.0.6/8'] }],
    origin: 'network_data.json on /dev/vdb',
    told: [],
  });
});

test('only sources that are named are read, in their order', async (t) => {
  const root = await newRoot(t);
  await iso(t, root, 'sr0', 'CIDATA', { 'network-config': netplan });
  await iso(t, root, 'vdb', 'config-2', { 'openstack/latest/network_data.json': data });
  t.like(await take(root, ['aws']), { changed: false, network: undefined });
  t.like(await take(root, ['openstack', 'cdrom']), { origin: 'network_data.json on /dev/vdb' });
  t.like(await take(root, ['cdrom', 'openstack']), { changed: true, origin: 'network-config on /dev/sr0' });
  t.like(await take(root, []), { changed: true, network: undefined });
});

test('a disk that comes after the boot phase is read by the next one', async (t) => {
  const root = await newRoot(t);
  t.like(await take(root, ['cdrom']), { changed: false, network: undefined });
  t.false(await files.exists(join(root, 'run/bos/cloud-network')));
  await iso(t, root, 'sr0', 'cidata', { 'network-config': netplan });
  t.like(await take(root, ['cdrom']), { changed: true, origin: 'network-config on /dev/sr0' });
});

test('what an operator wrote of the network is in force as a whole', async (t) => {
  const root = await newRoot(t);
  await iso(t, root, 'sr0', 'cidata', { 'network-config': netplan });
  await files.makeDir(join(root, 'bos/system'));
  await files.write(join(root, 'bos/system/config.yaml'), 'bos: {network: [{name: eth7, mtu: 1400}]}\n');
  t.like(await take(root, ['cdrom']), {
    network: [{ name: 'eth7', mtu: '1400' }],
    origin: '/bos/system/config.yaml',
  });
});

test('no disk, an empty drive, another label, no such file, and damage: DHCP stays', async (t) => {
  const root = await newRoot(t);
  t.like(await take(root, ['cdrom']), { changed: false, lines: [], network: undefined });
  await files.write(await plug(root, 'sr0', 0), '');
  await files.write(await plug(root, 'vda'), Buffer.alloc(4096));
  await iso(t, root, 'vdb', 'DATA', { 'network-config': netplan });
  await iso(t, root, 'vdc', 'cidata', { 'user-data': '' });
  t.like(await take(root, ['cdrom', 'openstack']), { changed: false, lines: [], network: undefined });
});

test('a network that is no YAML is told, and holds back what needs to know it', async (t) => {
  const root = await newRoot(t);
  await iso(t, root, 'sr0', 'cidata', { 'network-config': 'a: {' });
  const { told, unsettled, network } = await take(root, ['cdrom']);
  t.regex(told.join('\n'), /^error is not YAML: /);
  t.is(unsettled, 1);
  t.is(network, undefined);
});
