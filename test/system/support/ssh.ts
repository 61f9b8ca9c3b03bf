/** A machine under test, reached over ssh from this one. */
import { join } from 'node:path';
import type { SystemContext } from './machines.ts';

export interface Login {
  readonly port: number;
  readonly key: string;
  /** Of the machine: with another one nobody comes in. */
  readonly hostKey?: string;
}

export async function newKey(t: SystemContext): Promise<Login & { readonly publicKey: string }> {
  const key = join(t.folder, 'key');
  await t.host.processes.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]);
  const publicKey = (await t.host.files.readText(`${key}.pub`)).trim();
  return { port: await t.host.sockets.freePort(), key, publicKey };
}

/** A host key for a machine: its private file as text, and the public line. */
export async function newHostKey(
  t: SystemContext,
): Promise<{ readonly secret: string; readonly line: string }> {
  const path = join(t.folder, 'host-key');
  await t.host.processes.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
  const [secret, line] = await Promise.all([path, `${path}.pub`].map((one) => t.host.files.readText(one)));
  return { secret: secret ?? '', line: (line ?? '').trim() };
}

export const overSsh = async (t: SystemContext, login: Login, command: string): Promise<string> => {
  const { port, key, hostKey } = login;
  const known = hostKey === undefined ? '/dev/null' : join(t.folder, 'known-hosts');
  if (hostKey !== undefined) await t.host.files.write(known, `[127.0.0.1]:${port} ${hostKey}\n`);
  const { stdout } = await t.host.processes.run(
    'ssh',
    [
      ...[
        '-p',
        String(port),
        '-i',
        key,
        '-o',
        `StrictHostKeyChecking=${hostKey === undefined ? 'no' : 'yes'}`,
        '-o',
        `UserKnownHostsFile=${known}`,
      ],
      ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', 'bhojpur@127.0.0.1', command],
    ],
    { timeoutMs: 60_000 },
  );
  return stdout;
};
