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

/** Every address of this machine, or one that means another machine to whoever reads it. */
const saysNothing = /^(?:|0\.0\.0\.0|::|127\.[\d.]+|::1|localhost)$/;

/**
 * Undefined where nobody says it and the address that is listened on does not, either. It is not taken from the Host of a
 * request: whoever fetches an ISO would choose where the machine that gets it reports. Throws OpsError (usage)
 * `report-to-shape`, `report-to-plain`.
 */
export function reportTo(given: unknown, { address, port, tls }: Listening): ReportTo | undefined {
  const fingerprint = tls?.fingerprint ?? null;
  if (typeof given !== 'string') {
    if (saysNothing.test(address) || port === 0) return undefined;
    const host = address.includes(':') ? `[${address}]` : address;
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
