/** A cluster of Debian's PostgreSQL: in a temporary folder, on a Unix socket, by a user without rights. */
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

export interface Cluster {
  /** For `--database`. */
  readonly url: string;
  readonly host: string;
  query(statement: string): Promise<string>;
  start(): Promise<void>;
  /** As when its machine goes down: connections are cut. */
  stop(): Promise<void>;
}

/** Where Debian has the programs of its version. */
function programs(): string {
  const [version] = readdirSync('/usr/lib/postgresql').toSorted().reverse();
  return `/usr/lib/postgresql/${version}/bin`;
}

/** The user of Debian's package; the server refuses to run as root. */
async function unprivileged() {
  if (process.getuid?.() !== 0) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const id = async (what: string) => Number((await execa('id', [what, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** With `tls` it also listens on a port of two addresses of loopback, and speaks TLS there. */
export async function cluster(
  t: ExecutionContext,
  tls?: { readonly cert: string; readonly key: string; readonly port: number },
): Promise<Cluster> {
  const bin = programs();
  const owner = await unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'bos-pg-'));
  chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const own = { ...owner, cwd: folder, env: { LC_ALL: 'C' } };
  await execa(join(bin, 'initdb'), ['-D', data, '-U', 'bos', '-A', 'trust', '-E', 'UTF8', '--no-sync'], own);
  for (const [name, text] of Object.entries(
    tls === undefined ? {} : { 'server.crt': tls.cert, 'server.key': tls.key },
  )) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    chownSync(join(data, name), owner.uid, owner.gid);
  }
  const launch = () => {
    const listens =
      tls === undefined
        ? ['listen_addresses=']
        : ['listen_addresses=127.0.0.1,127.0.0.2', `port=${tls.port}`, 'ssl=on'];
    const settings = [...listens, `unix_socket_directories=${folder}`, 'max_connections=30'];
    const args = ['-D', data, ...settings.flatMap((one) => ['-c', one])];
    return execa(join(bin, 'postgres'), args, { ...own, reject: false });
  };
  let running: ReturnType<typeof launch> | undefined;
  const query = async (statement: string) =>
    (
      await execa(
        join(bin, 'psql'),
        ['-h', folder, '-p', `${tls?.port ?? 5432}`, '-U', 'bos', '-XAtqc', statement, 'postgres'],
        own,
      )
    ).stdout;
  const stop = async () => {
    running?.kill('SIGINT');
    await running;
    running = undefined;
  };
  const start = async () => {
    running = launch();
    for (let tries = 0; ; tries += 1)
      try {
        await query('SELECT 1');
        return;
      } catch (error) {
        if (tries > 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
  };
  t.teardown(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return { url: `postgres://bos@/postgres?host=${folder}`, host: folder, query, start, stop };
}
