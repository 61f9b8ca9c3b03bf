/**
 * The configuration that the installed system gets: fetched and validated before anything is touched, so that no
 * installation ends with a machine that nobody can log in to.
 */
import { fileURLToPath } from 'node:url';
import { installerKeyWarnings } from '../../config/checks/installer-keys.ts';
import { packedContentFaults } from '../../config/checks/packed-content.ts';
import { patchTimeFaults } from '../../config/checks/patch/times.ts';
import { channelWarnings } from '../../config/checks/patch/unsigned-channel.ts';
import { passwordWarnings } from '../../config/checks/weak-password.ts';
import type { Config, Layer } from '../../config/config.ts';
import { type Diagnostic, requireValid } from '../../config/diagnostics.ts';
import type { KeyName } from '../../config/keys/keys.ts';
import { renderConfigYaml } from '../../config/render.ts';
import { merge } from '../../config/sources/merge.ts';
import { systemConfigPath } from '../../config/sources/sources.ts';
import { configSizeLimit, parseConfigYaml } from '../../config/yaml/yaml.ts';
import { errorCode, refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { retrying } from '../../host/retry.ts';
import { cannotRead } from '../../host/system-error.ts';
import { shownUrl } from '../../media/shown-url.ts';
import { isFound } from '../carried-keys.ts';

/** A network that is not up yet and a server that restarts get half a minute: 1, 2, 4, 8 and 16 seconds. */
const tries = 6;
const timeoutMs = 20_000;

export interface FetchOptions {
  /** Told each time before it is tried again: a person sees why nothing happens. */
  readonly say?: (line: string) => void;
  /** Asks a server only once: something else is wrong already. */
  readonly once?: boolean;
  /** Ends the waiting between attempts. */
  readonly signal?: AbortSignal;
  /** What counts where neither the file nor what was given says anything, key by key. */
  readonly below?: Config;
}

export interface InstalledConfig {
  /** What is written to bos/system/config.yaml. */
  readonly bytes: Uint8Array;
  readonly config: Config;
  /** What the file says that has no effect, or not the one that was meant. */
  readonly warnings: readonly Diagnostic[];
  /** The keys of `below` that count. */
  readonly fromBelow?: readonly KeyName[];
}

/**
 * Fetches `url` (http, https, file or an absolute path; undefined: none) and adds `given`, the keys that came from
 * the command line or from prompts and win over the file. Without such keys the file is kept byte for byte. A server
 * that cannot be reached is asked again for half a minute. `below` counts where neither says anything.
 * Throws `config-invalid` (usage) with file, line and what was expected, or a refusal when it cannot be fetched.
 */
export async function installedConfig(
  host: Host,
  url: string | undefined,
  given: Config,
  options: FetchOptions = {},
): Promise<InstalledConfig> {
  const fetched = url === undefined ? new Uint8Array() : await fetchBytes(host, url, options);
  const parsed = parseConfigYaml(fetched, shownUrl(url ?? 'config.yaml'), 'system');
  requireValid([
    ...parsed.diagnostics,
    ...patchTimeFaults(parsed.layer, host.clock.now()),
    ...(await packedContentFaults(parsed.layer)),
  ]);
  const warnings = [
    ...parsed.diagnostics.filter(({ severity }) => severity === 'warning'),
    // Those of the medium itself have had their effect.
    ...(url === systemConfigPath ? [] : installerKeyWarnings(parsed.layer)),
    ...channelWarnings(parsed.layer),
    ...passwordWarnings(parsed.layer),
  ];
  const below = layerOf(
    Object.fromEntries(
      Object.entries(options.below ?? {}).filter(
        ([key]) => !parsed.layer.entries.has(key as KeyName) && !Object.hasOwn(given, key),
      ),
    ),
  );
  const fromBelow = [...below.entries.keys()];
  if (Object.keys(given).length === 0 && fromBelow.length === 0)
    return { bytes: fetched, config: merge([parsed.layer]).config, warnings, fromBelow };
  const { config } = merge([below, parsed.layer, layerOf(given)]);
  return { bytes: Buffer.from(renderConfigYaml(config), 'utf8'), config, warnings, fromBelow };
}

async function fetchBytes(host: Host, url: string, options: FetchOptions): Promise<Uint8Array> {
  if (/^https?:\/\//i.test(url)) return download(host, url, options);
  const path = localPath(url);
  try {
    const stat = await host.files.stat(await host.files.realPath(path));
    if ((stat?.size ?? 0) > configSizeLimit)
      throw refused('config-too-large', `${path} is larger than the limit of ${configSizeLimit} bytes`, {
        hint: 'Check that it is a configuration; leave large files out of it and fetch them in run_cmd.',
      });
    return await host.files.read(path);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'config-too-large') throw cause;
    throw cannotRead(
      'config-unreadable',
      `The configuration ${path}`,
      cause,
      isFound(path)
        ? 'No data source gave user data: check bos.data_sources on the kernel command line, and `opsctl status`.'
        : 'Check the path; it is read on the machine that installs.',
    );
  }
}

function download(
  { http, clock }: Host,
  url: string,
  { say, signal, once }: FetchOptions,
): Promise<Uint8Array> {
  const told = say && ((line: string) => say(`config_url: ${line}`));
  return retrying({ tries: once ? 1 : tries, clock, signal, say: told }, async () => {
    // Tried again here and not by the host, which could not tell anybody.
    return (await http.get(url, { limit: configSizeLimit, timeoutMs, retries: 0 })).body;
  });
}

function localPath(url: string): string {
  if (url.startsWith('/')) return url;
  if (!/^file:/i.test(url)) {
    if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return url;
    throw usage('config-url', `${url} is neither an http, https or file URL nor a path`);
  }
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw usage('config-url', `${url} names another machine: a file URL has three slashes`, { cause });
  }
}

const layerOf = (config: Config): Layer => ({
  kind: 'command-line',
  entries: new Map(
    Object.entries(config).map(([name, value]) => [
      name as keyof Config,
      { value: value as Exclude<typeof value, undefined>, place: { file: 'given to the installer' } },
    ]),
  ),
});
