/**
 * Clouds at their real address: QEMU's user network shows 127.0.0.1 of this machine as 169.254.169.254, where
 * simulated services answer as the clouds' documentation says. The machine's card has this one network.
 */
import { strict as assert } from 'node:assert';
import type { Session } from '../../../src/vm/session.ts';
import {
  awsCloud,
  digitaloceanCloud,
  type Instance,
  type MetadataServer,
  metadataServer,
  openstackCloud,
} from '../../fakes/metadata-servers.ts';
import { bootLimit, ok, pxeSet } from '../support/boots.ts';
import type { SystemContext, SystemFile, SystemTest } from '../support/machines.ts';
import { newKey, overSsh } from '../support/ssh.ts';

export const issue: SystemFile['issue'] = 3;

const operatorKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa operator';
const cloudKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYgaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa cloud';
const metadataPort = 80;

/** Says what is wrong with this machine rather than with the test. */
async function metadataAtPort80(): Promise<MetadataServer> {
  try {
    return await metadataServer(() => ({ status: 404 }), metadataPort);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const reason = code === 'EACCES' ? 'only root may listen on it' : 'another program listens on it';
    throw new Error(`this test needs port ${metadataPort} of 127.0.0.1, and ${reason}`, { cause: error });
  }
}

/** Applies the runtime phase again, with these sources in the local file, which wins over the command line. */
async function searchAgain(session: Session, name: string) {
  const file = '/var/lib/bhojpur/os/config.yaml';
  await ok(session, `sudo mkdir -p ${file.replace(/\/[^/]+$/, '')}`);
  await ok(session, `echo 'bos: {data_sources: [${name}]}' | sudo tee ${file}`);
  await ok(session, 'sudo opsctl config', 90_000);
}

const read = async (session: Session, path: string) => (await ok(session, `sudo cat ${path}`)).trim();

async function expectInstance(session: Session, name: string, { hostname, userData }: Instance) {
  assert.equal(await read(session, '/run/config/provider'), name);
  assert.equal(await read(session, '/run/config/local_hostname'), hostname);
  assert.equal(await read(session, '/run/config/userdata'), String(userData).trim());
  assert.match(await read(session, '/run/config/ssh/authorized_keys'), /^ssh-ed25519 .* cloud$/);
}

async function threeClouds(t: SystemContext, server: MetadataServer): Promise<void> {
  const aws = {
    hostname: 'ip-10-0-0-1',
    keys: [cloudKey],
    userData:
      '#cloud-config\nwrite_files: [{path: /run/from-aws, content: aws}]\nssh_authorized_keys: null\n',
  };
  server.become(awsCloud(aws));
  const session = await t.start({
    memory: 640,
    maker: 'Amazon EC2',
    kernel: pxeSet(t, 'bos.data_sources=gcp', 'bos.data_sources=aws', `ssh_authorized_key="${operatorKey}"`),
    network: { net: '169.254.169.0/24', host: '169.254.169.254' },
  });
  await session.login('bhojpur', bootLimit);
  await ok(session, 'sudo systemctl start bos-config.service', 120_000);
  await expectInstance(session, 'aws', aws);
  assert.ok(
    !server.log.some((line) => line.includes('computeMetadata')),
    'the firmware says which one is asked',
  );
  assert.equal(await read(session, '/run/from-aws'), 'aws');
  assert.equal(await read(session, '/proc/sys/kernel/hostname'), aws.hostname);
  const keys = await read(session, '/home/bhojpur/.ssh/authorized_keys');
  assert.match(keys, /operator/, "a cloud does not take the operator's key away");
  assert.match(keys, /cloud/);
  assert.ok(server.log.includes('PUT /latest/api/token 200'), server.log.join('\n'));
  assert.match(
    await ok(session, 'sudo opsctl config show --origins'),
    /write_files: .*# \/run\/config\/userdata:2/,
  );
  assert.match(await ok(session, 'sudo stat -c %a /run/config/userdata /run/config/ssh'), /^600\s+700\s*$/);

  const droplet = {
    hostname: 'droplet',
    keys: [cloudKey],
    userData: '#!/bin/sh\nid -un > /run/from-script\n',
  };
  server.become(digitaloceanCloud(droplet));
  await searchAgain(session, 'digitalocean');
  await expectInstance(session, 'digitalocean', droplet);
  assert.equal(await read(session, '/run/from-script'), 'root');
  assert.ok(
    !(await ok(session, 'sudo opsctl config show')).includes('/run/from-aws'),
    'nothing stays of aws',
  );

  const nova = {
    hostname: 'test.novalocal',
    keys: [cloudKey],
    userData: 'write_files: [{path: /run/from-nova, content: nova}]\nboot_cmd: [touch /run/never]\n',
  };
  server.become(openstackCloud(nova));
  await searchAgain(session, 'openstack');
  await expectInstance(session, 'openstack', nova);
  assert.equal(await read(session, '/run/from-nova'), 'nova');
  await ok(session, 'test ! -e /run/never');
}

