/** The search for user data: the sources of bos.data_sources in their order, until one has some. */
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { notHere, readFirmware } from './firmware.ts';
import { keepResults, storeResults } from './results.ts';
import { aws } from './services/aws.ts';
import { azure } from './services/azure.ts';
import { digitalocean } from './services/digitalocean.ts';
import { gcp } from './services/gcp.ts';
import { hetzner } from './services/hetzner.ts';
import { MetadataService } from './services/metadata-service.ts';
import { oracle } from './services/oracle.ts';
import { packet } from './services/packet.ts';
import { scaleway } from './services/scaleway.ts';
import { vultr } from './services/vultr.ts';
import type { DataSource, Found } from './source.ts';
import { storeNetwork } from './store-network.ts';
import { cdrom } from './volumes/cdrom.ts';
import { openstack } from './volumes/openstack.ts';

const sources = {
  aws,
  azure,
  cdrom,
  digitalocean,
  gcp,
  hetzner,
  openstack,
  oracle,
  packet,
  scaleway,
  vultr,
} satisfies Record<string, DataSource>;

/** As they stand in bos.data_sources. */
export type SourceName = keyof typeof sources;

export interface SearchLine {
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
}

export interface SearchOptions {
  /** `/` in the OS: results go to /run/config below it. */
  readonly root: string;
  /** The value of bos.data_sources; with none of them, what an earlier search found is removed. */
  readonly names: readonly SourceName[];
  readonly log: (line: SearchLine) => void;
  /** Other base addresses of services, for tests: `http://127.0.0.1:8080`. */
  readonly bases?: { readonly [Name in SourceName]?: string };
}

export interface SearchResult {
  /** The source that gave user data. */
  readonly source?: SourceName;
  /** /run/config is not as it was before. */
  readonly changed: boolean;
}

/**
 * Asks the sources in their order; the first that gives user data ends the search. A host name, keys or network
 * of sources before it are kept, those found first. Which service is asked is said by the firmware. Writes /run/config (see results.ts). Never throws: what a source or the
 * file system does wrong is logged, and the machine boots with what there is.
 */
export async function fetchUserData(host: Host, options: SearchOptions): Promise<SearchResult> {
  const { root, names, log } = options;
  let best: Found = { sshKeys: [] };
  const here: SourceName[] = [];
  let source: SourceName | undefined;
  let networkOf: SourceName | undefined;
  const elsewhere = notHere(names, await readFirmware(host, root));
  for (const name of new Set(names)) {
    const result = await probe(host, options, name, !elsewhere.has(name));
    if (result === undefined) continue;
    here.push(name);
    if (best.network === undefined && result.network !== undefined) networkOf = name;
    best = {
      ...result,
      ...(best.hostname === undefined ? {} : { hostname: best.hostname }),
      ...(best.network === undefined ? {} : { network: best.network }),
      sshKeys: best.sshKeys.length > 0 ? best.sshKeys : result.sshKeys,
    };
    if (result.userData === undefined) {
      log({ level: 'info', message: `${name}: has no user data` });
      continue;
    }
    source = name;
    log({ level: 'info', message: `${name}: has ${result.userData.length} bytes of user data` });
    break;
  }
  if (names.length > 0 && here.length === 0)
    log({ level: 'warning', message: `no data source was found (${names.join(', ')})` });
  try {
    // A service that is down for a moment does not take away what it gave before.
    const kept = here.length === 0 && (await keepResults(host, root, names));
    const changed = kept ? false : await storeResults(host, root, best, source ?? here[0]);
    if (!kept) await storeNetwork(host, root, best.network, networkOf);
    return { ...(source === undefined ? {} : { source }), changed };
  } catch (error) {
    log({ level: 'error', message: `/run/config cannot be written: ${messageOf(error)}` });
    return { changed: false };
  }
}

/** Asks one source; where `isHere` is false only its disk. Never throws. */
export async function probe(
  host: Host,
  options: Pick<SearchOptions, 'root' | 'log' | 'bases'>,
  name: SourceName,
  isHere = true,
): Promise<Found | undefined> {
  const { root, log, bases } = options;
  if (!isHere && name !== 'openstack') {
    log({
      level: 'info',
      message: `${name}: is not asked, as the firmware says that this is another machine`,
    });
    return undefined;
  }
  const warn = (message: string) => log({ level: 'warning', message: `${name}: ${message}` });
  try {
    const result = await sources[name]({
      host,
      root,
      isHere,
      warn,
      service: (base, more) => new MetadataService(host, bases?.[name] ?? base, more),
    });
    if (result === undefined) log({ level: 'info', message: `${name}: was not found` });
    return result;
  } catch (error) {
    warn(messageOf(error));
    return undefined;
  }
}
