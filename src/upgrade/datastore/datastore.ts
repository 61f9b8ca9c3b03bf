/** Where the DCP of a node has its datastore: in files of this node alone, or not. */
import { dirname, join } from 'node:path';
import { dcpRole } from '../../config/checks/dcp-arguments.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/sources/sources.ts';
import { valueWithinBudget } from '../../config/yaml/budgeted-document.ts';
import { errorCode } from '../../errors.ts';
import { mountOf, parseMountinfo } from '../../host/mounts.ts';
import type { Files, Host } from '../../host/ports.ts';
import { type DcpSources, dcpSetting } from './dcp-settings.ts';

/** Of DCP, and of a build of k3s that was not renamed. */
export const usualDataFolders = ['/var/lib/bhojpur/dcp', '/var/lib/rancher/k3s'] as const;
const ownConfigFiles = ['/etc/bhojpur/dcp/config.yaml', '/etc/rancher/k3s/config.yaml'] as const;
const ownConfigLimit = 1024 * 1024;

/** Beside the datastore, on the same file system: what is kept of it, and the record of that. */
export const keepingFolder = 'bos-datastore';

/**
 * Paths are absolute, below the root that was given.
 *
 * - local: files that this node alone has. `path` need not exist.
 * - unkept: there are files, and they cannot be kept or set back. cluster: an etcd, which may be one of several servers.
 *   mount: a file system of its own, whose root cannot be renamed.
 */
export type Datastore =
  | { readonly kind: 'local'; readonly path: string; readonly folder: string }
  | { readonly kind: 'unkept'; readonly path: string; readonly why: 'cluster' | 'mount' };

/**
 * Undefined where DCP has none on this node: an agent, a datastore somewhere else (`datastore-endpoint`), a server that has
 * not been started yet. Throws what reading throws.
 */
export async function findDatastore(
  host: Pick<Host, 'files'>,
  root: string,
  config: Config,
): Promise<Datastore | undefined> {
  const { files } = host;
  if (dcpRole(config['bos.dcp_args'] ?? [], config['bos.server_url']) === 'agent') return undefined;
  const sources = await dcpSources(files, root, config);
  if (dcpSetting('endpoint', sources) !== undefined) return undefined;
  for (const data of foldersOf(sources)) {
    const server = join(root, data, 'server');
    const path = await behindLink(files, root, join(server, 'db'));
    const folder = join(dirname(path), keepingFolder);
    if (!(await files.exists(path)) && !(await files.exists(folder))) continue;
    const joins =
      dcpSetting('clusterInit', sources) === 'true' || dcpSetting('server', sources) !== undefined;
    // DCP stays with an etcd that is there, whatever is configured since.
    if (joins || (await files.exists(join(path, 'etcd')))) return { kind: 'unkept', path, why: 'cluster' };
    if (await isMountPoint(files, path)) return { kind: 'unkept', path, why: 'mount' };
    return { kind: 'local', path, folder };
  }
  return undefined;
}

/** Where DCP may have its data, absolute: the folder that is configured, else those that builds of it have. */
export const dcpDataFolders = async (
  { files }: Pick<Host, 'files'>,
  root: string,
  config: Config,
): Promise<readonly string[]> =>
  foldersOf(await dcpSources(files, root, config)).map((folder) => join(root, folder));

function foldersOf(sources: DcpSources): readonly string[] {
  const given = dcpSetting('dataDir', sources);
  return given === undefined ? usualDataFolders : [given];
}

/** What DCP is started with on the node, and its own configuration files. Throws what reading throws. */
async function dcpSources(files: Files, root: string, config: Config): Promise<DcpSources> {
  const args = config['bos.dcp_args'] ?? [];
  const serverUrl = config['bos.server_url'];
  const env = { ...config['bos.environment'], ...(serverUrl === undefined ? {} : { DCP_URL: serverUrl }) };
  return { args, env, files: await ownConfig(files, root, { args, env }) };
}

/** With the configuration that is in force on the node. */
export async function datastoreOf(host: Host, root: string): Promise<Datastore | undefined> {
  const { config } = await loadConfig(host, root, { cloud: true });
  return findDatastore(host, root, config);
}

/** What DCP's own configuration file says, and the files of the folder beside it. One that DCP could not read says nothing. */
async function ownConfig(
  files: Files,
  root: string,
  sources: DcpSources,
): Promise<Readonly<Record<string, unknown>>[]> {
  const named = dcpSetting('configFile', sources);
  const found: Record<string, unknown>[] = [];
  for (const path of named === undefined ? ownConfigFiles : [named]) {
    const more = `${join(root, path)}.d`;
    const names = (await files.list(more)).filter((name) => /\.ya?ml$/.test(name));
    for (const one of [join(root, path), ...names.map((name) => join(more, name))]) {
      const stat = await files.stat(one);
      if (stat === undefined || stat.size > ownConfigLimit) continue;
      found.push(mapIn(await files.readText(one)));
    }
  }
  return found;
}

function mapIn(text: string): Record<string, unknown> {
  try {
    return Object(valueWithinBudget(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A link to another disk is common: beside what it names there is room for what is kept. */
async function behindLink(files: Files, root: string, path: string): Promise<string> {
  if ((await files.stat(path))?.type !== 'symlink') return path;
  const target = await files.readLink(path);
  return target.startsWith('/') ? join(root, target) : join(dirname(path), target);
}

/** Whether both lie on one file system; true when nobody can tell. */
export async function onSameFileSystem(files: Files, one: string, other: string): Promise<boolean> {
  const mounts = await mountsOf(files);
  return mountOf(one, mounts)?.number === mountOf(other, mounts)?.number;
}

const isMountPoint = async (files: Files, path: string): Promise<boolean> =>
  (await mountsOf(files)).some(({ mountPoint }) => mountPoint === path);

const mountsOf = async (files: Files) =>
  parseMountinfo(
    await files.readText('/proc/self/mountinfo').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return '';
      throw error;
    }),
  );
