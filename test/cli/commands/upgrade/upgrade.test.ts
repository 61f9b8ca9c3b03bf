/** `opsctl upgrade` and `opsctl rollback` as they are typed, on a node in memory: options, screens, exit codes. */
import test from 'ava';
import { rollbackCommand } from '../../../../src/cli/commands/rollback/command.ts';
import { upgradeCommand } from '../../../../src/cli/commands/upgrade/command.ts';
import { reportPath, tellCluster } from '../../../../src/cli/commands/upgrade/on-node.ts';
import type { FakeHost } from '../../../fakes/host.ts';
import { environmentOf, fakeNode, medium, type NodeSetup } from '../../../upgrade/node.ts';
import { runProgram } from '../install/fake-world.ts';

const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };
const node = (more: NodeSetup = {}) =>
  fakeNode({ ...more, files: { ...medium('/medium', next), ...more.files } });
const asRoot = (host: FakeHost, uid = 0) => ({ ...host, system: { ...host.system, uid } });
const run = (host: FakeHost, argv: string, uid?: number) =>
  runProgram(argv.split(' '), {
    commands: [upgradeCommand, rollbackCommand],
    host: asRoot(host, uid),
  });

const refused = test.macro({
  title: (_, argv: string) => `opsctl ${argv}`,
  exec: async (t, argv: string, exitCode: number, ...words: readonly RegExp[]) => {
    const host = node();
    const before = await environmentOf(host);
    const { exitCode: found, err } = await run(host, argv);
    t.is(found, exitCode, err);
    for (const word of words) t.regex(err, word);
    t.deepEqual(await environmentOf(host), before);
  },
});
test(refused, 'upgrade /medium --source /medium', 2, /Two sources/, /Leave out --source/);
test(refused, 'upgrade /medium --version v2', 2, /releases of a channel/);
test(refused, 'upgrade --commit /medium', 2, /--commit is for what was staged/);
test(
  refused,
  'upgrade /medium --stage --reboot',
  2,
  /what is staged does not start yet/,
  /--commit --reboot/,
);
test(refused, 'upgrade /medium --at 03:30', 2, /--at is for --commit/);
test(refused, 'upgrade /medium --tries 0', 2, /from 1 to 9, not 0/);
test(refused, 'upgrade /medium --limit-rate fast', 2, /fast is not a rate/, /500k or 2M/);
test(refused, 'upgrade /medium --destination /host', 2, /is not the folder bos\/system of a node/);
test(refused, 'upgrade --boot-loader /medium', 2, /takes no other one/, /Leave out \/medium/);
test(refused, 'upgrade --boot-loader --rootfs', 2, /Leave out --rootfs/);
test(refused, 'upgrade --boot-loader --stage', 2, /Leave out --stage/);
test(refused, 'upgrade --gate-limit 5m /medium', 2, /--gate-limit is for --gate/);
test(refused, 'upgrade --gate /medium', 2, /--gate changes nothing/, /Leave out \/medium/);
test(refused, 'upgrade --gate --boot-loader', 2, /Leave out --boot-loader/);
test(refused, 'upgrade --gate --gate-limit soon', 2, /soon is not a duration/);
test(refused, 'upgrade --gate', 3, /not a job of the system-upgrade-controller/, /opsctl plan/);
test(refused, 'upgrade', 2, /channel/);
test(refused, 'upgrade /nothing', 3, /nothing/);
test(refused, 'upgrade --commit', 3, /Nothing is staged/i);
test(refused, 'rollback', 3, /no (other|older|previous) version/i);

test('only root changes what starts', async (t) => {
  for (const argv of ['upgrade /medium', 'upgrade --boot-loader', 'rollback']) {
    const { exitCode, err } = await run(node(), argv, 1000);
    t.is(exitCode, 3);
    t.regex(err, /Only root can change what this node starts[\s\S]*sudo/);
  }
});

test('to the end, and what to do next', async (t) => {
  const host = node();
  const { exitCode, out } = await run(host, 'upgrade /medium');
  t.is(exitCode, 0);
  t.regex(out, /The next start is of 0\.2\.0 .*Restart the node when it suits: sudo reboot\.\n$/s);
  const again = await run(host, 'upgrade /medium');
  t.is(again.exitCode, 0);
  t.regex(again.out, /^Nothing to do: this node starts 0\.2\.0/);
  const back = await run(host, 'rollback');
  t.is(back.exitCode, 0, back.err);
  t.is((await environmentOf(host)).os, '0.1.0');
});

test('a dry run shows the steps and changes nothing', async (t) => {
  const host = node();
  const before = await environmentOf(host);
  const { exitCode, out, err } = await run(host, 'upgrade /medium --dry-run');
  t.is(exitCode, 0);
  t.regex(out + err, /Boot 0\.2\.0 from the next start on/);
  t.regex(out, /Dry run: nothing was touched\.\n$/);
  t.deepEqual(await environmentOf(host), before);
});

test('as events, one a line, the result last', async (t) => {
  const { exitCode, out } = await run(node(), 'upgrade /medium --json');
  t.is(exitCode, 0);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; ok?: boolean; exitCode?: number });
  t.like(events.at(-1), { type: 'result', ok: true, exitCode: 0 });
  t.true(events.length > 5);
});

test('--reboot restarts the node when something waits, and only then', async (t) => {
  const restarted: string[][] = [];
  const tools = {
    systemctl: (args: readonly string[]) => {
      restarted.push([...args]);
      return undefined;
    },
  };
  const host = node({ tools });
  await run(host, 'upgrade /medium --reboot --dry-run');
  t.deepEqual(restarted, []);
  await run(host, 'upgrade /medium --reboot');
  t.deepEqual(restarted, [['reboot']]);
  const current = fakeNode({ tools, files: medium('/medium', { kernel: '6.1.0-40-amd64', os: '0.1.0' }) });
  await run(current, 'upgrade /medium --reboot');
  t.is(restarted.length, 1, 'what runs is what starts');
});

test('in a job the node is asked to tell its cluster', async (t) => {
  const host = node({ files: { '/host/run/bos/boot.json': '{}' } });
  const lines: string[] = [];
  await tellCluster(host, '/host', (line) => lines.push(line));
  t.true(await host.files.exists(`/host${reportPath}`));
  // A node whose folder is gone is upgraded all the same.
  await tellCluster(host, '/gone', (line) => lines.push(line));
  t.regex(lines.join(), /^\/gone\/run\/bos\/report cannot be written: /);
  await run(host, 'upgrade /medium');
  t.false(await host.files.exists(reportPath));
});
