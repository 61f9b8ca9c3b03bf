/** Where the machines that are served report: `--report-to`, or the address that is listened on. */
import { usage } from '../../../errors.ts';
import { withoutTrailing } from '../../../formats/trailing.ts';
import type { ReportTo } from '../../../serve/options.ts';
import type { TlsIdentity } from '../../../serve/tls.ts';

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly tls: TlsIdentity | undefined;
}

/**
 * Every address of this machine, or one that means another machine to whoever reads it; of IPv6 with the IPv4 ones inside
 * (RFC 4291, section 2.5.5.2), and those that are of one link.
 */
const saysNothing =
  /^(?:|0\.0\.0\.0|127\.[\d.]+|localhost|\[(?:::1?|::ffff:(?:0:0|7f[\da-f]{2}:[\da-f]{1,4})|fe[89ab][\da-f]:[\da-f:]+)\])$/i;

/** An address as URLs have it, however it is written: `0`, `127.1` and `0:0::` are what they are. */
function canonical(address: string): string {
  const url = `http://${address.includes(':') ? `[${address.replace(/%.*$/s, '')}]` : address}/`;
  return URL.canParse(url) ? new URL(url).hostname : address;
}

/**
 * Undefined where nobody says it and the address that is listened on does not, either. It is not taken from the Host of a
 * request: whoever fetches an ISO would choose where the machine that gets it reports. Throws OpsError (usage)
 * `report-to-shape`, `report-to-plain`.
 */
export function reportTo(given: unknown, { address, port, tls }: Listening): ReportTo | undefined {
  const fingerprint = tls?.fingerprint ?? null;
  if (typeof given !== 'string') {
    const host = canonical(address);
    if (saysNothing.test(host) || port === 0) return undefined;
    return { url: `http${tls === undefined ? '' : 's'}://${host}:${port}`, fingerprint };
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    `${url.username}${url.password}${url.search}${url.hash}` !== ''
  )
    throw usage('report-to-shape', '--report-to: expected an address such as https://10.0.0.1:8443', {
      hint: 'It is the address of this server as the machines reach it, without a password and a query.',
    });
  if (tls !== undefined && url.protocol === 'http:')
    throw usage('report-to-plain', '--report-to: expected an https address, as this server answers HTTPS');
  return { url: withoutTrailing(url.href, '/'), fingerprint };
}

export const reportText = (to: ReportTo | undefined): string =>
  to === undefined
    ? 'Machines do not report; --report-to URL says at which address they reach this server.\n'
    : `Machines report to ${to.url}/.\n`;
