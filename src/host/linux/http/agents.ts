/** How connections are made: through a proxy or past every one, from a port of our choice, whom to trust. */
import { errorCode, refused } from '../../../errors.ts';
import type { NetworkSettings } from '../../ports.ts';

/**
 * The agents for a URL; undefined where Node's own serve. Link-local addresses and connections from a port of our
 * choice know no proxy.
 */
export async function agentsFor(url: string, settings: NetworkSettings | undefined, localPort?: number) {
  if (settings?.pin !== undefined) {
    const { pinnedAgent } = await import('./pinned.ts');
    return { https: pinnedAgent(settings.pin) };
  }
  const direct = localPort !== undefined || isLinkLocal(new URL(url).hostname);
  const proxyEnv = proxiesOf(settings?.proxyEnv ?? process.env);
  const { extraCa, onlyCa, client } = settings ?? {};
  const usual = extraCa === undefined && onlyCa === undefined && client === undefined;
  if (!direct && Object.keys(proxyEnv).length === 0 && usual) return undefined;
  const [http, https] = await Promise.all([import('node:http'), import('node:https')]);
  const options = { ...(direct ? {} : { proxyEnv }), ...(localPort === undefined ? {} : { localPort }) };
  const ca =
    onlyCa !== undefined
      ? { ca: [onlyCa] }
      : extraCa === undefined
        ? {}
        : { ca: [...(await usualAuthorities()), extraCa] };
  return { http: new http.Agent(options), https: new https.Agent({ ...options, ...ca, ...client }) };
}

async function usualAuthorities(): Promise<readonly string[]> {
  const tls = await import('node:tls');
  return tls.getCACertificates('default');
}

const proxyNames = ['http_proxy', 'https_proxy', 'no_proxy'] as const;

/** Both spellings as one; an empty value is none. Throws `proxy-invalid` (refused): Node would go without it. */
function proxiesOf(env: NetworkSettings['proxyEnv']): Record<string, string> {
  return Object.fromEntries(
    proxyNames.flatMap((name) => {
      const value = env[name] || env[name.toUpperCase()];
      if (!value) return [];
      return [[name, name === 'no_proxy' ? value : proxyUrl(name, value)]];
    }),
  );
}

/** `HOST:PORT` is what many write. */
function proxyUrl(name: string, value: string): string {
  const url = value.includes('://') ? value : `http://${value}`;
  if (URL.canParse(url) && /^https?:\/\//i.test(url)) return url;
  throw refused('proxy-invalid', `The value of ${name} is not a usable proxy URL`, {
    hint: 'Write it as http://HOST:PORT.',
  });
}

/**
 * IPv4: 169.254.0.0/16 (RFC 3927); IPv6: fe80::/10 (RFC 4291). `hostname` is a URL's, in which every IPv4 address has
 * four decimal numbers and every IPv6 address brackets; node:net, which knows it too, takes milliseconds to load.
 */
export const isLinkLocal = (hostname: string): boolean =>
  /^169\.254\.\d+\.\d+$/.test(hostname) || /^\[fe[89ab]/i.test(hostname);

/** Somebody listens on the local port, or the last connection from it to that server is still remembered. */
export function portTaken(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = errorCode(cause);
    if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') return true;
  }
  return false;
}