/** No address of DHCP is ever there: what the metadata say is one that QEMU forwards ssh to, and gives nobody. */
async function droplet(t: SystemContext, server: MetadataServer): Promise<void> {
  const { publicKey, ...login } = await newKey(t);
  const address = { ip_address: '169.254.169.15', netmask: '255.255.255.255', gateway: '169.254.169.254' };
  const network = {
    interfaces: { public: [{ mac: '52:54:00:12:34:56', type: 'public', ipv4: address }] },
    dns: { nameservers: ['169.254.169.3'] },
  };
  server.become(digitaloceanCloud({ hostname: 'droplet', keys: [publicKey], network }));
  const session = await t.start({
    memory: 640,
    maker: 'DigitalOcean',
    kernel: pxeSet(t, 'bos.data_sources=digitalocean'),
    network: { net: '169.254.169.0/24', host: '169.254.169.254', sshPort: login.port },
  });
  await session.login('bhojpur', bootLimit);
  await ok(session, 'sudo systemctl start bos-config.service', 120_000);
  assert.match(
    await ok(session, 'journalctl --no-pager -b -u bos-metadata -o cat'),
    /digitalocean: said how the network is \(asked on e\w+\)/,
  );
  const addresses = (
    await ok(session, 'ip -o -4 address show scope global; ip -o -4 address show scope link')
  ).trim();
  assert.match(addresses, /^\d+: e\w+ +inet 169\.254\.169\.15\/32 scope global[^\n]*$/);
  assert.match(await ok(session, 'pgrep -a connmand'), /--nodevice=e\w+/);
  assert.match(await ok(session, 'cat /etc/resolv.conf'), /^nameserver 169\.254\.169\.3\s*$/m);
  assert.match(
    await ok(session, 'sudo opsctl config show --origins'),
    /bos\.network: .*# network of digitalocean/,
  );
  // The runtime phase has asked again, and found nothing to change.
  assert.match(await ok(session, "sudo grep -c 'are restarted' /var/log/bos/config.log; true"), /^0\s*$/);
  assert.match(await overSsh(t, login, 'hostname'), /^droplet\n$/);
}

async function withServer(run: (server: MetadataServer) => Promise<void>): Promise<void> {
  const server = await metadataAtPort80();
  try {
    await run(server);
  } finally {
    server.close();
  }
}

export const tests: SystemTest[] = [
  {
    name: 'three clouds at 169.254.169.254, one after the other',
    seconds: 45,
    // In `make test` the phase table has the user data of one.
    soak: true,
    run: (t) => withServer((server) => threeClouds(t, server)),
  },
  {
    name: 'DigitalOcean: the network of its metadata, asked for before there is one, is reached by ssh',
    seconds: 60,
    soak: true,
    run: (t) => withServer((server) => droplet(t, server)),
  },
];
