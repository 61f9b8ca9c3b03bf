/**
 * The metadata services of clouds, answering as their documentation says, on loopback. What is documented as
 * forbidden is forbidden here: a wrong path is 404, a missing header 401 or 403.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Instance {
  readonly hostname: string;
  readonly keys: readonly string[];
  /** 404 where it is left out. */
  readonly userData?: string | Uint8Array;
  /** In the form of the service; 404, or not there, where it is left out. */
  readonly network?: object | string;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly port: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** undefined: never answers. */
export type Cloud = (asked: Asked) => Answer | undefined;

const notFound: Answer = { status: 404, body: '404 - Not Found', headers: { 'content-type': 'text/html' } };

function texts(paths: Readonly<Record<string, string | Uint8Array | undefined>>): Cloud {
  return ({ method, path }) => {
    if (method !== 'GET') return { status: 405 };
    const body = Object.hasOwn(paths, path) ? paths[path] : undefined;
    return body === undefined ? notFound : { body, headers: { 'content-type': 'text/plain' } };
  };
}

const ec2Paths = ({ hostname, keys, userData }: Instance) => ({
  '/latest/meta-data/local-hostname': hostname,
  '/latest/meta-data/public-keys/':
    keys.length === 0 ? undefined : keys.map((_, n) => `${n}=key-${n}`).join('\n'),
  ...Object.fromEntries(keys.map((key, n) => [`/latest/meta-data/public-keys/${n}/openssh-key`, `${key}\n`])),
  '/latest/user-data': userData,
});

