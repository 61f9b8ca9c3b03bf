/** The network of metadata services: asked for, kept for root alone, read below all else; which service is asked at all. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfig } from '../../../src/config/sources/sources.ts';
import type { SourceName } from '../../../src/runtime/data-sources/index.ts';
import { storeNetwork } from '../../../src/runtime/data-sources/store-network.ts';
import * as networks from '../../fakes/cloud-networks.ts';
import { lineOf, notedFiles } from '../../fakes/effects.ts';
import * as clouds from '../../fakes/metadata-servers.ts';
import { instance, keyA, newRoot, real, search, serve, yaml } from './support.ts';

const folder = 'run/bos/metadata-network';

async function networkIn(root: string) {
  await real.files.makeDir(join(root, 'proc'));
  await real.files.write(join(root, 'proc/cmdline'), 'quiet\n');
  const { config, origins, diagnostics } = await loadConfig(real, root);
  return {
    names: config['bos.network']?.map(({ name }) => name),
    origin: origins.get('bos.network')?.[0]?.file,
    told: diagnostics.map(({ severity, place, message }) => `${place.file}: ${severity}: ${message}`),
  };
}

async function firmware(root: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await real.files.makeDir(join(root, 'sys/class/dmi/id'));
  for (const [name, text] of Object.entries(fields))
    await real.files.write(join(root, 'sys/class/dmi/id', name), `${text}\n`);
}

async function card(root: string, name: string, index: number, more: Readonly<Record<string, string>> = {}) {
  const place = join(root, 'sys/class/net', name);
  await real.files.makeDir(join(place, 'device'));
  const files = { address: `de:00:00:00:00:0${index}`, type: '1', ifindex: String(index), ...more };
  for (const [file, text] of Object.entries(files)) await real.files.write(join(place, file), `${text}\n`);
}

const gives = test.macro({
  exec: async (
    t,
    name: SourceName,
    cloud: (one: clouds.Instance) => clouds.Cloud,
    network: object | string,
    expected: {
      readonly names: readonly string[];
      readonly origin: string;
      readonly told?: readonly string[];
    },
  ) => {
    const server = await serve(t, cloud({ ...instance, network }));
    const root = await newRoot(t);
    await card(root, 'eth1', 3);
    await card(root, 'eth0', 2);
    await card(root, 'ib0', 1, { type: '32' });
    const { files } = await search(root, [name], { bases: { [name]: server.url } });
    t.is(files.userdata, `600 ${yaml}`);
    t.deepEqual(await networkIn(root), { told: [], ...expected, names: [...expected.names] });
    t.is((await real.files.stat(join(root, folder)))?.mode, 0o700);
    for (const file of ['network', 'origin'])
      t.is((await real.files.stat(join(root, folder, file)))?.mode, 0o600);
    t.notRegex(await real.files.readText(join(root, folder, 'network')), /user_data|ssh-ed25519/);
    // Without a source to ask nothing of it stays.
    await search(root, []);
    t.false(await real.files.exists(join(root, folder)));
  },
  title: (_, name) => `${name}: the network is kept`,
});
test(gives, 'digitalocean', clouds.digitaloceanCloud, networks.digitaloceanNetwork, {
  names: ['private', 'public'],
  origin: 'network of digitalocean',
});
test(gives, 'hetzner', clouds.hetznerCloud, networks.hetznerNetwork, {
  names: ['eth0'],
  origin: 'network-config of hetzner',
});
test(gives, 'vultr', clouds.vultrCloud, networks.vultrNetwork, {
  names: ['public', 'private'],
  origin: 'network of vultr',
});
test(gives, 'openstack', clouds.openstackCloud, networks.openstackNetwork, {
  names: ['tapcd9f6d46-4a'],
  origin: 'network_data.json of openstack',
});
test(gives, 'packet', clouds.packetCloud, networks.packetNetwork, {
  names: ['eth0', 'eth1', 'bond0'],
  origin: 'network of packet',
  told: [
    'network of packet: note: addresses[3]: 147.75.40.7 is an elastic address, which whoever uses it sets up',
  ],
});
if (real.system.uid === 0)
  test(gives, 'scaleway', clouds.scalewayCloud, networks.scalewayNetwork, {
    names: ['public'],
    origin: 'network of scaleway',
  });

test('scaleway: the first wired card is the one that is meant', async (t) => {
  if (real.system.uid !== 0) return t.pass();
  const server = await serve(t, clouds.scalewayCloud({ ...instance, network: networks.scalewayNetwork }));
  const root = await newRoot(t);
  await card(root, 'eth1', 3);
  await card(root, 'eth0', 2);
  await search(root, ['scaleway'], { bases: { scaleway: server.url } });
  t.regex(await real.files.readText(join(root, folder, 'network')), /"mac":"de:00:00:00:00:02"/);
});

test('of another form: what was there is not read by the new name of the form, nor what is new by the old one', async (t) => {
  const root = await newRoot(t);
  const effects: string[] = [];
  const host = { ...real, files: notedFiles(real.files, (effect) => effects.push(lineOf(effect))) };
  for (const form of ['digitalocean', 'vultr'] as const) {
    effects.length = 0;
    await storeNetwork(host, root, { form, data: Buffer.from('{}') }, form);
  }
  t.deepEqual(
    effects.map((line) => line.replace(root, 'ROOT')),
    [
      `mkdir ROOT/${folder} 0700`,
      `remove ROOT/${folder}/origin`,
      `replace ROOT/${folder}/network 0600`,
      `replace ROOT/${folder}/origin 0600`,
    ],
  );
});

/** A service that goes wrong where it says the network: the rest is used. */
const wrong = test.macro({
  exec: async (t, answer: clouds.Answer, expected: RegExp) => {
    const good = clouds.digitaloceanCloud(instance);
    const server = await serve(t, (asked) => (asked.path === '/metadata/v1.json' ? answer : good(asked)));
    const root = await newRoot(t);
    const { lines, files } = await search(root, ['digitalocean'], { bases: { digitalocean: server.url } });
    t.regex(lines[0] ?? '', expected);
    t.is(files.userdata, `600 ${yaml}`);
    t.deepEqual(await networkIn(root), { names: undefined, origin: undefined, told: [] });
  },
  title: (title) => `a bad answer about the network: ${title}`,
});
const began = 'warning digitalocean: the network cannot be read: ';
test(
  'a redirect',
  wrong,
  { status: 302, headers: { location: 'http://192.0.2.1/' } },
  RegExp(`^${began}.*302`),
);
test('no JSON', wrong, { body: 'hello' }, RegExp(`^${began}.*did not answer with JSON`));
test('10 MB', wrong, { body: Buffer.alloc(10e6, ' ') }, RegExp(`^${began}.*larger than the limit`));
test(
  'a web page',
  wrong,
  { body: '<html>', headers: { 'content-type': 'text/html' } },
  RegExp(`^${began}.*web page`),
);

