/** A machine under test, reached over ssh from this one. */
import { join } from 'node:path';
import type { SystemContext } from './machines.ts';

export interface Login {
  readonly port: number;
  readonly key: string;
}

export async function newKey(t: SystemContext): Promise<Login & { readonly publicKey: string }> {
  const key = join(t.folder, 'key');
  await t.host.processes.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]);
  const publicKey = (await t.host.files.readText(`${key}.pub`)).trim();
  return { port: await t.host.sockets.freePort(), key, publicKey };
}

export const overSsh = async (t: SystemContext, { port, key }: Login, command: string): Promise<string> => {
  const { stdout } = await t.host.processes.run(
    'ssh',
    [
      ...[
        '-p',
        String(port),
        '-i',
        key,
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
      ],
      ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', 'bhojpur@127.0.0.1', command],
    ],
    { timeoutMs: 60_000 },
  );
  return stdout;
};