/** `v1`: a service that has never heard of tokens. */
export function awsCloud(instance: Instance, { v1 = false } = {}): Cloud {
  const paths = texts(ec2Paths(instance));
  const token = 'AQAAAnoken==';
  return (asked) => {
    if (v1) return asked.method === 'GET' ? paths(asked) : notFound;
    if (asked.path === '/latest/api/token') {
      const lifetime = Number(asked.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (asked.method !== 'PUT') return { status: 405 };
      return lifetime >= 1 && lifetime <= 21_600 ? { body: token } : { status: 400 };
    }
    return asked.headers['x-aws-ec2-metadata-token'] === token ? paths(asked) : { status: 401 };
  };
}

export function gcpCloud(instance: Instance, attributes: Readonly<Record<string, string>> = {}): Cloud {
  const root = '/computeMetadata/v1';
  const { hostname, keys, userData } = instance;
  const paths = texts({
    [`${root}/instance/hostname`]: hostname,
    [`${root}/instance/attributes/ssh-keys`]: keys.map((key) => `me:${key}`).join('\n'),
    [`${root}/instance/attributes/user-data`]: userData,
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${root}/${name}`, value])),
  });
  return (asked) => {
    const answer = asked.headers['metadata-flavor'] === 'Google' ? paths(asked) : { status: 403 };
    return answer && { ...answer, headers: { ...answer.headers, 'metadata-flavor': 'Google' } };
  };
}

export const digitaloceanCloud = ({ hostname, keys, userData, network }: Instance): Cloud =>
  texts({
    ...(typeof network === 'object'
      ? {
          '/metadata/v1.json': JSON.stringify({
            droplet_id: 2756294,
            hostname,
            user_data: userData,
            ...network,
          }),
        }
      : {}),
    '/metadata/v1/id': '2756294',
    '/metadata/v1/hostname': hostname,
    '/metadata/v1/public-keys': keys.join('\n'),
    '/metadata/v1/user-data': userData,
  });

export const hetznerCloud = ({ hostname, keys, userData, network }: Instance): Cloud =>
  texts({
    ...(typeof network === 'string' ? { '/hetzner/v1/metadata/network-config': network } : {}),
    '/hetzner/v1/metadata/hostname': hostname,
    '/hetzner/v1/metadata/public-keys': JSON.stringify(keys),
    '/hetzner/v1/userdata': userData,
  });

export const openstackMeta = ({ hostname, keys }: Instance): string =>
  JSON.stringify({
    uuid: 'd8e02d56-2648-49a3-bf97-6be8f1204f38',
    hostname,
    public_keys: Object.fromEntries(keys.map((key, n) => [`key-${n}`, `${key}\n`])),
  });

export const openstackCloud = (instance: Instance): Cloud =>
  texts({
    // It answers as EC2 does as well, without tokens.
    ...ec2Paths(instance),
    '/openstack/latest/meta_data.json': openstackMeta(instance),
    '/openstack/latest/user_data': instance.userData,
    '/openstack/latest/network_data.json': instance.network && JSON.stringify(instance.network),
  });

/** Without `Metadata: true` and a version there is no answer. */
export function azureCloud({ hostname, keys, userData }: Instance): Cloud {
  const paths = texts({
    '/metadata/instance/compute?api-version=2021-01-01': JSON.stringify({
      name: 'vm-1',
      osProfile: { adminUsername: 'azureuser', computerName: hostname },
      publicKeys: keys.map((keyData) => ({ keyData, path: '/home/azureuser/.ssh/authorized_keys' })),
    }),
    '/metadata/instance/compute/userData?api-version=2021-01-01&format=text':
      userData && Buffer.from(userData).toString('base64'),
  });
  return (asked) => (asked.headers.metadata === 'true' ? paths(asked) : { status: 400 });
}

/** Version 2 wants its authorization. */
export function oracleCloud({ hostname, keys, userData }: Instance): Cloud {
  const metadata = {
    ...(keys.length === 0 ? {} : { ssh_authorized_keys: `${keys.join('\n')}\n` }),
    ...(userData === undefined ? {} : { user_data: Buffer.from(userData).toString('base64') }),
  };
  const paths = texts({ '/opc/v2/instance/': JSON.stringify({ displayName: 'one', hostname, metadata }) });
  return (asked) => (asked.headers.authorization === 'Bearer Oracle' ? paths(asked) : { status: 403 });
}

export const packetCloud = ({ hostname, keys, userData, network }: Instance): Cloud =>
  texts({
    '/metadata': JSON.stringify({ id: '2885032e', hostname, ssh_keys: keys, ...Object(network) }),
    '/userdata': userData ?? '',
  });

export function scalewayCloud({ hostname, keys, userData, network }: Instance): Cloud {
  const [first, ...tagged] = keys;
  const paths = texts({
    '/conf?format=json': JSON.stringify({
      hostname,
      ...Object(network),
      ssh_public_keys: first === undefined ? [] : [{ key: first, fingerprint: '2048 ab' }],
      tags: ['web', ...tagged.map((key) => `AUTHORIZED_KEY=${key.replaceAll(' ', '_')}`)],
    }),
    '/user_data/cloud-init': userData,
  });
  return (asked) => {
    const forbidden = asked.path.startsWith('/user_data') && asked.port >= 1024;
    return forbidden ? { status: 403, body: 'privileged port required' } : paths(asked);
  };
}

export const vultrCloud = ({ hostname, keys, userData, network }: Instance): Cloud =>
  texts({
    ...(network === undefined ? {} : { '/v1.json': JSON.stringify({ hostname, ...Object(network) }) }),
    '/v1/instanceid': 'a747bfz6385e',
    '/v1/hostname': hostname,
    '/v1/public-keys': keys.join('\n'),
    '/latest/user-data': userData,
  });

export interface MetadataServer {
  readonly url: string;
  /** `METHOD PATH STATUS` of every request, 0 for no answer. */
  readonly log: string[];
  /** From now on this cloud answers. */
  become(cloud: Cloud): void;
  close(): void;
}

/** Throws Node's EADDRINUSE or EACCES for a port that cannot be had; 0 is any port. */
export async function metadataServer(cloud: Cloud, port = 0, address = '127.0.0.1'): Promise<MetadataServer> {
  const log: string[] = [];
  let current = cloud;
  const server = createServer(({ method = '', url = '', headers, socket }, response) => {
    const answer = current({ method, path: url, headers, port: socket.remotePort ?? 0 });
    log.push(`${method} ${url} ${answer === undefined ? 0 : (answer.status ?? 200)}`);
    if (answer === undefined) return;
    response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? '');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    log,
    become: (next) => {
      current = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