test('a network that cannot be used is told, and holds back what needs to know it', async (t) => {
  const server = await serve(t, clouds.hetznerCloud({ ...instance, network: 'config: [' }));
  const root = await newRoot(t);
  await search(root, ['hetzner'], { bases: { hetzner: server.url } });
  const { told, names } = await networkIn(root);
  t.regex(told.join('\n'), /^network-config of hetzner: error: is not YAML: /);
  t.is(names, undefined);
  t.is((await loadConfig(real, root)).unsettled.length, 1);
});

test('a service that is down keeps its network; another cloud takes its place', async (t) => {
  const server = await serve(t, clouds.hetznerCloud({ ...instance, network: networks.hetznerNetwork }));
  const root = await newRoot(t);
  const bases = { hetzner: server.url, vultr: server.url };
  await search(root, ['hetzner'], { bases });
  server.become(() => ({ status: 500 }));
  await search(root, ['hetzner'], { bases });
  t.is((await networkIn(root)).origin, 'network-config of hetzner');
  server.become(clouds.vultrCloud({ ...instance, network: networks.vultrNetwork }));
  await search(root, ['vultr'], { bases });
  t.is((await networkIn(root)).origin, 'network of vultr');
});

test('what a disk says comes first, and what an operator wrote is in force as a whole', async (t) => {
  const server = await serve(t, clouds.hetznerCloud({ ...instance, network: networks.hetznerNetwork }));
  const root = await newRoot(t);
  await search(root, ['hetzner'], { bases: { hetzner: server.url } });
  await real.files.makeDir(join(root, 'run/bos/cloud-network'));
  await real.files.write(
    join(root, 'run/bos/cloud-network/network-config'),
    'version: 2\nethernets: {eth5: {addresses: [10.0.0.5/8]}}\n',
  );
  await real.files.write(join(root, 'run/bos/cloud-network/origin'), '/dev/sr0\n');
  t.like(await networkIn(root), { origin: 'network-config on /dev/sr0', names: ['eth5'] });
  await real.files.makeDir(join(root, 'bos/system'));
  await real.files.write(join(root, 'bos/system/config.yaml'), 'bos: {network: [{name: eth7, mtu: 1400}]}\n');
  t.deepEqual(await networkIn(root), {
    origin: '/bos/system/config.yaml',
    names: ['eth7'],
    told: [
      'network-config on /dev/sr0: note: is not used: /bos/system/config.yaml:1:7 has another list, which is in force as a whole',
    ],
  });
});

