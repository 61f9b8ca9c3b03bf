/**
 * Who this machine is: machine-id, ssh host keys, a generated name and the DCP node. /etc is new at every boot, so they are kept
 * under /var/lib/bhojpur and put back before systemd starts. In a live system /var does not last, and neither
 * does the identity.
 */
import { join } from 'node:path';
import { hostKeyName } from '../../boot/carried-host-keys.ts';
import type { Config } from '../../config/config.ts';
import { errorCode } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { setHostname } from '../appliers/hostname.ts';
import { takeCarriedHostKeys } from './carried-host-keys.ts';
import type { HostKeyType } from './host-key.ts';

export const identityFolder = '/var/lib/bhojpur';

/** The parts, each independent of the others' success. */
export const identityParts = {
  'machine-id': restoreMachineId,
  'host keys': restoreHostKeys,
  hostname: restoreHostname,
  'DCP node': linkNodeIdentity,
} as const satisfies Record<string, (host: Host, root: string, config: Config) => Promise<void>>;

/** machine-id(5): 32 lower-case hex digits and a line end, in the form of a random (version 4) UUID. */
async function restoreMachineId(host: Host, root: string): Promise<void> {
  const kept = join(root, identityFolder, 'machine-id');
  let id = (await readIfThere(host, kept)).trim();
  if (!/^[0-9a-f]{32}$/.test(id) || /^0+$/.test(id)) {
    id = host.random.uuid().replaceAll('-', '').toLowerCase();
    await host.files.makeDir(join(root, identityFolder), 0o755);
    await host.files.writeAtomic(kept, `${id}\n`, { mode: 0o444 });
  }
  await host.files.writeAtomic(join(root, 'etc/machine-id'), `${id}\n`, { mode: 0o444 });
}

/** 32 bits: with 16, two of 300 machines of a cluster have the same name with even odds. */
const nameBytes = 4;

/** A configured name is the hostname applier's business. */
async function restoreHostname(host: Host, root: string, config: Config): Promise<void> {
  if (config.hostname !== undefined) return;
  const kept = join(root, identityFolder, 'hostname');
  let name = (await readIfThere(host, kept)).trim();
  // Four digits, of machines that have such a name: a node keeps the one by which its cluster knows it.
  if (!/^bhojpur-[0-9a-f]{4}([0-9a-f]{4})?$/.test(name)) {
    name = `bhojpur-${Buffer.from(host.random.bytes(nameBytes)).toString('hex')}`;
    await host.files.makeDir(join(root, identityFolder), 0o755);
    await host.files.writeAtomic(kept, `${name}\n`);
  }
  await setHostname(host, root, name);
}

async function restoreHostKeys(host: Host, root: string): Promise<void> {
  const kept = join(root, identityFolder, 'ssh');
  await host.files.makeDir(kept, 0o700);
  await takeCarriedHostKeys(host, root, kept);
  for (const type of hostKeyTypes) await makeHostKey(host, join(kept, `ssh_host_${type}_key`), type);
  const etc = join(root, 'etc/ssh');
  await host.files.makeDir(etc, 0o755);
  // All that are kept: an operator may have put an RSA key there.
  for (const name of await host.files.list(kept)) {
    if (!hostKeyName.test(name)) continue;
    const mode = name.endsWith('.pub') ? 0o644 : 0o600;
    await host.files.writeAtomic(join(etc, name), await host.files.read(join(kept, name)), { mode });
  }
}

/** RSA keys would take seconds to make on a small machine, and every client since 2014 knows these. */
const hostKeyTypes = ['ed25519', 'ecdsa'] as const satisfies readonly HostKeyType[];

async function makeHostKey(host: Host, path: string, type: HostKeyType): Promise<void> {
  if (/^-----BEGIN .*PRIVATE KEY-----\n/.test(await readIfThere(host, path))) return;
  // Loaded here: it takes the cryptography of Node.js, and a machine makes its keys once.
  const { newHostKey } = await import('./host-key.ts');
  const key = newHostKey(type);
  // The private one last: that it is there and whole means that both are.
  await host.files.writeAtomic(`${path}.pub`, key.public, { mode: 0o644 });
  await host.files.writeAtomic(path, key.private, { mode: 0o600 });
}

/**
 * DCP writes the password of its node to /etc/bhojpur/node; a cluster that knows the name of the node refuses it with
 * another password. A link, as DCP makes the password only when it joins.
 */
async function linkNodeIdentity(host: Host, root: string): Promise<void> {
  const { files } = host;
  const kept = `${identityFolder}/node`;
  const link = join(root, 'etc/bhojpur/node');
  await files.makeDir(join(root, kept), 0o700);
  const stat = await files.stat(link);
  if (stat?.type === 'symlink' && (await files.readLink(link)) === kept) return;
  if (stat !== undefined) throw new Error(`/etc/bhojpur/node is in the way of a link to ${kept}`);
  await files.makeDir(join(link, '..'), 0o755);
  await files.symlink(kept, link);
}

const readIfThere = (host: Host, path: string): Promise<string> =>
  host.files.readText(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
