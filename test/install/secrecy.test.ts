/**
 * Programs that fail and repeat what they were given: whichever program of an installation it is, neither the
 * journal nor the report, the log, the events or the error that a person reads shows a secret.
 */
import { inspect } from 'node:util';
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import type { Host } from '../../src/host/ports.ts';
import { writeReport } from '../../src/install/report.ts';
import { install } from '../../src/install/run.ts';
import { installLogPath } from '../../src/operation/journal.ts';
import { logged } from '../../src/operation/programs.ts';
import { redactedError, redactedValue } from '../../src/operation/redacted.ts';
import { diskSize, machine } from '../steps/machine.ts';
import { disk, facts, liveFiles, request } from './fixtures.ts';

/** Of several lines each is secret by itself: programs print lines. */
const secrets = ['hunter2 "quoted"', 'wpa phrase', 'tok/en+1', 'first line of a key', 'second line of a key'];
const configYaml = [
  'bos:',
  `  password: '${secrets[0]}'`,
  '  wifi:',
  `  - {name: home, passphrase: ${secrets[1]}}`,
  'write_files:',
  `- {path: /etc/key, content: "${secrets[3]}\\n${secrets[4]}\\n"}`,
].join('\n');
const asked = request({
  device: '/dev/vda',
  configUrl: 'https://example.com/config.yaml',
  config: { 'bos.token': secrets[2] as string },
});
const old = { path: '/dev/vda1', number: 1, start: 2 ** 20, size: 2 ** 20, mounts: [], holders: [] };
const seen = facts({ disks: [disk({ size: diskSize, partitions: [old], content: 'data' })] });

/** An installation in which the program number `failing` repeats every secret and fails; all that was said. */
async function installed(failing: number) {
  const { host } = machine({
    files: liveFiles,
    // Then udev is waited for, too.
    unlockable: true,
    http: async () => ({ status: 200, headers: {}, body: Buffer.from(configYaml) }),
  });
  let program: string | undefined;
  let count = 0;
  const { run } = host.processes;
  const talkative: Host = {
    ...host,
    processes: {
      ...host.processes,
      run: async (command, args, options) => {
        count += 1;
        if (count !== failing) return run(command, args, options);
        program = command;
        const own = host.tools.get(command);
        host.tools.set(command, () => ({
          exitCode: 99,
          stdout: secrets.join('\n'),
          stderr: secrets.join('\n'),
        }));
        return run(command, args, options).finally(() => own && host.tools.set(command, own));
      },
    },
  };
  const said: string[] = [];
  const log = (line: string) => void said.push(line);
  const error = await install(logged(talkative, log), asked, seen, {
    emit: (event) => log(JSON.stringify(event)),
    log,
    say: log,
  }).catch((thrown: unknown) => thrown);
  const journal = await host.files.readText(installLogPath);
  return { host, error, program, journal, said: said.join('\n'), count };
}

const showsNone = (secret: string, ...texts: readonly string[]) =>
  texts.every((text) => !text.includes(secret) && !text.includes(JSON.stringify(secret).slice(1, -1)));

test('whichever program it is that repeats them', async (t) => {
  const whole = await installed(Number.POSITIVE_INFINITY);
  t.false(whole.error instanceof Error, inspect(whole.error));
  t.true(whole.count > 5);
  let told = 0;
  for (let failing = 1; failing <= whole.count; failing += 1) {
    const { host, error, program = '', journal, said } = await installed(failing);
    t.true(journal.includes(`"message":"${program} failed with exit code 99"`), `${failing}: ${program}`);
    const report = await host.files.readText(await writeReport(host, '1.2.3'));
    // As a crash would show it, too: with causes, stacks and all other fields.
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, maxStringLength: null });
    for (const secret of secrets)
      t.true(showsNone(secret, journal, report, said, shown), `${secret} after ${program}`);
    if (!(error instanceof OpsError)) continue;
    // What is not secret is still told: which program it was.
    if (error.details.some((line) => line.startsWith(`command: ${program}`))) told += 1;
  }
  t.true(told > 5, 'programs that end the installation');
});

test('an error without secrets stays the very same', (t) => {
  const redact = (text: string) => text.replaceAll('hush', '(hidden)');
  const error = new OpsError('broken', 'a', 'no', { cause: new Error('why') });
  t.is(redactedError(error, redact), error);
  const secret = new OpsError('broken', 'a', 'no', { hint: 'hush', cause: new Error('hush') });
  const shown = redactedError(secret, redact);
  t.like(shown, { kind: 'broken', code: 'a', message: 'no', hint: '(hidden)' });
  t.notRegex(inspect(shown), /hush/);
  t.deepEqual(redactedValue({ a: ['hush', 1, null], b: { c: 'x hush' } }, redact), {
    a: ['(hidden)', 1, null],
    b: { c: 'x (hidden)' },
  });
});
