/**
 * The configuration that the installed system gets: fetched and validated before anything is touched, so that no
 * installation ends with a machine that nobody can log in to.
 */
import { fileURLToPath } from 'node:url';
import type { Config, Layer } from '../../config/config.ts';
import { requireValid } from '../../config/diagnostics.ts';
import { renderConfigYaml } from '../../config/render.ts';
import { merge } from '../../config/sources/merge.ts';
import { configSizeLimit, parseConfigYaml } from '../../config/yaml/yaml.ts';
import { OpsError, refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { shownUrl } from '../../media/shown-url.ts';

/** A network that is not up yet and a server that restarts get half a minute: 2, 4, 8 and 16 seconds. */
const attempts = 5;
const firstWaitMs = 2_000;
/** Where even a refusal takes long (a name server that is silent), no attempt begins after this. */
const longestMs = 60_000;
const timeoutMs = 20_000;

/** Errors of the network that may pass (errno(3), getaddrinfo(3)). A server that is silent was waited for already. */
const passing =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENETUNREACH|ENETDOWN|EHOSTUNREACH|EHOSTDOWN|ENOTFOUND|EAI_AGAIN)$/;

export interface FetchOptions {
  /** Told each time before it is tried again: a person sees why nothing happens. */
  readonly say?: (line: string) => void;
  /** Ends the waiting between attempts. */
  readonly signal?: AbortSignal;
}

export interface InstalledConfig {
  /** What is written to bos/system/config.yaml. */
  readonly bytes: Uint8Array;
  readonly config: Config;
}

/**
 * Fetches `url` (http, https, file or an absolute path; undefined: none) and adds `given`, the keys that came from
 * the command line or from prompts and win over the file. Without such keys the file is kept byte for byte. A server
 * that cannot be reached is asked again for half a minute.
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
  requireValid(parsed.diagnostics);
  if (Object.keys(given).length === 0) return { bytes: fetched, config: merge([parsed.layer]).config };
  const { config } = merge([parsed.layer, layerOf(given)]);
  return { bytes: Buffer.from(renderConfigYaml(config), 'utf8'), config };
}

async function fetchBytes(host: Host, url: string, options: FetchOptions): Promise<Uint8Array> {
  if (/^https?:\/\//i.test(url)) return download(host, url, options);
  const path = localPath(url);
  try {
    const stat = await host.files.stat(await host.files.realPath(path));
    if ((stat?.size ?? 0) > configSizeLimit)
      throw refused('config-too-large', `${path} is larger than the limit of ${configSizeLimit} bytes`);
    return await host.files.read(path);
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === 'config-too-large') throw cause;
    throw refused(
      'config-unreadable',
      `The configuration ${path} cannot be read (${String(code ?? cause)})`,
      {
        cause,
        hint: 'Check the path; it is read on the machine that installs.',
      },
    );
  }
}

async function download(host: Host, url: string, { say, signal }: FetchOptions): Promise<Uint8Array> {
  const start = host.clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    try {
      // Tried again here and not by the host, which could not tell anybody.
      return (await host.http.get(url, { limit: configSizeLimit, timeoutMs, retries: 0 })).body;
    } catch (error) {
      const wait = firstWaitMs * 2 ** (attempt - 1);
      const reason = networkCode(error);
      const late = host.clock.monotonic() - start + wait > longestMs;
      if (attempt === attempts || late || reason === undefined || !passing.test(reason)) throw error;
      say?.(
        `config_url: no answer from ${shownUrl(url)} (${reason}), ` +
          `trying again in ${wait / 1000} s (${attempt + 1} of ${attempts})`,
      );
      await host.clock.sleep(wait, signal);
    }
  }
}

/** `ECONNREFUSED`: what a failed request was caused by. */
function networkCode(error: unknown): string | undefined {
  const cause = error instanceof OpsError && error.code === 'url-unreachable' ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
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
