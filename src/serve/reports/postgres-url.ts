/** `postgres://USER@HOST:PORT/DATABASE?…`, as libpq reads it (PostgreSQL 15, section 34.1.1.2). Pure. */
import { usage } from '../../errors.ts';
import type { PostgresPlace } from '../../host/database/port.ts';

export const isPostgresUrl = (text: string): boolean => /^postgres(?:ql)?:/i.test(text);

export interface ReadPostgresUrl {
  readonly place: PostgresPlace;
  /** A file with the certificates of authorities. */
  readonly rootCert: string | undefined;
  /** Without its password. */
  readonly shown: string;
}

const tlsOf = { disable: 'off', require: 'unverified', 'verify-full': 'verified' } as const;
const known = ['host', 'sslmode', 'sslrootcert'];
/** Nobody is on the way. */
const isHere = (host: string): boolean =>
  host.startsWith('/') || /^(?:localhost|127\.[\d.]+|::1)$/.test(host);

/**
 * `env`: PGUSER, PGPASSWORD and USER count where the URL says nothing. Without `sslmode` TLS is verified, unless the server is
 * on this machine. Throws OpsError (usage) `database-url`, which does not quote it.
 */
export function readPostgresUrl(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadPostgresUrl {
  const wrong = (why: string) =>
    usage('database-url', `--database: ${why}`, {
      hint: 'For example postgres://bos@db.example.com/bos?sslmode=verify-full, with the password in PGPASSWORD.',
    });
  // A user before a host that is empty, as with a socket, is no URL for the parser of the web.
  const filled = text.replace(/^(\w+:\/\/(?:[^/?#]*@)?)(?=[/?]|$)/, '$1localhost');
  const isEmptyHost = filled !== text;
  if (!URL.canParse(filled) || !/^\w+:\/\//.test(text)) throw wrong('expected postgres://HOST/DATABASE');
  const url = new URL(filled);
  const query = url.searchParams;
  const other = [...query.keys()].find((name) => !known.includes(name));
  if (other !== undefined)
    throw wrong(`${other} is not a parameter that is known; expected ${known.join(', ')}`);
  const host =
    query.get('host') ?? (isEmptyHost ? '/var/run/postgresql' : url.hostname.replace(/^\[|\]$/g, ''));
  const mode = query.get('sslmode') ?? (isHere(host) ? 'disable' : 'verify-full');
  if (!(mode in tlsOf)) throw wrong(`expected sslmode ${Object.keys(tlsOf).join(', ')}, found "${mode}"`);
  const username = decodeURIComponent(url.username) || env.PGUSER || env.USER || 'postgres';
  const database = decodeURIComponent(url.pathname.slice(1)) || username;
  const port = Number(url.port || 5432);
  return {
    place: {
      ...{ host, port, database, username },
      password: decodeURIComponent(url.password) || env.PGPASSWORD,
      tls: tlsOf[mode as keyof typeof tlsOf],
    },
    rootCert: query.get('sslrootcert') ?? undefined,
    shown: `postgres://${host.startsWith('/') ? `${host}:` : `${host.includes(':') ? `[${host}]` : host}:`}${port}/${database}`,
  };
}
