/** An installation as a whole: what is asked before it runs, what nobody else may do meanwhile, what it tells. */
import test from 'ava';
import type { OpsError } from '../../src/errors.ts';
import { prepareInstall } from '../../src/install/prepare.ts';
import { type ApprovedPlan, finish, install, runJournaled } from '../../src/install/run.ts';
import { installLogPath } from '../../src/operation/journal.ts';
import type { Event } from '../../src/plan/events.ts';
import { lineOf } from '../fakes/effects.ts';
import { facts, liveHost, request } from './fixtures.ts';

const quiet = { emit: () => {} };

test('a dry run shows the plan and runs nothing', async (t) => {
  const host = liveHost();
  let shown: ApprovedPlan | undefined;
  const result = await install(host, request({ dryRun: true, silent: false }), facts(), {
    ...quiet,
    onDryRun: (prepared) => {
      shown = prepared;
    },
  });
  t.false(result.installed);
  t.is(shown?.plan.steps.at(-1)?.kind, 'mark-valid');
  t.deepEqual(host.ran, []);
});

test('without silent and without anybody to ask it is refused, and says which flag to give', async (t) => {
  const host = liveHost();
  const error = await t.throwsAsync(install(host, request({ silent: false }), facts(), quiet), {
    code: 'consent-missing',
  });
  t.regex((error as { hint?: string }).hint ?? '', /opsctl install \/dev\/vda --silent/);
  t.deepEqual(host.ran, []);
});

test('what somebody has agreed to is what is carried out', async (t) => {
  const host = liveHost({ files: { '/sys/class/block/vda/size': '2048\n' } });
  const asked = request({ silent: false });
  const agreed = await prepareInstall(host, asked, facts());
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  // The facts of a second look are not used any more: these would be refused.
  await t.throwsAsync(install(host, asked, facts({ disks: [] }), { emit, agreed }), { code: 'disk-changed' });
  const [plan] = events;
  t.deepEqual(
    plan?.type === 'plan' && plan.steps.map(({ id }) => id),
    agreed.plan.steps.map(({ id }) => id),
  );
});

test('a disk that changed after the plan was made is refused, nothing runs, the configuration is not left behind', async (t) => {
  const host = liveHost({ files: { '/sys/class/block/vda/size': '2048\n' } });
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  await t.throwsAsync(install(host, request(), facts(), { emit }), { code: 'disk-changed' });
  t.deepEqual(host.ran, []);
  t.deepEqual(
    events.map((event) => event.type),
    ['plan'],
  );
  t.deepEqual(host.tree('/tmp'), {});
});

/** An installation that stops at its first step: the disk has another size by now. */
const stopped = () => liveHost({ files: { '/sys/class/block/vda/size': '2048\n' } });
const changedDisk = { code: 'disk-changed' };

test('one installation at a time: while another process has the lock nothing runs', async (t) => {
  const host = stopped();
  await host.files.symlink('77@5', '/run/bos/install.lock');
  const { identify } = host.processes;
  Object.assign(host.processes, {
    identify: async (pid: number) => (pid === 77 ? '77@5' : identify(pid)),
  });
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  await t.throwsAsync(install(host, request(), facts(), { emit }), {
    code: 'install-running',
    message: 'Another installation is running (process 77)',
  });
  t.deepEqual(events, []);
  t.deepEqual(host.tree('/tmp'), {});
});

test('the lock is there while the steps run, and gone afterwards', async (t) => {
  const host = stopped();
  let held: boolean | undefined;
  const emit = (event: Event) => {
    if (event.type === 'plan') held = 'install.lock' in host.tree('/run/bos');
  };
  await t.throwsAsync(install(host, request(), facts(), { emit }), changedDisk);
  t.true(held);
  t.false('install.lock' in host.tree('/run/bos'));
});

