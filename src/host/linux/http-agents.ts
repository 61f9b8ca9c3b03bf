/** Connections that are not made in the usual way: past every proxy, or from a port of our choice. */
import { isIP } from 'node:net';

/** undefined where Node's own agents serve. */
export async function agentsFor(url: string, localPort: number | undefined) {
  if (localPort === undefined && !isLinkLocal(new URL(url).hostname)) return undefined;
  const [http, https] = await Promise.all([import('node:http'), import('node:https')]);
  // Unlike Node's own agents these know no proxy, whatever the environment says.
  const options = localPort === undefined ? {} : { localPort };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}

/** IPv4: 169.254.0.0/16 (RFC 3927); IPv6: fe80::/10 (RFC 4291), as in a URL's brackets. */
export function isLinkLocal(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) === 4) return address.startsWith('169.254.');
  return isIP(address) === 6 && /^fe[89ab]/i.test(address);
}

/** Somebody listens on the local port, or the last connection from it to that server is still remembered. */
export function portTaken(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') return true;
  }
  return false;
}
