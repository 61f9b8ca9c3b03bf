/** Each cloud's service, answering as documented; and what it asks for when something is missing or wrong. */
import test from 'ava';
import type { SourceName } from '../../../src/runtime/data-sources/index.ts';
import { googleKey } from '../../../src/runtime/data-sources/services/gcp.ts';
import * as clouds from '../../fakes/metadata-servers.ts';
import { instance, keyA, keyB, newRoot, real, search, serve, yaml } from './support.ts';

const all = {
  provider: '',
  userdata: `600 ${yaml}`,
  local_hostname: '644 from-cloud\n',
  'ssh/authorized_keys': `600 ${keyA}\n${keyB}\n`,
};

const gives = test.macro({
  exec: async (t, name: SourceName, cloud: (instance: clouds.Instance) => clouds.Cloud) => {
    const server = await serve(t, cloud(instance));
    const outcome = await search(await newRoot(t), [name], { bases: { [name]: server.url } });
    t.deepEqual(outcome.files, { ...all, provider: `644 ${name}\n` });
    t.deepEqual([outcome.source, outcome.changed], [name, true]);
    t.deepEqual(outcome.lines, [`info ${name}: has ${yaml.length} bytes of user data`]);
  },
  title: (title, name) => `${title ?? name}: user data, name and keys`,
});
test(gives, 'aws', clouds.awsCloud);
test('aws without tokens', gives, 'aws', (one) => clouds.awsCloud(one, { v1: true }));
test('aws of an OpenStack', gives, 'aws', clouds.openstackCloud);
test(gives, 'azure', clouds.azureCloud);
test(gives, 'gcp', clouds.gcpCloud);
test(gives, 'digitalocean', clouds.digitaloceanCloud);
test(gives, 'hetzner', clouds.hetznerCloud);
test(gives, 'openstack', clouds.openstackCloud);
test(gives, 'oracle', clouds.oracleCloud);
test(gives, 'packet', clouds.packetCloud);
test(gives, 'vultr', clouds.vultrCloud);
if (real.system.uid === 0) test(gives, 'scaleway', clouds.scalewayCloud);

const nothing = test.macro({
  exec: async (t, name: SourceName, cloud: (instance: clouds.Instance) => clouds.Cloud) => {
    const server = await serve(t, cloud({ hostname: 'from-cloud', keys: [] }));
    const outcome = await search(await newRoot(t), [name], { bases: { [name]: server.url } });
    t.deepEqual(outcome.files, { local_hostname: '644 from-cloud\n', provider: `644 ${name}\n` });
    t.deepEqual(outcome.lines, [`info ${name}: has no user data`]);
  },
  title: (_, name) => `${name}: an instance without user data and keys`,
});
test(nothing, 'aws', clouds.awsCloud);
test(nothing, 'azure', clouds.azureCloud);
test(nothing, 'gcp', clouds.gcpCloud);
test(nothing, 'digitalocean', clouds.digitaloceanCloud);
test(nothing, 'hetzner', clouds.hetznerCloud);
test(nothing, 'openstack', clouds.openstackCloud);
test(nothing, 'oracle', clouds.oracleCloud);
test(nothing, 'packet', clouds.packetCloud);
test(nothing, 'vultr', clouds.vultrCloud);
if (real.system.uid === 0) test(nothing, 'scaleway', clouds.scalewayCloud);

const rivals = {
  aws: clouds.digitaloceanCloud,
  azure: clouds.oracleCloud,
  gcp: clouds.awsCloud,
  digitalocean: clouds.hetznerCloud,
  hetzner: clouds.vultrCloud,
  openstack: clouds.digitaloceanCloud,
  oracle: clouds.azureCloud,
  vultr: clouds.openstackCloud,
} as const;
for (const [name, cloud] of Object.entries(rivals)) {
  test(`${name}: another cloud at its address is not taken for it`, async (t) => {
    const server = await serve(t, cloud(instance));
    const source = name as SourceName;
    const { files, lines } = await search(await newRoot(t), [source], { bases: { [source]: server.url } });
    t.deepEqual(files, {});
    t.is(lines[0], `info ${name}: was not found`);
  });
}

test('aws: a service that refuses a token is not asked without one', async (t) => {
  for (const status of [400, 401, 403]) {
    const open = clouds.awsCloud(instance, { v1: true });
    const server = await serve(t, (asked) => (asked.method === 'PUT' ? { status } : open(asked)));
    const { files, lines } = await search(await newRoot(t), ['aws'], { bases: { aws: server.url } });
    t.deepEqual(files, {});
    t.regex(
      lines[0] ?? '',
      status === 403 ? /^warning aws: .*turned off/ : /^warning aws: .*no session token/,
    );
    t.deepEqual(server.log, [`PUT /latest/api/token ${status}`]);
  }
});

