/** A temporary root, a search in it, and what it left there. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import type { SearchOptions, SourceName } from '../../../src/runtime/data-sources/index.ts';
import { fetchUserData } from '../../../src/runtime/data-sources/index.ts';
import { type Cloud, type Instance, metadataServer } from '../../fakes/metadata-servers.ts';

export const real = linuxHost();
export const keyA =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a@example';
export const keyB =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYgaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b@example';
export const yaml = '#cloud-config\nhostname: from-user-data\n';
export const instance: Instance = { hostname: 'from-cloud', keys: [keyA, keyB], userData: yaml };

/** A server for one source, gone after the test. */
export async function serve(t: ExecutionContext, cloud: Cloud, port = 0) {
  const server = await metadataServer(cloud, port);
  t.teardown(() => server.close());
  return server;
}

export async function newRoot(t: ExecutionContext): Promise<string> {
  const root = await real.files.makeTempDir('bos-search-');
  t.teardown(() => real.files.remove(root));
  return root;
}

/** The answer of lsblk is given, all else is real. */
export function hostWith(devices: readonly object[] = []): Host {
  const run: Host['processes']['run'] = async (command, args, options) => {
    if (command !== 'lsblk') return real.processes.run(command, args, options);
    return { exitCode: 0, stdout: JSON.stringify({ blockdevices: devices }), stderr: '' };
  };
  return { ...real, processes: { ...real.processes, run } };
}

export interface Outcome {
  readonly source: SourceName | undefined;
  readonly changed: boolean;
  /** Level and message. */
  readonly lines: string[];
  /** /run/config by path: `MODE content`. */
  readonly files: Record<string, string>;
}

export async function search(
  root: string,
  names: readonly SourceName[],
  more: { readonly bases?: SearchOptions['bases']; readonly host?: Host } = {},
): Promise<Outcome> {
  const lines: string[] = [];
  const { source, changed } = await fetchUserData(more.host ?? hostWith(), {
    root,
    names,
    log: ({ level, message }) => lines.push(`${level} ${message}`),
    ...(more.bases === undefined ? {} : { bases: more.bases }),
  });
  return { source, changed, lines, files: await stored(root) };
}

async function stored(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const paths = ['userdata', 'userdata-program', 'local_hostname', 'provider', 'ssh/authorized_keys'];
  for (const path of paths) {
    const full = join(root, 'run/config', path);
    const stat = await real.files.stat(full);
    if (stat !== undefined) found[path] = `${stat.mode.toString(8)} ${await real.files.readText(full)}`;
  }
  return found;
}