async function asked(
  t: ExecutionContext,
  names: readonly SourceName[],
  fields?: Readonly<Record<string, string>>,
) {
  const server = await serve(t, () => ({ status: 404 }));
  const root = await newRoot(t);
  if (fields !== undefined) await firmware(root, fields);
  const bases = Object.fromEntries(names.map((name) => [name, server.url]));
  const { lines } = await search(root, names, { bases });
  return lines.flatMap((line) => /^info (\w+): was not found$/.exec(line)?.[1] ?? []);
}

test('of several services the one is asked that the firmware names', async (t) => {
  const all: SourceName[] = ['aws', 'digitalocean', 'hetzner', 'packet'];
  t.deepEqual(await asked(t, all, { sys_vendor: 'Hetzner' }), ['hetzner']);
  t.deepEqual(await asked(t, all, { sys_vendor: 'Amazon EC2' }), ['aws']);
  // Which has no mark.
  t.deepEqual(await asked(t, all, { sys_vendor: 'Dell Inc.' }), ['packet']);
  t.deepEqual(await asked(t, ['aws', 'hetzner'], { sys_vendor: 'QEMU' }), []);
  // Boards have no firmware that says anything.
  t.deepEqual(await asked(t, ['aws', 'hetzner']), ['aws', 'hetzner']);
  t.deepEqual(await asked(t, ['hetzner'], { sys_vendor: 'QEMU' }), ['hetzner'], 'named alone it is meant');
});

test('a service that is not asked is said, and no request is made', async (t) => {
  const server = await serve(t, clouds.hetznerCloud({ hostname: 'h', keys: [keyA] }));
  const root = await newRoot(t);
  await firmware(root, { sys_vendor: 'DigitalOcean' });
  const bases = { hetzner: server.url, digitalocean: 'http://127.0.0.1:9' };
  const { lines } = await search(root, ['hetzner', 'digitalocean'], { bases });
  t.is(lines[0], 'info hetzner: is not asked, as the firmware says that this is another machine');
  t.deepEqual(server.log, []);
});

test('openstack: elsewhere its configuration drive is still looked for, and the service is not asked', async (t) => {
  const server = await serve(t, clouds.openstackCloud(instance));
  const root = await newRoot(t);
  await firmware(root, { sys_vendor: 'Hetzner' });
  const bases = { openstack: server.url, hetzner: 'http://127.0.0.1:9' };
  const { lines } = await search(root, ['openstack', 'hetzner'], { bases });
  t.is(lines[0], 'info openstack: was not found');
  t.deepEqual(server.log, []);
});
