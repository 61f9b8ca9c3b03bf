/** The configuration that goes into an image: checked as for an installation; keys that a cloud gives count as a login. */
import type { Diagnostic } from '../config/diagnostics.ts';
import { hasLogin } from '../config/keys/login.ts';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { type FetchOptions, installedConfig } from '../install/check/fetch-config.ts';

export interface ImageConfig {
  readonly bytes: Uint8Array;
  readonly warnings: readonly Diagnostic[];
}

/** `source` is a path or a URL; undefined: none. Throws `no-login` (refused), and what `installedConfig` does. */
export async function imageConfig(
  host: Host,
  source: string | undefined,
  allowNoLogin: boolean,
  options: FetchOptions = {},
): Promise<ImageConfig> {
  const found = await installedConfig(host, source, {}, options);
  if (allowNoLogin || hasLogin(found.config) || found.config['bos.data_sources'] !== undefined) return found;
  throw refused('no-login', 'Nobody could log in to the image: it has neither a key nor a password', {
    hint:
      'Give --config with ssh_authorized_keys, bos.password or bos.data_sources (keys from the cloud), ' +
      'or allow it with --allow-no-login.',
  });
}