test('aws: a token that is a web page goes into no header', async (t) => {
  const server = await serve(t, () => ({ body: '<html>log in\r\nSet-Cookie: x</html>' }));
  const { lines } = await search(await newRoot(t), ['aws'], { bases: { aws: server.url } });
  t.regex(lines[0] ?? '', /gave an invalid session token/);
});

test('gcp: keys of the project, unless the instance says no; user data as base64', async (t) => {
  const more = { 'project/attributes/ssh-keys': `you:${keyB}` };
  const encoded = { hostname: 'h', keys: [keyA], userData: Buffer.from(yaml).toString('base64') };
  const run = async (attributes: Readonly<Record<string, string>>) => {
    const server = await serve(t, clouds.gcpCloud(encoded, { ...more, ...attributes }));
    return (await search(await newRoot(t), ['gcp'], { bases: { gcp: server.url } })).files;
  };
  const base64 = { 'instance/attributes/user-data-encoding': 'base64' };
  t.like(await run(base64), { userdata: `600 ${yaml}`, 'ssh/authorized_keys': `600 ${keyA}\n${keyB}\n` });
  const blocked = await run({ 'instance/attributes/block-project-ssh-keys': 'TRUE' });
  t.is(blocked['ssh/authorized_keys'], `600 ${keyA}\n`);
});

test('gcp: an answer without its flavor is not Google', async (t) => {
  const server = await serve(t, () => ({ body: 'portal' }));
  const { lines } = await search(await newRoot(t), ['gcp'], { bases: { gcp: server.url } });
  t.regex(lines[0] ?? '', /^warning gcp: the answer does not come from the metadata server of Google/);
});

test('gcp: keys that have expired are none', (t) => {
  const at = Date.parse('2026-01-01T00:00:00Z');
  const dated = (expireOn: string) =>
    `me:ssh-rsa AAAAB3NzaC1yc2EAAAA google-ssh {"userName":"me@x","expireOn":"${expireOn}"}`;
  t.is(googleKey(dated('2026-02-01T10:20:30+0000'), at).length, 1);
  t.is(googleKey(dated('2025-02-01T10:20:30+0000'), at).length, 0);
  t.is(googleKey(dated('never'), at).length, 0);
  t.is(googleKey('me:ssh-rsa AAAAB3NzaC1yc2EAAAA google-ssh {"userName":', at).length, 1);
  t.deepEqual(googleKey('no colon here', at), []);
});

test('hetzner: user data as base64 are unpacked', async (t) => {
  const server = await serve(
    t,
    clouds.hetznerCloud({ hostname: 'h', keys: [], userData: Buffer.from(yaml).toString('base64') }),
  );
  const { files } = await search(await newRoot(t), ['hetzner'], { bases: { hetzner: server.url } });
  t.is(files.userdata, `600 ${yaml}`);
});

(real.system.uid === 0 ? test : test.skip)(
  'scaleway: user data are asked for from a port of root',
  async (t) => {
    const server = await serve(t, clouds.scalewayCloud(instance));
    await search(await newRoot(t), ['scaleway'], { bases: { scaleway: server.url } });
    t.deepEqual(server.log, ['GET /conf?format=json 200', 'GET /user_data/cloud-init 200']);
  },
);

test('azure: a machine made of a disk has the name of the virtual machine, and no keys', async (t) => {
  const path = '/metadata/instance/compute?api-version=2021-01-01';
  const server = await serve(t, ({ path: asked }) =>
    asked === path
      ? { body: JSON.stringify({ name: 'vm-1', osProfile: { computerName: '' } }) }
      : { body: '' },
  );
  const { files } = await search(await newRoot(t), ['azure'], { bases: { azure: server.url } });
  t.deepEqual(files, { local_hostname: '644 vm-1\n', provider: '644 azure\n' });
});

test('oracle: user data that is not base64 is taken as it stands', async (t) => {
  const body = JSON.stringify({ hostname: 'h', metadata: { user_data: yaml } });
  const server = await serve(t, () => ({ body }));
  const { files } = await search(await newRoot(t), ['oracle'], { bases: { oracle: server.url } });
  t.is(files.userdata, `600 ${yaml}`);
});
