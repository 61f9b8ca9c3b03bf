/** Where `opsctl iso serve` keeps what machines report: `--database`. */
import { messageOf, OpsError, refused, usage } from '../../../errors.ts';
import type { Database } from '../../../host/database/port.ts';
import type { Host } from '../../../host/ports.ts';
import { cannotRead } from '../../../host/system-error.ts';
import { memoryStore } from '../../../serve/reports/memory-store.ts';
import { isPostgresUrl, readPostgresUrl } from '../../../serve/reports/postgres-url.ts';
import type { ReportStore } from '../../../serve/reports/store.ts';

/**
 * In memory without a database. Throws OpsError: (usage) `database-url`; (refused) `database-unusable`, `database-unreachable`.
 */
export async function reportsOf(host: Host, given: unknown): Promise<ReportStore> {
  if (typeof given !== 'string') return memoryStore(host.random);
  // Only here, as with the database itself: nothing else of opsctl needs one.
  const { sqlStore, sqliteApplication, tablesVersion } = await import('../../../serve/reports/sql-store.ts');
  if (isPostgresUrl(given)) return postgresStore(host, given);
  if (given === '' || /^\w+:\/\//.test(given))
    throw usage('database-url', '--database: expected a file, or postgres://HOST/DATABASE');
  const { openSqlite } = await import('../../../host/linux/database/sqlite.ts');
  const database = await openSqlite(given, { application: sqliteApplication, version: tablesVersion });
  return withDatabase(database, () => sqlStore(database, host.random, given));
}

async function postgresStore(host: Host, given: string): Promise<ReportStore> {
  const { place, rootCert, shown } = readPostgresUrl(given, host.system.env);
  const authorities =
    rootCert === undefined
      ? undefined
      : await host.files.readText(rootCert).catch((cause) => {
          throw cannotRead('tls-unreadable', rootCert, cause);
        });
  const { openPostgres } = await import('../../../host/linux/database/postgres.ts');
  const { postgresLock, sqlStore } = await import('../../../serve/reports/sql-store.ts');
  const database = await openPostgres(
    { ...place, ...(authorities === undefined ? {} : { authorities }) },
    postgresLock,
  );
  return withDatabase(database, () =>
    sqlStore(database, host.random, shown).catch((cause: unknown) => {
      if (cause instanceof OpsError) throw cause;
      throw refused('database-unreachable', `The database ${shown} cannot be used: ${messageOf(cause)}`, {
        cause,
        hint: 'Check that it runs, that this user may make tables in it, and the address given with --database.',
      });
    }),
  );
}

async function withDatabase(database: Database, open: () => Promise<ReportStore>): Promise<ReportStore> {
  try {
    return await open();
  } catch (error) {
    await database.close();
    throw error;
  }
}

export const databaseText = ({ shown }: ReportStore): string =>
  shown === 'memory'
    ? 'What machines report is kept in memory, and lost when the server ends; --database FILE keeps it.\n'
    : `What machines report is kept in ${shown}.\n`;
