/** A database in a file, by the SQLite that is in Node.js. */
import type { SQLOutputValue } from 'node:sqlite';
import { errorCode, messageOf, OpsError, refused } from '../../../errors.ts';
import type { Ask, Database } from '../../database/port.ts';
import { whyNamed } from '../../system-error.ts';
import { clock } from '../clock.ts';
import { files } from '../files.ts';

export interface SqliteOptions {
  /** Whose the file is, by `PRAGMA application_id`: another program's is refused. */
  readonly application: number;
  /** Of the tables, by `PRAGMA user_version`. */
  readonly version: number;
}

/** Another process that writes to the file is waited for so long, in ms. */
const busyMs = 5000;
/** It is asked again so often, in ms. */
const askedAgainMs = 20;
/** What begins no transaction is short, and waits for less. */
const blockedMs = 500;

/**
 * Makes the file, for its owner alone, when there is none. Throws OpsError (refused) `database-unusable`: damaged, of another
 * program, or of a newer version; or the file cannot be opened.
 */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Database> {
  const { DatabaseSync } = await sqlite();
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    await makeFile(path);
    database = new DatabaseSync(path, { timeout: blockedMs });
    const one = (statement: string) => Object.values(database?.prepare(statement).get() ?? {})[0];
    checkOwner(path, one, options);
    // Before anything is written to it.
    if (one('PRAGMA quick_check(1)') !== 'ok') throw damaged(path, 'its pages do not fit together');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    database.exec(`PRAGMA application_id = ${options.application}; PRAGMA user_version = ${options.version}`);
  } catch (error) {
    database?.close();
    throw errorCode(error) === 'ERR_SQLITE_ERROR' ? whyUnusable(path, error) : error;
  }
  database.exec('PRAGMA busy_timeout = 0');
  return overOne(database);
}

async function makeFile(path: string): Promise<void> {
  try {
    const type = (await files.exists(path))
      ? (await files.stat(await files.realPath(path)))?.type
      : undefined;
    // SQLite would wait for a pipe, and calls the others an I/O error.
    if (type !== undefined && type !== 'file')
      throw unusable(path, type === 'directory' ? 'is a folder' : 'is not a file');
    if (type === 'file') return;
    // The files beside it get the same mode from SQLite.
    await files.write(path, '', { mode: 0o600, sync: true });
  } catch (cause) {
    throw cause instanceof OpsError ? cause : unusable(path, `cannot be made: ${whyMissing(cause)}`, cause);
  }
}

const whyMissing = (cause: unknown): string =>
  errorCode(cause) === 'ENOENT' ? 'its folder does not exist' : whyNamed(cause);

function checkOwner(
  path: string,
  one: (statement: string) => SQLOutputValue | undefined,
  { application, version }: SqliteOptions,
): void {
  const tables = Number(one('SELECT count(*) FROM sqlite_schema'));
  const [owner, known] = [Number(one('PRAGMA application_id')), Number(one('PRAGMA user_version'))];
  if (tables === 0 && owner === 0 && known === 0) return;
  if (owner !== application) throw unusable(path, 'is a database of another program');
  if (known > version) throw unusable(path, `is of a newer opsctl (version ${known} of its tables)`);
}

const unusable = (path: string, why: string, cause?: unknown) =>
  refused('database-unusable', `${path} ${why}`, {
    cause,
    hint: 'Name another file with --database, or move this one away.',
  });
const damaged = (path: string, why: string, cause?: unknown) => unusable(path, `is damaged: ${why}`, cause);

const primaryCode = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isBusy = (error: unknown): boolean => primaryCode(error) === 5;

/** Result codes of SQLite, https://www.sqlite.org/rescode.html. */
function whyUnusable(path: string, error: unknown) {
  const primary = primaryCode(error);
  if (primary === 26) return unusable(path, 'is not a database of SQLite', error);
  if (primary === 11) return damaged(path, messageOf(error), error);
  if (isBusy(error)) return unusable(path, 'is held by another process', error);
  return unusable(path, `cannot be opened: ${messageOf(error)}`, error);
}

type Connection = InstanceType<typeof import('node:sqlite').DatabaseSync>;

/** One connection has one transaction at a time. */
function overOne(connection: Connection): Database {
  let last: Promise<unknown> = Promise.resolve();
  const ask: Ask = async (statement, values = []) => {
    // SQLite takes `$1` for a name.
    const named = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));
    const prepared = connection.prepare(statement);
    return values.length === 0 ? prepared.all() : prepared.all(named);
  };
  const within = <T>(begin: string, work: (asking: Ask) => Promise<T>): Promise<T> => {
    const done = last.then(async () => {
      await begun(connection, begin);
      try {
        const result = await work(ask);
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    });
    last = done.catch(() => {});
    return done;
  };
  return {
    kind: 'sqlite',
    read: (work) => within('BEGIN', work),
    write: (work) => within('BEGIN IMMEDIATE', work),
    close: async () => {
      await last;
      if (connection.isOpen) connection.close();
    },
  };
}

/** Waits for another process without holding up this one. */
async function begun(connection: Connection, statement: string): Promise<void> {
  const until = clock.monotonic() + busyMs;
  for (;;)
    try {
      connection.exec(statement);
      return;
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() > until) throw error;
      await clock.sleep(askedAgainMs);
    }
}

let loading: Promise<typeof import('node:sqlite')> | undefined;

/**
 * Node.js says once that the module may still change; the version that is shipped is pinned. Loaded once, however many ask:
 * the second would take the silence of the first for what there was before.
 */
function sqlite(): Promise<typeof import('node:sqlite')> {
  loading ??= quietly(() => import('node:sqlite'));
  return loading;
}

async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
