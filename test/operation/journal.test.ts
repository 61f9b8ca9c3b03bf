/** The journal of an installation and the report: everything that was done, nothing that is secret. */
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { reportPath, writeReport } from '../../src/install/report.ts';
import { install } from '../../src/install/run.ts';
import { installLogPath, OperationJournal } from '../../src/operation/journal.ts';
import type { Event } from '../../src/plan/events.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';
import { facts, liveHost, mediumRoot, request } from '../install/fixtures.ts';

const quiet = { emit: () => {} };
const token = 'tok/en+1';
const secrets = ['hunter2', token, 'wpa phrase', 'inner secret'];
const commandLine = `bos.mode=live bos.token=${token} bos.password=abc\n`;
const asked = request({
  configUrl: 'https://user:url-password@example.com/config.yaml?key=query-secret',
  config: { 'bos.token': token },
});
const configYaml = [
  'bos:',
  `  password: ${secrets[0]}`,
  '  wifi:',
  `  - {name: home, passphrase: ${secrets[2]}}`,
  'write_files:',
  `- {path: /etc/x, content: "line\\n${secrets[3]}\\n"}`,
].join('\n');

const machine = () =>
  liveHost({
    files: { '/proc/cmdline': commandLine },
    http: async () => ({ status: 200, headers: {}, body: Buffer.from(configYaml) }),
    tools: { dmesg: () => `[0.0] Kernel command line: ${commandLine}` },
  });

const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('it tells request, facts, plan, events, programs and the end, and says where it is', async (t) => {
  const host = machine();
  // Not the disk that was planned for: refused at once.
  const error = await t.throwsAsync(install(host, asked, facts(), quiet));
  const journal = lines(await host.files.readText(installLogPath));
  const types = journal.map(({ type }) => type);
  t.deepEqual(types.slice(0, 2), ['request', 'facts']);
  t.true(types.includes('steps') && types.includes('plan'), types.join());
  t.like(journal.at(-1), { type: 'result', ok: false, exitCode: 3, message: error?.message });
  t.is((await host.files.stat(installLogPath))?.mode, 0o600);
  t.deepEqual(journal[0].config, ['bos.token']);
});

test('no secret is in the journal or in the report', async (t) => {
  const host = machine();
  await t.throwsAsync(install(host, asked, facts(), quiet));
  const path = await writeReport(host, '1.2.3');
  t.is(path, reportPath);
  const report = await host.files.readText(path);
  for (const text of [await host.files.readText(installLogPath), report])
    for (const secret of [...secrets, 'url-password', 'query-secret', '=abc'])
      t.false(text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)), secret);
  const { texts, kernel, facts: seen, opsctl } = JSON.parse(report);
  t.is(opsctl, '1.2.3');
  t.regex(kernel, /bos\.password=\(hidden\)/);
  t.regex(texts[installLogPath], /"type":"facts"/);
  t.regex(texts['/run/bos/initrd.log'], /^\(ENOENT/);
  t.regex(seen, /meminfo/, 'why there are no facts');
});

test('a journal that cannot be written is told once and stops nothing', async (t) => {
  const host = liveHost();
  Object.assign(host.files, { append: () => Promise.reject(new Error('ENOSPC: no space left on device')) });
  const said: string[] = [];
  await t.throwsAsync(install(host, request(), facts(), { ...quiet, say: (line) => said.push(line) }), {
    code: 'disk-changed',
  });
  t.deepEqual(said, [`${installLogPath} cannot be written: ENOSPC: no space left on device`]);
});

test('a dry run leaves none', async (t) => {
  const host = liveHost();
  await install(host, request({ dryRun: true }), facts(), quiet);
  t.false(await host.files.exists(installLogPath));
  t.true(await host.files.exists(mediumRoot));
});

/** A journal on an empty machine. */
function started() {
  const said: string[] = [];
  const host = fakeHost({ tools: { sick: () => ({ exitCode: 1 }), well: () => undefined } });
  const journal = new OperationJournal(host, (line) => void said.push(line));
  const read = async () => {
    await journal.flush();
    return lines(await host.files.readText(installLogPath));
  };
  return { host, journal, read, said };
}

