/**
 * Folders for the time of one piece of work. Each has its owner in its name, so that one whose process was killed is
 * found and removed by the next: it can hold secrets, and takes room that a live system has in memory.
 */
import { dirname } from 'node:path/posix';
import type { Host } from './ports.ts';

/** What it is for; `opsctl-tools-…`. */
export type WorkKind = 'install' | 'tools' | 'iso' | 'esp' | 'image';

/** Namespace of process numbers, number, and when that process began: as in a lock, but across containers. */
const named = /^opsctl-(?:install|tools|iso|esp|image)-(\d+)\.(\d+)@([^-]*)-/;

/**
 * Makes such a folder, for this user alone, and removes what processes that are gone have left beside it. In `place`;
 * where temporary files go when that is left out.
 */
export async function makeWorkFolder(host: Host, kind: WorkKind, place?: string): Promise<string> {
  const { files, processes, system } = host;
  const own = (await processes.identify(system.pid)) ?? `${system.pid}@`;
  const prefix = `opsctl-${kind}-${await namespaceOf(host)}.${own}-`;
  const folder = place === undefined ? await files.makeTempDir(prefix) : `${place}/${prefix}1`;
  if (place !== undefined) await files.makeDir(folder, 0o700);
  await removeLeftFolders(host, dirname(folder));
  return folder;
}

/** Removes the folders in `parent` whose owners are gone: only ours, and what cannot be removed stays. */
export async function removeLeftFolders(host: Host, parent: string): Promise<void> {
  const { files, system } = host;
  for (const name of await files.list(parent)) {
    if (!named.test(name) || (await mayLive(host, name))) continue;
    const path = `${parent}/${name}`;
    const stat = await files.stat(path);
    // In a folder for all, others can make such names, too.
    if (stat?.type === 'directory' && stat.uid === system.uid) await files.remove(path).catch(() => {});
  }
}

/** Of another container on the same machine nobody here can say; after a restart nothing of before it lives. */
async function mayLive(host: Host, name: string): Promise<boolean> {
  const [, namespace = '', pid = '', began = ''] = named.exec(name) ?? [];
  if (namespace === (await namespaceOf(host)))
    return (await host.processes.identify(Number(pid))) === `${pid}@${began}`;
  const own = (await host.processes.identify(host.system.pid)) ?? '';
  return bootOf(began) === bootOf(own);
}

const bootOf = (identity: string) => identity.slice(identity.indexOf('.') + 1);

async function namespaceOf({ files }: Host): Promise<string> {
  // pid:[4026531836], see pid_namespaces(7).
  const link = await files.readLink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}
