/**
 * A certificate that is refused for its dates: often the clock of this machine is what is wrong, so both times are said.
 * The certificate is fetched once more for that, over a connection on which nothing is sent or believed.
 */
import { errorCode, refused } from '../../../errors.ts';
import { PassingFault } from '../../retry.ts';

const waitMs = 5_000;

/** The error to show in place of `error`, which came from `url`; undefined for a fault of another kind. */
export async function refusedByDates(url: string, shown: string, error: unknown): Promise<Error | undefined> {
  const code = codeOf(error);
  if (code !== 'CERT_NOT_YET_VALID' && code !== 'CERT_HAS_EXPIRED') return undefined;
  const dates = await datesOf(url);
  const now = `the clock of this machine: ${time(new Date())}`;
  if (code === 'CERT_NOT_YET_VALID')
    // Passing: while a machine boots, its clock is set as soon as the network is there.
    return new PassingFault(
      'clock-behind',
      `${shown} cannot be fetched: the clock of this machine is behind the certificate of the server`,
      {
        cause: error,
        details: [
          now,
          ...(dates === undefined ? [] : [`the certificate is valid from: ${time(dates.from)}`]),
        ],
        hint: 'Wait until the clock is set from the network (bos.ntp_servers), or set it: `date -s`.',
      },
    );
  return refused(
    'certificate-expired',
    `${shown} cannot be fetched: the certificate of the server has expired`,
    {
      cause: error,
      details: [
        now,
        ...(dates === undefined ? [] : [`the certificate was valid until: ${time(dates.until)}`]),
      ],
      hint: 'If the clock of this machine is right, the server needs a new certificate.',
    },
  );
}

/** Node's code, however deep got has wrapped it. */
function codeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = errorCode(cause);
    if (code?.startsWith('CERT_')) return code;
  }
  return undefined;
}

/** ISO 8601 in UTC, to the second. */
const time = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;

interface Dates {
  readonly from: Date;
  readonly until: Date;
}

/** When all of the chain is valid; undefined when it cannot be had, such as through a proxy. */
async function datesOf(url: string): Promise<Dates | undefined> {
  const { connect } = await import('node:tls');
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    // An address is no server name (RFC 6066, section 3).
    const names = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, ...names });
    const end = (dates?: Dates) => {
      socket.destroy();
      resolve(dates);
    };
    socket.setTimeout(waitMs, () => end());
    socket.once('error', () => end());
    socket.once('secureConnect', () => {
      let [from, until] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      const seen = new Set<string>();
      for (let next = socket.getPeerCertificate(true); next?.fingerprint256; next = next.issuerCertificate) {
        if (seen.has(next.fingerprint256)) break;
        seen.add(next.fingerprint256);
        from = Math.max(from, Date.parse(next.valid_from));
        until = Math.min(until, Date.parse(next.valid_to));
      }
      end(
        Number.isFinite(from) && Number.isFinite(until)
          ? { from: new Date(from), until: new Date(until) }
          : undefined,
      );
    });
  });
}
