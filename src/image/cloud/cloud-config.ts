/**
 * The configuration of an image: checked as for an installation, with the data sources of its cloud where it names none,
 * and refused when nobody could log in.
 */
import type { Config } from '../../config/config.ts';
import { hasLogin } from '../../config/keys/login.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import {
  type FetchOptions,
  type InstalledConfig,
  installedConfig,
} from '../../install/check/fetch-config.ts';
import { type Cloud, type CloudName, clouds } from './clouds.ts';

export interface ConfigRequest {
  /** A local file; none: what the cloud gives is all. */
  readonly config?: string;
  readonly cloud?: CloudName;
  /** An image that nobody can log in to is what is wanted. */
  readonly allowNoLogin: boolean;
}

/** Throws `config-invalid` (usage), and what reading a configuration does. */
export async function imageConfig(
  host: Host,
  { config: path, cloud }: Pick<ConfigRequest, 'config' | 'cloud'>,
  options: FetchOptions,
): Promise<InstalledConfig> {
  const read = (given: Config) => installedConfig(host, path, given, options);
  const own = await read({});
  const given = own.config['bos.data_sources'] === undefined ? sourcesOf(cloud) : [];
  // Only then is it written anew: as it stands, its bytes are kept.
  return given.length === 0 ? own : read({ 'bos.data_sources': given });
}

/** Throws `no-login` (refused). Keys that a cloud gives count as a login. */
export function requireImageLogin(
  { allowNoLogin }: Pick<ConfigRequest, 'allowNoLogin'>,
  { config }: Pick<InstalledConfig, 'config'>,
): void {
  if (allowNoLogin || hasLogin(config) || (config['bos.data_sources'] ?? []).length > 0) return;
  throw refused('no-login', 'Nobody could log in to the image: it has neither a key nor a password', {
    hint:
      'Give --config with ssh_authorized_keys, bos.password or bos.data_sources (keys from the cloud), ' +
      'or allow it with --allow-no-login.',
  });
}

const sourcesOf = (cloud: CloudName | undefined): NonNullable<Config['bos.data_sources']> => {
  const row: Cloud | undefined = cloud && clouds[cloud];
  return [...(row?.dataSources ?? [])] as NonNullable<Config['bos.data_sources']>;
};
