/** One fleet, several servers, one database: what was answered is kept, whoever dies. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { openPostgres } from '../../../src/host/linux/database/postgres.ts';
import { signatureHeader, signatureOf } from '../../../src/operation/announce/report-file.ts';
import { readPostgresUrl } from '../../../src/serve/reports/postgres-url.ts';
import { secretOf } from '../../../src/serve/reports/secret.ts';
import { postgresLock, sqlStore } from '../../../src/serve/reports/sql-store.ts';
import { ownIdentity } from '../../../src/serve/tls.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { host } from '../../iso/edit/edit-support.ts';
import { makeOurs } from '../../iso/media.ts';
import { get } from '../support.ts';
import { type Cluster, cluster } from './postgres-cluster.ts';
import { keepsReports, oneTakes } from './store-contract.ts';

const storeOf = async ({ url }: Cluster) => {
  const { place, shown } = readPostgresUrl(url, {});
  return sqlStore(await openPostgres(place, postgresLock), host.random, shown);
};

test.serial('what every store promises, with two of them on one database', async (t) => {
  const made = await cluster(t);
  // Both make the tables at the same moment.
  const [one, other] = await Promise.all([storeOf(made), storeOf(made)]);
  await keepsReports(t, one, other);
  for (let round = 0; round < 20; round += 1) t.is(await oneTakes([one, other], `round ${round}`), 1);
  await one.close();
  await other.close();
  await made.query("UPDATE opsctl_serve SET value = '2' WHERE name = 'version'");
  await t.throwsAsync(storeOf(made), { code: 'database-unusable', message: /newer opsctl \(version 2\)/ });
});

test.serial('TLS: the server of the address, by an authority that was named', async (t) => {
  const identity = await ownIdentity(host);
  const port = await host.sockets.freePort();
  await cluster(t, { ...identity, port });
  const asked = async (address: string, mode: string, authorities?: string) => {
    const { place } = readPostgresUrl(`postgres://bos@${address}:${port}/postgres?sslmode=${mode}`, {});
    const database = await openPostgres(
      { ...place, ...(authorities === undefined ? {} : { authorities }) },
      postgresLock,
    );
    try {
      const [row] = await database.read((ask) =>
        ask('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
      );
      return row?.ssl;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      await database.close();
    }
  };
  t.is(await asked('127.0.0.1', 'verify-full', identity.cert), true);
  t.is(await asked('localhost', 'verify-full', identity.cert), true);
  // Not an address of the certificate, which has "localhost", too.
  t.is(await asked('127.0.0.2', 'verify-full', identity.cert), 'ERR_TLS_CERT_ALTNAME_INVALID');
  const { cert: other } = await ownIdentity(host);
  t.is(await asked('127.0.0.1', 'verify-full', other), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  t.is(await asked('127.0.0.1', 'verify-full'), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  t.is(await asked('127.0.0.2', 'require'), true);
  t.is(await asked('127.0.0.1', 'disable'), false);
});

interface Replica {
  readonly port: number;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** `opsctl iso serve` as a process of its own. */
async function replica(
  t: ExecutionContext,
  iso: string,
  machines: string,
  database: string,
): Promise<Replica> {
  const port = await host.sockets.freePort();
  const running = execa(
    join(import.meta.dirname, '../../../bin/opsctl'),
    [
      ...['iso', 'serve', iso, '--machines', machines, '--listen', `127.0.0.1:${port}`],
      ...['--report-to', 'http://10.0.0.1', '--database', database],
    ],
    { reject: false },
  );
  const kill: Replica['kill'] = async (signal) => {
    running.kill(signal);
    await running;
  };
  t.teardown(() => kill('SIGKILL'));
  let said = '';
  for await (const piece of running.stderr) {
    said += piece;
    if (/Serving \d+ machines/.test(said)) return { port, kill };
  }
  throw new Error(`it did not start: ${said}`);
}

const report = (machine: string, name: string) =>
  Buffer.from(
    JSON.stringify({
      v: 1,
      machine,
      report: name,
      boot: `00000000-0000-4000-8000-${name.length}`.padEnd(36, '0'),
    }),
  );

