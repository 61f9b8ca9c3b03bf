/** The journal of an installation and the report: everything that was done, nothing that is secret. */
import test from 'ava';
import { reportPath, writeReport } from '../../src/install/report.ts';
import { install } from '../../src/install/run.ts';
import { installLogPath } from '../../src/operation/journal.ts';
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
