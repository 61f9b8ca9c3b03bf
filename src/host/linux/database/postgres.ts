/** A database on a server of PostgreSQL. A connection that breaks is made again for the next question. */
import type { PeerCertificate } from 'node:tls';
import type { Ask, Database, PostgresPlace } from '../../database/port.ts';

/** Connections of one process. */
const mostConnections = 4;
const connectSeconds = 5;
/** For a statement; also for one that waits for what another process holds. */
const statementMs = 10_000;
/** For all of what is asked at once: the server may be away, or say nothing. */
const wholeMs = 15_000;

/** Nothing is asked yet. `lock` is held while something is written: a number that all who write agree on. */
export async function openPostgres(place: PostgresPlace, lock: number): Promise<Database> {
  const { default: postgres } = await import('postgres');
  const { host, port, database, username, password } = place;
  const sql = postgres({
    ...(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }),
    ...{ database, username },
    ...(password === undefined ? {} : { password }),
    ssl: await tlsOf(place),
    max: mostConnections,
    connect_timeout: connectSeconds,
    idle_timeout: 60,
    max_lifetime: 3600,
    backoff: () => 0.2,
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: 'opsctl iso serve',
      statement_timeout: statementMs,
      // A process that hangs holds the lock no longer than that.
      idle_in_transaction_session_timeout: statementMs,
    },
  });
  const within = <T>(mode: string, work: (ask: Ask) => Promise<T>): Promise<T> =>
    inTime(
      sql.begin(mode, async (transaction) => {
        const ask: Ask = async (statement, values = []) => [
          ...(await transaction.unsafe(statement, [...values])),
        ];
        return { done: await work(ask) };
      }),
    ).then(({ done }) => done as T);
  return {
    kind: 'postgres',
    read: (work) => within('isolation level repeatable read read only', work),
    write: (work) =>
      within('isolation level read committed', async (ask) => {
        await ask(`SELECT pg_advisory_xact_lock(${lock})`);
        return work(ask);
      }),
    close: () => sql.end({ timeout: 2 }),
  };
}

async function tlsOf({ host, tls, authorities }: PostgresPlace) {
  if (tls === 'off') return false;
  const { checkServerIdentity } = await import('node:tls');
  return {
    rejectUnauthorized: tls === 'verified',
    // The library names no host where that is an address; Node.js would then look for "localhost".
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    ...(authorities === undefined ? {} : { ca: authorities }),
  };
}

function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the database did not answer within ${wholeMs / 1000} s`)),
      wholeMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
