/** What a server shows of itself under TLS: a certificate that was given, or one of its own for as long as it runs. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { messageOf, refused, usage } from '../errors.ts';
import type { Files, Host } from '../host/ports.ts';
import { cannotRead } from '../host/system-error.ts';

export interface TlsIdentity {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` writes it. */
  readonly fingerprint: string;
}

/** Throws OpsError: (refused) `tls-unreadable`; (usage) `tls-invalid`. */
export async function givenIdentity(files: Files, certPath: string, keyPath: string): Promise<TlsIdentity> {
  const read = (path: string) =>
    files.readText(path).catch((cause) => {
      throw cannotRead('tls-unreadable', path, cause);
    });
  return identity(await read(certPath), await read(keyPath), `${certPath} with ${keyPath}`);
}

/**
 * Made by openssl, which every Debian has: Node.js reads certificates and makes none. The key goes from the one process
 * to the other, and never to a disk. Throws OpsError (refused) `tool-missing`, `tls-not-made`.
 */
export async function ownIdentity({ processes, system }: Host, days = 365): Promise<TlsIdentity> {
  const addresses = ['127.0.0.1', '::1', ...system.addresses()].map((address) => `IP:${address}`);
  const names = ['DNS:localhost', ...new Set(addresses)].join(',');
  const { stdout } = await processes
    .run('openssl', [
      ...['req', '-x509', '-config', '/dev/null', '-newkey', 'ec', '-pkeyopt'],
      ...['ec_paramgen_curve:prime256v1', '-nodes', '-days', `${days}`, '-subj', '/CN=opsctl iso serve'],
      ...['-addext', `subjectAltName=${names}`, '-addext', 'extendedKeyUsage=serverAuth'],
    ])
    .catch((cause) => {
      throw refused('tls-not-made', `No certificate could be made: ${messageOf(cause)}`, {
        cause,
        hint: 'Install openssl, or give a certificate with --tls-cert and --tls-key.',
      });
    });
  const part = (label: string) =>
    new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----\n`).exec(stdout)?.[0] ?? '';
  return identity(part('CERTIFICATE'), part('PRIVATE KEY'), 'the certificate that openssl has made');
}

/** A line for a certificate that counts at another time than now, in ms since 1970; clients refuse it without saying much. */
export function outOfDate(cert: string, now: number): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (now < from.getTime()) return `The certificate is not valid before ${from.toISOString()}.`;
  return now > to.getTime()
    ? `The certificate has expired: it was valid until ${to.toISOString()}.`
    : undefined;
}

/** `what` names both for a person. */
function identity(cert: string, key: string, what: string): TlsIdentity {
  try {
    const read = new X509Certificate(cert);
    if (read.checkPrivateKey(createPrivateKey(key))) return { cert, key, fingerprint: read.fingerprint256 };
  } catch {
    // The cause would quote the key.
    throw usage('tls-invalid', `TLS cannot use ${what}: expected a certificate and its key, in PEM`, {
      hint: 'The key must not have a passphrase.',
    });
  }
  throw usage('tls-invalid', `TLS cannot use ${what}: the key belongs to another certificate`);
}
