/** Serving ISOs to machines, against Debian's nginx with ready files. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Child } from '../../../src/host/ports.ts';
import { ownIdentity } from '../../../src/serve/tls.ts';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement, Row } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { opsctl } from '../../runs.ts';
import { median, spread, times } from '../../statistics.ts';

const reach = { cold: 100, warm: 20, plain: 0.9, tls: 0.9, memory: 120, heads: 10 } as const;
const counts = { machines: 1000, streams: 50, rounds: 9 } as const;

export const serving: Figure = {
  name: 'serve',
  title: 'Serving an ISO to each machine',
  method: [
    'The ISO of the build, from which `opsctl iso serve` (the bundle on the pinned Node.js) serves 1,000 machines, each with a configuration and a kernel argument of its own. The first byte is that of `curl -r 0-0`, by its own clock: cold for a machine that nobody has asked for, later for one that has been.',
    'One stream: `curl -o /dev/null` of a whole ISO, in turn from Debian’s nginx (one worker, sendfile, no access log) with a ready file of the same bytes and from us; the ratio is that of the medians. With TLS both have the same key on P-256.',
    '50 streams of as many machines at once, each hashed and compared with `.sha256`; resident memory is the peak that the kernel counts (VmHWM), less that of `node -e 0`; written is what the kernel counts for the process (write_bytes), the log going to a pipe. HEAD of 1,000 machines one after the other: processor time of the server.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const folder = await machinesFolder(bench);
    const rows: Row[] = [];
    const raw: string[] = [];
    await withServer(bench, folder, [], async (server) => {
      await firstBytes(bench, server, rows, raw);
      await heads(bench, server, rows, raw);
      await manyStreams(bench, server, rows, raw);
      await oneStream(bench, server, rows, raw);
    });
    raw.push(`load ${await bench.load()}`);
    return { rows, raw };
  },
};

interface Server {
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
}

const nameOf = (number: number) => `node${`${number}`.padStart(4, '0')}`;

async function machinesFolder(bench: Bench): Promise<string> {
  const folder = join(bench.folder, 'machines');
  await bench.host.files.makeDir(folder);
  for (let number = 0; number < counts.machines; number += 1) {
    const name = nameOf(number);
    const text = `config:\n  hostname: ${name}\n  ssh_authorized_keys: [github:example]\nappend_kargs: [bos.bench=${name}]\n`;
    await bench.host.files.write(join(folder, `${name}.yaml`), text);
  }
  return folder;
}

async function withServer(
  bench: Bench,
  folder: string,
  more: readonly string[],
  use: (server: Server) => Promise<void>,
): Promise<void> {
  const { host } = bench;
  const port = await host.sockets.freePort();
  const [node, args] = opsctl(bench, 'iso', 'serve', bench.iso, '--machines', folder);
  const child = host.processes.start(node, [...args, '--listen', `127.0.0.1:${port}`, ...more]);
  child.stdout?.resume();
  try {
    await listening(child);
    await use({ url: `http${more.length === 0 ? '' : 's'}://127.0.0.1:${port}`, pid: child.pid, folder });
  } finally {
    child.kill('SIGTERM');
    await child.exited;
  }
}

/** Until it says where it listens. */
async function listening(child: Child): Promise<void> {
  let said = '';
  for await (const piece of child.stderr ?? []) {
    said += piece;
    if (/Serving .* at /.test(said)) break;
  }
  child.stderr?.resume();
}

const curl = async (bench: Bench, write: string, ...args: string[]): Promise<number> => {
  const { stdout } = await bench.host.processes.run(
    'curl',
    ['-sSk', '--fail', '-o', '/dev/null', '-w', `%{${write}}`, ...args],
    { timeoutMs: 900_000 },
  );
  return Number(stdout);
};

async function firstBytes(bench: Bench, { url }: Server, rows: Row[], raw: string[]): Promise<void> {
  bench.say('the first byte');
  const [cold, warm]: [number[], number[]] = [[], []];
  for (let round = 0; round < counts.rounds; round += 1) {
    const ask = () => curl(bench, 'time_starttransfer', '-r', '0-0', `${url}/iso/${nameOf(900 + round)}.iso`);
    cold.push((await ask()) * 1000);
    warm.push((await ask()) * 1000);
  }
  const row = (figure: string, found: readonly number[], most: number): Row => ({
    ...{ figure, asked: `at most ${most} ms`, measured: `${median(found).toFixed(0)} ms` },
    met: median(found) <= most,
  });
  rows.push(
    row('first byte of a machine’s ISO', cold, reach.cold),
    row('first byte of a machine’s ISO, later', warm, reach.warm),
  );
  raw.push(`first byte, cold: ${spread(cold)}`, `later: ${spread(warm)}`);
}

