/** `opsctl iso serve` as a person starts and ends it: what it says, where, and the exit code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isoCommand } from '../../../../src/cli/commands/iso/command.ts';
import { run } from '../../../../src/cli/run.ts';
import { temporaryFolder } from '../../../formats/support.ts';
import { host, imageBy } from '../../../iso/edit/edit-support.ts';
import { fakeTerminal, runProgram } from '../install/fake-world.ts';

function prepared(t: ExecutionContext) {
  const folder = join(temporaryFolder(t), 'machines');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.yaml'), 'append_kargs: [a=b]\n');
  return { iso: imageBy(t, 'genisoimage', 3), folder };
}

const wrong = (t: ExecutionContext, ...argv: string[]) => {
  const { iso, folder } = prepared(t);
  const words = argv.map((word) => word.replace('ISO', iso).replace('FOLDER', folder));
  return runProgram(['iso', 'serve', ...words], { commands: [isoCommand], host });
};

test('what is wrong is said before anything is served', async (t) => {
  const rows: readonly (readonly [code: number, said: RegExp, ...argv: string[]])[] = [
    [2, /No machines were given/, 'ISO'],
    [2, /expected HOST:PORT, found 8080/, 'ISO', '--machines', 'FOLDER', '--listen', '8080'],
    [2, /expected HOST:PORT/, 'ISO', '--machines', 'FOLDER', '--listen', '::1:8080'],
    [2, /--rate: expected a size/, 'ISO', '--machines', 'FOLDER', '--rate', 'fast'],
    [2, /--max-connections: expected a number/, 'ISO', '--machines', 'FOLDER', '--max-connections', '0'],
    [2, /--stall-timeout: expected a duration/, 'ISO', '--machines', 'FOLDER', '--stall-timeout', '60'],
    [2, /must be given together/, 'ISO', '--machines', 'FOLDER', '--tls-cert', 'a.pem'],
    [2, /cannot be combined/, 'ISO', '--machines', 'FOLDER', '--tls-self-signed', '--tls-key', 'a.pem'],
    [2, /--report-to: expected an address/, 'ISO', '--machines', 'FOLDER', '--report-to', 'ftp://x'],
    [2, /--report-to: expected an address/, 'ISO', '--machines', 'FOLDER', '--report-to', 'http://a:b@x'],
    [
      2,
      /--database: expected a file, or postgres/,
      'ISO',
      '--machines',
      'FOLDER',
      '--database',
      'mysql://x/y',
    ],
    [3, /a\.yaml is not a database of SQLite/, 'ISO', '--machines', 'FOLDER', '--database', 'FOLDER/a.yaml'],
    [
      ...[3, /The database postgres:\/\/\/nowhere:5432\/x cannot be used: /, 'ISO', '--machines', 'FOLDER'],
      ...['--database', 'postgres:///x?host=/nowhere'],
    ] as unknown as readonly [number, RegExp, ...string[]],
    [2, /Two bases are called image\.iso/, 'ISO', 'ISO', '--machines', 'FOLDER'],
    [3, /none\.iso cannot be read: it does not exist/, 'none.iso', '--machines', 'FOLDER'],
    [3, /nowhere cannot be read: it does not exist/, 'ISO', '--machines', 'nowhere'],
    [3, /a\.yaml is not an ISO 9660 image/, 'FOLDER/a.yaml', '--machines', 'FOLDER'],
    [3, /this machine does not have that address/, 'ISO', '--machines', 'FOLDER', '--listen', '192.0.2.1:0'],
  ];
  for (const [code, said, ...argv] of rows) {
    const { exitCode, err, out } = await wrong(t, ...argv);
    t.is(exitCode, code, `${argv}: ${err}`);
    t.regex(err.replaceAll(/\s+/g, ' '), said);
    t.is(out, '');
  }
});

test('a port that is taken', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const port = (taken.address() as { port: number }).port;
  const { exitCode, err } = await wrong(t, 'ISO', '--machines', 'FOLDER', '--listen', `127.0.0.1:${port}`);
  t.is(exitCode, 3);
  t.regex(err.replaceAll(/\s+/g, ' '), /another program listens there/);
});

test('it says where it serves, logs lines of JSON, and ends with 0 when it is told to', async (t) => {
  const { iso, folder } = prepared(t);
  writeFileSync(join(folder, 'b.yaml'), 'config: {hostnam: b}\n');
  const stop = new AbortController();
  const terminal = fakeTerminal();
  const running = run(['iso', 'serve', iso, '--machines', folder, '--listen', '127.0.0.1:0'], {
    ...{ terminal, commands: [isoCommand], host, signal: stop.signal },
  });
  while (!terminal.written.err.includes('Serving')) await new Promise((resolve) => setTimeout(resolve, 5));
  const [, url] = /^Serving 2 machines at (\S+),/.exec(terminal.written.err) ?? [];
  t.is((await fetch(`${url}iso/a.iso`, { method: 'HEAD' })).status, 200);
  stop.abort();
  t.is(await running, 0);
  const lines = terminal.written.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    lines.map(({ v, event }) => [v, event]),
    [
      [1, 'listening'],
      [1, 'request'],
      [1, 'stopped'],
    ],
  );
  t.like(lines[1], { method: 'HEAD', path: '/iso/a.iso', status: 200, ended: 'complete', machine: 'a' });
  t.regex(terminal.written.err, /Faults and warnings:\n {2}b\.yaml:1:10: warning: hostnam: .*hostname\?\n/);
  t.regex(terminal.written.err, /Stopping; downloads have 30 s to end\./);
});