test('the file is made for root alone in a folder that all may enter, before the first line', async (t) => {
  const { host, journal } = started();
  journal.add('a', { x: 1 });
  journal.add('b', {});
  await journal.flush();
  t.deepEqual(
    host.effects.filter(({ path, kind }) => path.startsWith('/var/log/bos') && kind !== 'mkdir').map(lineOf),
    [
      `create ${installLogPath} 0600`,
      `write ${installLogPath} 0+0`,
      `write ${installLogPath} end+${JSON.stringify({ v: 1, at: host.clock.now(), type: 'a', x: 1 }).length + 1}`,
      `write ${installLogPath} end+${JSON.stringify({ v: 1, at: host.clock.now(), type: 'b' }).length + 1}`,
    ],
  );
  t.is((await host.files.stat('/var/log/bos'))?.mode, 0o755);
});

test('secrets are hidden from the moment that they are known, the earlier ones too', async (t) => {
  const { journal, read } = started();
  t.is(journal.redact('bos.password=abc first'), 'bos.password=(hidden) first', 'before any is known');
  journal.hide(['first']);
  journal.hide(['second']);
  t.is(journal.redact('first, second, third'), '(hidden), (hidden), third');
  journal.add('a', { text: 'first', list: ['second'] });
  t.like((await read())[0], { text: '(hidden)', list: ['(hidden)'] });
});

test('events are kept and passed on without secrets, except for how far a step is', async (t) => {
  const { journal, read } = started();
  journal.hide(['hush']);
  const passed: Event[] = [];
  const emit = journal.events((event) => void passed.push(event));
  emit({ v: 1, at: 5, type: 'progress', id: 'a', done: 1, total: 2, unit: 'bytes' });
  emit({ v: 1, at: 6, type: 'note', id: 'a', message: 'hush' });
  t.deepEqual(
    passed.map((event) => ('message' in event ? event.message : event.type)),
    ['progress', '(hidden)'],
  );
  const kept = await read();
  t.deepEqual(
    kept.map(({ type, message }) => [type, message]),
    [['note', '(hidden)']],
  );
});

test('every program is in it, and who reads it gets all of it', async (t) => {
  const { host, journal } = started();
  const watched = journal.watched(host);
  await watched.processes.run('well', ['x']);
  await t.throwsAsync(watched.processes.run('sick', []));
  const kept = lines((await watched.files.read(installLogPath)).toString());
  t.like(kept[0], { type: 'program', command: 'well x', ms: 0, exitCode: 0 });
  t.like(kept[1], { type: 'program', command: 'sick', code: 'tool-failed' });
  t.is(kept.length, 2);
});

test('how it ended is the last line, with what a person was told', async (t) => {
  const ending = async (error?: unknown) => {
    const { journal, read } = started();
    journal.ended(error);
    return (await read()).at(-1);
  };
  t.like(await ending(), { type: 'result', ok: true, exitCode: 0 });
  t.like(await ending(new OpsError('broken', 'a', 'no', { hint: 'Look.', details: ['sda'] })), {
    ...{ type: 'result', ok: false, exitCode: 5, code: 'a', message: 'no', hint: 'Look.', details: ['sda'] },
  });
  t.false('hint' in (await ending(new OpsError('broken', 'a', 'no'))));
  const bug = await ending(new TypeError('x is undefined'));
  t.like(bug, { ok: false, exitCode: 1, code: 'bug', message: 'x is undefined' });
  t.regex(bug.stack, /^TypeError: x is undefined\n +at /);
  t.like(await ending('thrown'), { code: 'bug', message: 'thrown' });
});

test('a journal that is broken stays so: nothing more is written or said', async (t) => {
  const { host, journal, said } = started();
  const { append } = host.files;
  Object.assign(host.files, { append: () => Promise.reject(new Error('EIO')) });
  journal.add('a', {});
  await journal.flush();
  t.is(said.length, 1);
  journal.add('b', {});
  await journal.flush();
  Object.assign(host.files, { append });
  journal.add('c', {});
  await journal.flush();
  t.deepEqual(said, [`${installLogPath} cannot be written: EIO`]);
  t.is(await host.files.readText(installLogPath), '');
});