/** Asks one server after the other until one has answered; gives the status. */
async function post(
  ports: readonly number[],
  machine: string,
  secret: string,
  body: Buffer,
): Promise<number> {
  for (;;)
    for (const port of ports)
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/report/${machine}`, {
          ...{ method: 'POST', body },
          headers: { [signatureHeader]: signatureOf(secret, body), connection: 'close' },
        });
        await answer.arrayBuffer();
        return answer.status;
      } catch {
        // That server is gone.
      }
}

const names = Array.from({ length: 20 }, (_, index) => `node${index}`);

test.serial('two servers: one is killed, the database goes away, nothing is lost', async (t) => {
  const made = await cluster(t);
  const machines = join(temporaryFolder(t), 'machines');
  mkdirSync(machines);
  for (const name of names) writeFileSync(join(machines, `${name}.yaml`), `config: {hostname: ${name}}\n`);
  for (const name of ['once0', 'once1', 'once2', 'once3'])
    writeFileSync(join(machines, `${name}.yaml`), 'once: true\n');
  const iso = makeOurs(temporaryFolder(t));
  const [one, other] = await Promise.all([
    replica(t, iso, machines, made.url),
    replica(t, iso, machines, made.url),
  ]);
  // The same ISO from both: the secret is in it.
  const etags = await Promise.all(
    [one, other].map(async ({ port }) => (await get(port, '/iso/node0.iso', {}, 'HEAD')).headers.etag),
  );
  t.is(etags[0], etags[1]);
  for (const name of ['once0', 'once1', 'once2', 'once3']) {
    const answers = await Promise.all([one, other].map(({ port }) => get(port, `/iso/${name}.iso`)));
    t.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 410],
      name,
    );
  }
  const store = await storeOf(made);
  const key = await store.key();
  await store.close();
  const secret = (name: string) => secretOf(key, { name, token: undefined });
  let answered = 0;
  const accepted: string[] = [];
  let killed: Promise<void> | undefined;
  await Promise.all(
    names.map(async (name, index) => {
      const ports = index % 2 === 0 ? [one.port, other.port] : [other.port, one.port];
      for (const what of ['booted-medium', 'installed', 'booted-disk']) {
        if ((await post(ports, name, secret(name), report(name, what))) === 200)
          accepted.push(`${name} ${what}`);
        answered += 1;
        if (answered === 15) killed = one.kill('SIGKILL');
      }
    }),
  );
  await killed;
  t.is(accepted.length, names.length * 3);
  const list = async (port: number) =>
    JSON.parse((await get(port, '/machines.json')).body.toString()) as {
      machines: { name: string; state: string; reports: { report: string }[] }[];
    };
  const third = await replica(t, iso, machines, made.url);
  t.is((await get(third.port, '/iso/node0.iso', {}, 'HEAD')).headers.etag, etags[0]);
  for (const { port } of [other, third])
    for (const { name, state, reports } of (await list(port)).machines.filter(
      (one) => !/once/.test(one.name),
    )) {
      t.is(state, 'installed', name);
      for (const what of ['booted-medium', 'installed', 'booted-disk'])
        t.true(
          reports.some((said) => said.report === what),
          `${name} ${what}`,
        );
    }
  for (const name of ['once0', 'once3']) t.is((await get(third.port, `/iso/${name}.iso`)).status, 410);
  // Without the database.
  await made.stop();
  t.is((await get(other.port, '/iso/node1.iso')).status, 200);
  t.is((await list(other.port)).machines[0]?.state, 'unknown');
  const late = Buffer.from(report('node1', 'booted-medium').toString().replace('0000-4000', '1111-4000'));
  t.is(await post([other.port], 'node1', secret('node1'), late), 503);
  t.is((await get(other.port, '/iso/once1.iso')).status, 503);
  await made.start();
  t.is(await post([other.port], 'node1', secret('node1'), late), 200);
  t.is((await list(third.port)).machines.find(({ name }) => name === 'node1')?.state, 'booted-medium');
  await other.kill('SIGTERM');
});
