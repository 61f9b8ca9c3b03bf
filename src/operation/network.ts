/** How an installation reaches the network: the proxies of the environment and of bos.environment, whom it trusts. */
import type { Config } from '../config/config.ts';
import { usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { cannotRead } from '../host/system-error.ts';

/** What a request of any kind says of the network. */
export interface NetworkRequest {
  readonly config: Config;
  /** Certificates (PEM) of authorities to trust beside the usual ones. */
  readonly caFile?: string | undefined;
}

/**
 * The same host, its HTTP with the proxies and authorities of the request. A proxy of `bos.environment` wins over
 * one of this process. Throws `ca-file-unreadable` (refused), `ca-file-invalid` (usage).
 */
export async function withNetwork(host: Host, { config, caFile }: NetworkRequest): Promise<Host> {
  const asked = config['bos.environment'];
  if (asked === undefined && caFile === undefined) return host;
  const extraCa = caFile === undefined ? {} : { extraCa: await readAuthorities(host, caFile) };
  const http = host.http.using({
    proxyEnv: { ...withoutOverridden(host.system.env, asked ?? {}), ...asked },
    ...extraCa,
  });
  return { ...host, http };
}

/** `HTTP_PROXY` of this process must not stand beside `http_proxy` of the configuration, nor the other way round. */
function withoutOverridden(
  own: Readonly<Record<string, string | undefined>>,
  asked: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  const names = new Set(Object.keys(asked).map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(own).filter(([name]) => !names.has(name.toLowerCase())));
}

async function readAuthorities(host: Host, path: string): Promise<string> {
  let text: string;
  try {
    text = await host.files.readText(path);
  } catch (cause) {
    throw cannotRead('ca-file-unreadable', `The certificates in ${path}`, cause);
  }
  if (!/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text))
    throw usage('ca-file-invalid', `${path} does not contain a certificate`, { hint: 'Give a PEM file.' });
  return text;
}
