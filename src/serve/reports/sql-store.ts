/** Keeps what machines have said in a database: of SQLite for one server, of PostgreSQL for several. */
import { refused } from '../../errors.ts';
import type { Ask, Database, SqlRow } from '../../host/database/port.ts';
import type { Random } from '../../host/ports.ts';
import type { Entry, EntryName } from './history.ts';
import { mostEntries, type ReportStore } from './store.ts';

/** `PRAGMA application_id` of our files: "bosr". */
export const sqliteApplication = 0x62_6f_73_72;
/** Of the tables below. */
export const tablesVersion = 1;
/** Held in PostgreSQL while something is written. */
export const postgresLock = sqliteApplication;

const place = {
  sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  postgres: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
};

const tables = (kind: Database['kind']): readonly string[] => [
  'CREATE TABLE IF NOT EXISTS opsctl_serve (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
  `CREATE TABLE IF NOT EXISTS opsctl_serve_entries (place ${place[kind]}, machine TEXT NOT NULL, name TEXT NOT NULL,
    boot TEXT NOT NULL, at BIGINT NOT NULL, UNIQUE (machine, name, boot))`,
  'CREATE TABLE IF NOT EXISTS opsctl_serve_taken (what TEXT PRIMARY KEY)',
];

/**
 * `shown` names the database for people. Throws OpsError (refused) `database-unusable` for tables of a newer version, and what
 * the database does.
 */
export async function sqlStore(
  database: Database,
  random: Pick<Random, 'bytes'>,
  shown: string,
): Promise<ReportStore> {
  const drawn = Buffer.from(random.bytes(32)).toString('hex');
  await database.write(async (ask) => {
    for (const statement of tables(database.kind)) await ask(statement);
    const version = Number(await setting(ask, 'version', `${tablesVersion}`));
    if (version > tablesVersion)
      throw refused(
        'database-unusable',
        `The tables in ${shown} are of a newer opsctl (version ${version})`,
        { hint: 'Use that version of opsctl, or another database.' },
      );
    // Drawn once: whoever comes second takes what is there.
    await setting(ask, 'key', drawn);
  });
  return {
    shown,
    get: (machine) => database.read((ask) => entriesOf(ask, machine)),
    list: () => database.read(listAll),
    add: (machine, entry) => database.write((ask) => add(ask, machine, entry)),
    changes: (after) =>
      database.read(async (ask) => {
        const [last] = await ask('SELECT MAX(place) AS place FROM opsctl_serve_entries');
        const rows = await ask('SELECT DISTINCT machine FROM opsctl_serve_entries WHERE place > $1', [after]);
        return { end: Number(last?.place ?? 0), machines: rows.map(({ machine }) => String(machine)) };
      }),
    take: (text) =>
      database.write(async (ask) => {
        const statement =
          'INSERT INTO opsctl_serve_taken (what) VALUES ($1) ON CONFLICT (what) DO NOTHING RETURNING what';
        return (await ask(statement, [text])).length === 1;
      }),
    key: async () => {
      const rows = await database.read((ask) => ask("SELECT value FROM opsctl_serve WHERE name = 'key'"));
      return Buffer.from(String(rows[0]?.value), 'hex');
    },
    close: () => database.close(),
  };
}

/** What it is, or from now on. */
async function setting(ask: Ask, name: string, initial: string): Promise<string> {
  await ask('INSERT INTO opsctl_serve (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    name,
    initial,
  ]);
  const [row] = await ask('SELECT value FROM opsctl_serve WHERE name = $1', [name]);
  return String(row?.value);
}

const entryOf = ({ name, boot, at }: SqlRow): Entry => ({
  ...{ name: String(name) as EntryName, boot: String(boot), at: Number(at) },
});

async function entriesOf(ask: Ask, machine: string): Promise<readonly Entry[]> {
  const statement = 'SELECT name, boot, at FROM opsctl_serve_entries WHERE machine = $1 ORDER BY place';
  return (await ask(statement, [machine])).map(entryOf);
}

async function listAll(ask: Ask): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const all = new Map<string, Entry[]>();
  const rows = await ask('SELECT machine, name, boot, at FROM opsctl_serve_entries ORDER BY place');
  for (const row of rows) {
    const machine = String(row.machine);
    const entries = all.get(machine) ?? [];
    entries.push(entryOf(row));
    all.set(machine, entries);
  }
  return all;
}

async function add(ask: Ask, machine: string, { name, boot, at }: Entry): Promise<boolean> {
  const rows = await ask(
    `INSERT INTO opsctl_serve_entries (machine, name, boot, at) VALUES ($1, $2, $3, $4)
      ON CONFLICT (machine, name, boot) DO NOTHING RETURNING place`,
    [machine, name, boot, at],
  );
  if (rows.length === 0) return false;
  await ask(
    `DELETE FROM opsctl_serve_entries WHERE machine = $1 AND place NOT IN
      (SELECT place FROM opsctl_serve_entries WHERE machine = $2 ORDER BY place DESC LIMIT ${mostEntries})`,
    [machine, machine],
  );
  return true;
}
