/** Reports in a file: they outlast the server, and what is no such file is refused. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { openSqlite } from '../../../src/host/linux/database/sqlite.ts';
import { memoryStore } from '../../../src/serve/reports/memory-store.ts';
import { sqliteApplication, sqlStore, tablesVersion } from '../../../src/serve/reports/sql-store.ts';
import { sameBytes, temporaryFolder, tool } from '../../formats/support.ts';
import { host } from '../../iso/edit/edit-support.ts';
import { makeOurs } from '../../iso/media.ts';
import { testServer } from '../support.ts';
import { keepsReports } from './store-contract.ts';

const open = async (path: string) =>
  sqlStore(
    await openSqlite(path, { application: sqliteApplication, version: tablesVersion }),
    host.random,
    path,
  );

test('in memory', async (t) => {
  const store = memoryStore(host.random);
  await keepsReports(t, store, store);
});

test('in a file that two servers have open', async (t) => {
  const path = join(temporaryFolder(t), 'fleet.sqlite');
  const [one, other] = [await open(path), await open(path)];
  await keepsReports(t, one, other);
  await one.close();
  await other.close();
});

test('what was reported is there after a restart, and the key is its owner’s alone', async (t) => {
  const path = join(temporaryFolder(t), 'fleet.sqlite');
  const first = await open(path);
  const entry = { name: 'booted-disk', at: 5, boot: 'b' } as const;
  await first.add('node1', entry);
  const key = await first.key();
  t.true(await first.take('x'));
  for (const ending of ['', '-wal', '-shm']) t.is(statSync(`${path}${ending}`).mode & 0o777, 0o600, ending);
  await first.close();
  const second = await open(path);
  t.deepEqual(await second.get('node1'), [entry]);
  t.deepEqual(await second.key(), key);
  t.false(await second.take('x'));
  await second.close();
  t.true(readFileSync(path).includes(Buffer.from(key).toString('hex')));
});

test('a write is on the disk before it is answered', async (t) => {
  const path = join(temporaryFolder(t), 'fleet.sqlite');
  const database = await openSqlite(path, { application: sqliteApplication, version: tablesVersion });
  const settings = await database.read(async (ask) => [
    ...(await ask('PRAGMA synchronous')),
    ...(await ask('PRAGMA journal_mode')),
  ]);
  // 2 is FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
  t.deepEqual(
    settings.map((row) => Object.values(row)[0]),
    [2, 'wal'],
  );
  await t.throwsAsync(
    database.write(async (ask) => {
      await ask('CREATE TABLE half (a)');
      throw new Error('in the middle');
    }),
    { message: 'in the middle' },
  );
  t.deepEqual(await database.read((ask) => ask('SELECT name FROM sqlite_schema')), []);
  await database.close();
});

test('what is no file of ours is refused, and left as it is', async (t) => {
  const folder = temporaryFolder(t);
  const refuse = async (name: string, make: (path: string) => void, message: RegExp) => {
    const path = join(folder, name);
    make(path);
    const before = readFileSync(path);
    await t.throwsAsync(open(path), { code: 'database-unusable', message });
    sameBytes(t, readFileSync(path), before, name);
  };
  const withTables = (statements: string) => (path: string) => {
    const database = new DatabaseSync(path);
    database.exec(statements);
    database.close();
  };
  await refuse('text', (path) => writeFileSync(path, 'a: b\n'.repeat(500)), /is not a database of SQLite$/);
  await refuse('foreign', withTables('CREATE TABLE a (b)'), /is a database of another program$/);
  await refuse(
    'newer',
    withTables(
      `CREATE TABLE a (b); PRAGMA application_id = ${sqliteApplication}; PRAGMA user_version = ${tablesVersion + 1}`,
    ),
    /is of a newer opsctl \(version 2 /,
  );
  await refuse(
    'damaged',
    (path) => {
      withTables(
        `CREATE TABLE a (b); PRAGMA application_id = ${sqliteApplication}; PRAGMA user_version = 1;
         WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<1000) INSERT INTO a SELECT hex(randomblob(50)) FROM n`,
      )(path);
      writeFileSync(path, readFileSync(path).fill(0xa5, 4096, 12_288));
    },
    /is damaged: /,
  );
  await t.throwsAsync(open(join(folder, 'none/fleet.sqlite')), {
    code: 'database-unusable',
    message: /cannot be made: /,
  });
});

test('once holds after a restart', async (t) => {
  const path = join(temporaryFolder(t), 'fleet.sqlite');
  const iso = makeOurs(temporaryFolder(t));
  const machines = { 'node1.yaml': 'once: true\n' };
  const first = await testServer(t, { bases: [iso], machines, reports: await open(path) });
  t.is((await first.get('/iso/node1.iso')).status, 200);
  t.is((await first.get('/iso/node1.iso')).status, 410);
  await first.serving.stop();
  const second = await testServer(t, { bases: [iso], machines, reports: await open(path) });
  t.is((await second.get('/iso/node1.iso')).status, 410);
  t.is((await second.get('/iso/node1.iso', { range: 'bytes=512-' })).status, 206);
});

// By itself: the others are quiet at that moment, too.
test.serial(
  'what Node.js says of SQLite alone is kept quiet: other warnings are heard afterwards',
  async (t) => {
    const { emitWarning } = process;
    await (await open(join(temporaryFolder(t), 'fleet.sqlite'))).close();
    t.is(process.emitWarning, emitWarning);
  },
);

test('a place that cannot be a file is refused at once, in words', async (t) => {
  const folder = temporaryFolder(t);
  const pipe = join(folder, 'pipe');
  tool('mkfifo', pipe);
  const rows = [
    [folder, 'is a folder'],
    [pipe, 'is not a file'],
    ['/dev/null', 'is not a file'],
    [join(folder, 'none/fleet.sqlite'), 'cannot be made: its folder does not exist'],
    [join(pipe, 'fleet.sqlite'), 'cannot be made: a part of the path is not a folder'],
  ] as const;
  for (const [path, why] of rows)
    await t.throwsAsync(open(path), { code: 'database-unusable', message: `${path} ${why}` });
});