/** Processor time of a process in ms; the kernel counts in hundredths of a second. */
async function processorTime(bench: Bench, pid: number): Promise<number> {
  const stat = await bench.host.files.readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function heads(bench: Bench, { url, pid }: Server, rows: Row[], raw: string[]): Promise<void> {
  bench.say('HEAD of 1,000 machines');
  const before = await processorTime(bench, pid);
  const began = bench.host.clock.monotonic();
  for (let number = 0; number < counts.machines; number += 1) {
    const { status } = await fetch(`${url}/iso/${nameOf(number)}.iso`, { method: 'HEAD' });
    if (status !== 200) throw new Error(`HEAD: ${status}`);
  }
  const wall = bench.host.clock.monotonic() - began;
  const seconds = ((await processorTime(bench, pid)) - before) / 1000;
  rows.push({
    figure: 'HEAD of 1,000 machines, processor time',
    asked: `at most ${reach.heads} s`,
    measured: `${seconds.toFixed(1)} s`,
    met: seconds <= reach.heads,
  });
  raw.push(
    `HEAD of 1,000 machines: ${seconds.toFixed(2)} s of processor time in ${(wall / 1000).toFixed(1)} s`,
  );
}

async function manyStreams(bench: Bench, { url, pid }: Server, rows: Row[], raw: string[]): Promise<void> {
  bench.say('50 streams at once');
  const { files, processes } = bench.host;
  const written = async () =>
    Number(/^write_bytes: (\d+)/m.exec(await files.readText(`/proc/${pid}/io`))?.[1]);
  const before = await written();
  const stream = async (number: number): Promise<boolean> => {
    const name = nameOf(number * 17);
    const hash = createHash('sha256');
    const { body } = await fetch(`${url}/iso/${name}.iso`);
    for await (const piece of body ?? []) hash.update(piece);
    const digest = await (await fetch(`${url}/iso/${name}.iso.sha256`)).text();
    return digest.startsWith(hash.digest('hex'));
  };
  const right = await Promise.all(Array.from({ length: counts.streams }, (_, index) => stream(index)));
  const peak = async (place: string) =>
    Number(/^VmHWM:\s+(\d+)/m.exec(await files.readText(`/proc/${place}/status`))?.[1]) / 1024;
  const { stdout } = await processes.run(process.execPath, [
    '-e',
    'process.stdout.write(require("fs").readFileSync("/proc/self/status"))',
  ]);
  const bare = Number(/^VmHWM:\s+(\d+)/m.exec(stdout)?.[1]) / 1024;
  const more = (await peak(`${pid}`)) - bare;
  const all = right.every(Boolean);
  const disk = (await written()) - before;
  rows.push(
    {
      figure: '1,000 machines, 50 streams at once: bytes',
      ...{ asked: 'every one right', measured: all ? 'every one right' : 'some are wrong', met: all },
    },
    {
      figure: '1,000 machines, 50 streams at once: memory',
      asked: `at most bare Node.js + ${reach.memory} MB`,
      measured: `bare Node.js + ${more.toFixed(0)} MB`,
      met: more <= reach.memory,
    },
    {
      figure: '1,000 machines, 50 streams at once: written',
      ...{ asked: '0 bytes', measured: `${disk} bytes`, met: disk === 0 },
    },
  );
  raw.push(`peak memory ${(more + bare).toFixed(0)} MB, bare Node.js ${bare.toFixed(0)} MB`);
}

async function oneStream(bench: Bench, server: Server, rows: Row[], raw: string[]): Promise<void> {
  const { host, folder } = bench;
  if ((await host.processes.which('nginx')) === undefined) {
    rows.push({ figure: 'one stream against nginx', asked: '', measured: 'nginx is not installed' });
    return;
  }
  const identity = await ownIdentity(host);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await host.files.write(cert, identity.cert);
  await host.files.write(key, identity.key, { mode: 0o600 });
  const ready = join(folder, 'www/ready.iso');
  await host.files.makeDir(join(folder, 'www'));
  await host.processes.run('curl', ['-sSf', '-o', ready, `${server.url}/iso/${nameOf(0)}.iso`]);
  const ports = [await host.sockets.freePort(), await host.sockets.freePort()] as const;
  await host.files.write(
    join(folder, 'nginx.conf'),
    nginxConfig(folder, ports, cert, key, host.system.uid === 0),
  );
  const nginx = host.processes.start('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')]);
  nginx.stderr?.resume();
  try {
    await setTimeout(500);
    const against = async (theirs: string, ours: string, figure: string, least: number) => {
      bench.say(figure);
      const [one, other]: [number[], number[]] = [[], []];
      for (let round = 0; round <= counts.rounds; round += 1) {
        const [a, b] = [await curl(bench, 'time_total', theirs), await curl(bench, 'time_total', ours)];
        if (round === 0) continue;
        one.push(a * 1000);
        other.push(b * 1000);
      }
      const ratio = median(one) / median(other);
      rows.push({ figure, asked: `at least ${times(least)}`, measured: times(ratio), met: ratio >= least });
      raw.push(`${figure}: nginx ${spread(one)}, ours ${spread(other)}`);
    };
    const path = `/iso/${nameOf(0)}.iso`;
    await against(
      `http://127.0.0.1:${ports[0]}/ready.iso`,
      `${server.url}${path}`,
      'one stream against nginx',
      reach.plain,
    );
    await withServer(bench, server.folder, ['--tls-cert', cert, '--tls-key', key], ({ url }) =>
      against(
        `https://127.0.0.1:${ports[1]}/ready.iso`,
        `${url}${path}`,
        'one stream against nginx, TLS',
        reach.tls,
      ),
    );
  } finally {
    nginx.kill('SIGTERM');
    await nginx.exited;
  }
}

/** Its worker would be another user, who may not look into the folder. */
const nginxConfig = (
  folder: string,
  ports: readonly [number, number],
  cert: string,
  key: string,
  isRoot: boolean,
): string => `
${isRoot ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 64; }
http {
  access_log off; sendfile on; tcp_nopush on;
  server { listen 127.0.0.1:${ports[0]}; root ${folder}/www; }
  server { listen 127.0.0.1:${ports[1]} ssl; root ${folder}/www; ssl_certificate ${cert}; ssl_certificate_key ${key}; }
}
`;