test('the configuration waits in a file that only root can read, before the first step looks', async (t) => {
  const host = stopped();
  let seen: string[] = [];
  const emit = () => {
    seen = host.effects.map(lineOf).filter((line) => line.includes('opsctl-install-'));
  };
  await t.throwsAsync(install(host, request(), facts(), { emit }), changedDisk);
  t.regex(
    seen.join('; '),
    /^mkdir \S+ 0700; create \/run\/bos\/opsctl-install-0\.2@0-1\/config\.yaml 0600; write \S+ 0\+\d+$/,
  );
  const last = host.effects.map(lineOf).findLast((line) => line.includes('opsctl-install-'));
  t.is(last, 'remove /run/bos/opsctl-install-0.2@0-1');
});

test('a configuration that a killed installer has left is removed, what others have made stays', async (t) => {
  const host = stopped();
  for (const path of [
    'opsctl-install-Xy1/config.yaml',
    'opsctl-install-a/config.yaml',
    'opsctl-tools-1/x',
    'notes',
  ])
    await host.files
      .makeDir(`/tmp/${path}`.replace(/\/[^/]*$/, ''))
      .then(() => host.files.write(`/tmp/${path}`, 'x'));
  await host.files.symlink('/etc', '/tmp/opsctl-install-link');
  const { stat } = host.files;
  Object.assign(host.files, {
    stat: async (path: string) => {
      const found = await stat(path);
      return path === '/tmp/opsctl-install-a' && found ? { ...found, uid: 1000 } : found;
    },
  });
  await t.throwsAsync(install(host, request(), facts(), quiet), changedDisk);
  t.deepEqual(Object.keys(host.tree('/tmp')).toSorted(), [
    'notes',
    'opsctl-install-a/config.yaml',
    'opsctl-install-link',
    'opsctl-tools-1/x',
  ]);
});

test('the journal is whole when the installation has ended', async (t) => {
  const host = stopped();
  const { append } = host.files;
  // A disk that takes its time.
  Object.assign(host.files, {
    append: async (...args: Parameters<typeof append>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return append(...args);
    },
  });
  await t.throwsAsync(install(host, request(), facts(), quiet), changedDisk);
  const lines = (await host.files.readText(installLogPath)).trimEnd().split('\n');
  t.is(JSON.parse(lines.at(-1) ?? '{}').type, 'result');
});

test('lines of a log hold no secret of the configuration', async (t) => {
  const host = stopped();
  const said: string[] = [];
  const config = { 'bos.password': 'hunter2 was here' };
  const log = (line: string) => void said.push(line);
  const error = await t.throwsAsync(
    install(host, request({ config }), facts(), { ...quiet, log, say: log }),
    changedDisk,
  );
  t.notRegex(`${said.join()} ${error?.message} ${error?.stack}`, /hunter2/);
  t.notRegex(await host.files.readText(installLogPath), /hunter2/);
});

test('what goes wrong before there is a configuration holds no secret of the request', async (t) => {
  const host = liveHost({ tools: { talkative: () => ({ exitCode: 1, stderr: 'no hunter2 was here' }) } });
  const asked = request({ config: { 'bos.password': 'hunter2 was here' } });
  const running = runJournaled(host, asked, facts(), quiet, async (watched) => {
    await watched.processes.run('talkative', []);
    throw new Error('not reached');
  });
  const error = await t.throwsAsync(running, { code: 'tool-failed' });
  t.notRegex(`${error?.message} ${error?.stack} ${(error as OpsError).details.join()}`, /hunter2/);
  t.regex((error as OpsError).details.join(), /no \(hidden\)/);
  t.notRegex(await host.files.readText(installLogPath), /hunter2/);
});

test('the machine is left on, restarted or switched off as the request says, with or without systemd', async (t) => {
  const ran = async (after: Parameters<typeof finish>[1], files: Readonly<Record<string, string>> = {}) => {
    const nothing = () => undefined;
    const host = liveHost({ files, tools: { reboot: nothing, poweroff: nothing, systemctl: nothing } });
    await finish(host, after);
    return host.ran;
  };
  const systemd = { '/run/systemd/system/x': '' };
  t.deepEqual(await ran('stay', systemd), []);
  t.deepEqual(await ran('reboot', systemd), ['systemctl reboot']);
  t.deepEqual(await ran('power-off', systemd), ['systemctl poweroff']);
  t.deepEqual(await ran('reboot'), ['reboot']);
  t.deepEqual(await ran('power-off'), ['poweroff']);
});
