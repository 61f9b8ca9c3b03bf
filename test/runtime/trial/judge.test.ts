/**
 * The judgement of a start on trial, on a machine in memory: what is waited for, in which order what is written, and
 * what a power cut at each write leaves.
 */
import test, { type ExecutionContext } from 'ava';
import { triesVariable } from '../../../src/boot/trial.ts';
import {
  endTry,
  judgeTrial,
  trialEndPath,
  trialFailedPath,
  trialPutBackPath,
} from '../../../src/runtime/trial/judge.ts';
import { upgradeRecordPath } from '../../../src/upgrade/record.ts';
import { devices, environment, type InstalledSetup, installedMachine } from '../../boot/installed-machine.ts';
import { lineOf } from '../../fakes/effects.ts';

const running = { c: { kernel: '6.1.2', os: '2.0.0' }, p: { kernel: '6.1.1', os: '1.0.0' } };
const previous = { bos_previous_kernel: '6.1.1', bos_previous_os: '1.0.0', bos_previous_dcp: '' };

interface State {
  readonly counted?: 'c' | 'p' | '';
  /** What runs, when it is not what was counted. */
  readonly runs?: 'c' | 'p';
  readonly tries?: string;
  readonly dcp?: string;
  readonly config?: string;
  readonly units?: Readonly<Record<string, string>>;
  readonly mounted?: readonly string[];
  readonly phases?: unknown;
  readonly setup?: Partial<InstalledSetup>;
}

const ended = { runtime: { at: 'x', durationMs: 1, applied: 1, failed: 0, faults: [] } };

async function node({ counted = 'c', tries = 'ccpppr', ...state }: State = {}) {
  const versions = running[state.runs ?? (counted === 'p' ? 'p' : 'c')];
  const others = {
    ...previous,
    bos_previous_dcp: state.dcp ?? '',
    ...(tries === '' ? {} : { [triesVariable]: tries }),
  };
  const mounts = state.mounted ?? ['/var', '/home', '/opt'];
  const machine = await installedMachine({
    place: 'esp',
    environment: { ...environment(others), dcp: state.dcp ?? null },
    ...state.setup,
    files: {
      '/run/bos/boot.json': JSON.stringify({
        ...{
          v: 1,
          mode: 'disk',
          ...devices,
          ...versions,
          dcp: state.dcp ?? '',
          try: counted,
          ephemeral: false,
        },
      }),
      '/run/bos/config-status.json': JSON.stringify({ v: 1, phases: state.phases ?? ended }),
      '/proc/self/mountinfo': mounts
        .map((path, index) => `${index} 1 0:1 / ${path} rw - ext4 x rw\n`)
        .join(''),
      '/proc/cmdline': state.config ?? '',
      ...Object.fromEntries(mounts.map((path) => [`${path}/.keep`, ''])),
      ...state.setup?.files,
    },
    tools: {
      systemctl: (args) =>
        args
          .filter((arg) => arg.endsWith('.service'))
          .map((id) => `Id=${id}\nActiveState=${state.units?.[id] ?? 'active'}\nSubState=x\n`)
          .join('\n'),
      ...state.setup?.tools,
    },
  });
  const said: string[] = [];
  const { host } = machine;
  const judge = () => judgeTrial(host, { root: '/', say: (line) => said.push(line) });
  const record = async () => JSON.parse(await host.files.readText(upgradeRecordPath));
  const has = (path: string) => host.files.exists(path);
  return { ...machine, said, judge, record, has };
}

/** Of what changes disk or marker, in order. */
const written = (effects: Parameters<typeof lineOf>[0][]) =>
  effects
    .map(lineOf)
    .filter((line) => /^(write|sync|replace|create|drop-cache)/.test(line) && !line.includes('.bos-trial'))
    .map((line) => line.replace(/ \d+\+512$/, ' one sector'));

test('good: the record, then one sector, flushed and read back, then the end of the watchdog', async (t) => {
  const { host, judge, seen, record, said } = await node();
  host.effects.length = 0;
  t.is(await judge(), 'proved');
  t.deepEqual(written(host.effects), [
    `replace ${upgradeRecordPath} 0644`,
    `write ${devices.esp} one sector`,
    `sync ${devices.esp}`,
    `drop-cache ${devices.esp}`,
    `create ${trialEndPath} 0644-umask`,
    `write ${trialEndPath} 0+0`,
  ]);
  t.deepEqual(await seen(), environment(previous));
  t.like(await record(), { last: { end: 'proved' }, returned: [] });
  t.deepEqual(said, ['Bhojpur OS 2.0.0 proved itself']);
});

test('each folder that lasts is tried by a file of root alone that reaches the disk, and goes', async (t) => {
  const { host, judge } = await node();
  host.effects.length = 0;
  await judge();
  const tried = host.effects.filter(({ path }) => path.endsWith('/.bos-trial'));
  for (const folder of ['/var', '/home', '/opt']) {
    const path = `${folder}/.bos-trial`;
    const once = [`create ${path} 0600`, `write ${path} 0+0`, `sync ${path}`, `remove ${path}`];
    const lines = tried.filter((effect) => effect.path === path).map(lineOf);
    // Health has to hold several times in a row.
    t.deepEqual(lines, Array.from({ length: lines.length / once.length }, () => once).flat());
    t.true(lines.length > 0);
  }
});

test('bad: a shutdown finds that it has failed before the record is written, which may take its time', async (t) => {
  const { host, judge } = await node({ units: { 'ssh.service': 'inactive' } });
  host.effects.length = 0;
  t.is(await judge(), 'failed');
  t.deepEqual(written(host.effects), [
    `create ${trialFailedPath} 0644-umask`,
    `write ${trialFailedPath} 0+0`,
    `replace ${upgradeRecordPath} 0644`,
  ]);
});

test('returned: the previous deployment is the current one, the other is remembered', async (t) => {
  const { judge, seen, record, said, has } = await node({ counted: 'p', tries: 'ppr' });
  t.is(await judge(), 'returned');
  t.deepEqual(await seen(), { ...environment(), kernel: '6.1.1', os: '1.0.0' });
  t.like(await record(), {
    last: { end: 'returned' },
    returned: [{ kernel: '6.1.2', os: '2.0.0', dcp: null }],
  });
  t.regex(said.join(), /^Bhojpur OS went back to 1\.0\.0: it did not start/);
  t.true(await has(trialEndPath));
});

const bad = test.macro({
  exec: async (t: ExecutionContext, state: State, reason: RegExp) => {
    const failed = await node(state);
    const before = await failed.seen();
    t.is(await failed.judge(), 'failed');
    t.deepEqual(await failed.seen(), before, 'the try stays taken');
    t.regex((await failed.record()).last.reason, reason);
    t.regex(failed.said.join(), /^Bhojpur OS 2\.0\.0 did not prove itself: /);
    t.false(await failed.has(trialEndPath), 'the watchdog goes on');
    t.false(await endTry(failed.host, '/'), 'the restart that follows puts nothing back');
    t.deepEqual(await failed.seen(), before);

    const back = await node({ ...state, counted: 'p', tries: 'ppr' });
    t.is(await back.judge(), 'returned', 'the previous one runs: that is enough');
    t.regex(back.said.join('\n'), reason);
    t.is((await back.seen()).os, '1.0.0');
  },
  title: (name = '') => `bad on a try, said on a return: ${name}`,
});
test('a unit of ours has failed', bad, { units: { 'bos-*.service': 'failed' } }, /bos-\*\.service is failed/);
test('a patch that could not be had is no fault of the version that runs', async (t) => {
  const answer = (id: string, state: string) => `Id=${id}\nActiveState=${state}\nSubState=x\n`;
  const systemctl = (args: readonly string[]) =>
    args.includes('bos-*.service')
      ? ['bos-patch@schedule.service', 'bos-patch-uncordon.service']
          .map((id) => answer(id, 'failed'))
          .join('\n')
      : args
          .filter((arg) => arg.endsWith('.service'))
          .map((id) => answer(id, 'active'))
          .join('\n');
  const { judge, record } = await node({ setup: { tools: { systemctl } } });
  t.is(await judge(), 'proved');
  t.is((await record()).patched.os, (await record()).last.to.os);
});
test('nobody can log in', bad, { units: { 'ssh.service': 'inactive' } }, /ssh\.service is inactive/);
test('no network service', bad, { units: { 'connman.service': 'failed' } }, /connman\.service is failed/);
test(
  'DCP is started again and again',
  bad,
  { dcp: '1', units: { 'dcp.service': 'activating' } },
  /dcp\.service is activating/,
);
test(
  'DCP is held back',
  bad,
  { dcp: '1', setup: { files: { '/run/bos/dcp-hold': 'no word' } } },
  /DCP does not start: no word/,
);
test(
  'the datastore of DCP could not be kept',
  bad,
  { dcp: '1', setup: { files: { '/run/bos/datastore-fault': 'no space' } } },
  /DCP does not start: no space/,
);
test('a folder is missing', bad, { mounted: ['/var', '/home'] }, /\/opt is not mounted/);
test(
  'the runtime phase never ends',
  bad,
  { phases: {} },
  /the runtime phase of the configuration has not ended/,
);
test(
  'the boot phase has failed',
  bad,
  {
    phases: {
      ...ended,
      boot: {
        ...ended.runtime,
        faults: [{ severity: 'error', kind: 'action', key: 'ssh', message: 'no keys' }],
      },
    },
  },
  /not fully applied: ssh: no keys/,
);
test(
  'what the configuration asks for: a URL',
  bad,
  { config: 'bos.upgrade.health=http://127.0.0.1:1/' },
  /127\.0\.0\.1:1\/ cannot be reached/,
);
test(
  'a folder cannot be written to',
  bad,
  {
    setup: {
      onWrite: (path) => {
        if (path === '/home/.bos-trial') throw new Error('read-only');
        return undefined;
      },
    },
  },
  /\/home cannot be written to: read-only/,
);

test('what may be the fault of the network fails nobody', async (t) => {
  const faults = [{ severity: 'error', kind: 'action', key: 'ssh_authorized_keys', message: 'unreachable' }];
  const { judge } = await node({ phases: { runtime: { ...ended.runtime, faults } } });
  t.is(await judge(), 'proved');
});

test('it is waited for up to the limit, and the checks have to hold several times in a row', async (t) => {
  let looks = 0;
  const systemctl = () => {
    looks += 1;
    // Two calls a look: well in the first look, not in the second, well from then on.
    return `Id=ssh.service\nActiveState=${looks === 3 || looks === 4 ? 'failed' : 'active'}\nSubState=x\n`;
  };
  const { host, judge } = await node({ setup: { tools: { systemctl } } });
  const start = host.clock.monotonic();
  t.is(await judge(), 'proved');
  t.is(looks, 10);
  t.is(host.clock.monotonic() - start, 20_000);
  const late = await node({ phases: {}, config: 'bos.upgrade.health_limit=60' });
  const lateStart = late.host.clock.monotonic();
  t.is(await late.judge(), 'failed');
  t.is(late.host.clock.monotonic() - lateStart, 60_000);
});

for (const [name, state] of Object.entries<State>({
  'nothing on trial': { counted: '', tries: '' },
  'started by hand, not counted': { counted: '', tries: 'ccpppr' },
  'the other one started by hand': { counted: '', runs: 'p', tries: 'ccpppr' },
  'counted, and something else runs': { counted: 'c', runs: 'p' },
}))
  test(`no judgement: ${name}`, async (t) => {
    const { judge, seen, host, has } = await node(state);
    const before = await seen();
    t.is(await judge(), 'none');
    t.deepEqual(await seen(), before);
    t.false(await has(upgradeRecordPath));
    t.is(await has(trialEndPath), state.counted === 'c', 'the watchdog is not left to bite');
    t.false(host.effects.some((effect) => effect.kind === 'write' && effect.path === devices.esp));
  });

test('a person has started it instead of the rescue shell, and it runs well', async (t) => {
  const current = await node({ counted: '', tries: 'r' });
  t.is(await current.judge(), 'proved');
  t.deepEqual(await current.seen(), environment(previous));
  const other = await node({ counted: '', runs: 'p', tries: 'r' });
  t.is(await other.judge(), 'returned');
  t.is((await other.seen()).os, '1.0.0');
});

for (const [counted, left, back] of [
  ['c', 'ccpppr', 'cccpppr'],
  ['c', 'pppr', 'cpppr'],
  ['p', 'ppr', 'pppr'],
  ['p', 'r', 'pr'],
] as const)
  test(`an orderly shutdown puts ${counted} back before ${left}, once`, async (t) => {
    const { host, seen, has } = await node({ counted, tries: left });
    host.effects.length = 0;
    t.true(await endTry(host, '/'));
    t.is((await seen()).others[triesVariable], back);
    t.deepEqual(written(host.effects).slice(0, 3), [
      `write ${devices.esp} one sector`,
      `sync ${devices.esp}`,
      `drop-cache ${devices.esp}`,
    ]);
    t.true(await has(trialPutBackPath));
    t.false(await endTry(host, '/'));
    t.is((await seen()).others[triesVariable], back);
  });

test('an orderly shutdown after the judgement, or of a start that was not counted, puts nothing back', async (t) => {
  for (const state of [{ counted: '' as const }, { tries: '' }]) {
    const { host, seen } = await node(state);
    const before = await seen();
    t.false(await endTry(host, '/'));
    t.deepEqual(await seen(), before);
  }
  const { host, judge, seen } = await node();
  await judge();
  t.false(await endTry(host, '/'));
  t.is((await seen()).others[triesVariable], undefined);
});

test('a return because the new kernel cannot be loaded: what the menu took off was a c', async (t) => {
  const { host, seen } = await node({ counted: 'p', tries: 'cppr' });
  t.true(await endTry(host, '/'));
  t.is((await seen()).others[triesVariable], 'ccppr');
});

for (const counted of ['c', 'p'] as const)
  test(`a power cut at any write, counted ${counted}: the next start is judged again or all is settled`, async (t) => {
    for (let allowed = 0; allowed < 3; allowed += 1) {
      let left = allowed;
      const cut = () => {
        left -= 1;
        if (left < 0) throw new Error('the power is gone');
      };
      const state = { counted, tries: counted === 'c' ? 'ccpppr' : 'ppr' };
      const machine = await node(state);
      const { host, seen } = machine;
      const before = await seen();
      const { writeAtomic, open } = host.files;
      const files = {
        ...host.files,
        writeAtomic: async (...args: Parameters<typeof writeAtomic>) => {
          cut();
          return writeAtomic(...args);
        },
        open: async (...args: Parameters<typeof open>) => {
          const file = await open(...args);
          if (args[1] === 'r') return file;
          return {
            ...file,
            size: file.size,
            write: async (...data: Parameters<typeof file.write>) => {
              cut();
              return file.write(...data);
            },
          };
        },
      };
      const say = () => {};
      await judgeTrial({ ...host, files }, { root: '/', say }).catch(() => {});
      const after = await seen();
      const settled = after.others[triesVariable] === undefined;
      if (!settled) t.deepEqual(after, before);
      // The machine comes back, with the letter that the menu takes off.
      const again = await judgeTrial(host, { root: '/', say });
      t.is(again, settled ? 'none' : counted === 'c' ? 'proved' : 'returned');
      t.is((await seen()).os, counted === 'c' ? '2.0.0' : '1.0.0');
      t.is((await seen()).others[triesVariable], undefined);
    }
  });

test('a record that cannot be kept changes nothing of what starts', async (t) => {
  const setup = { files: { [upgradeRecordPath]: 'not a record' } };
  const good = await node({ setup });
  t.is(await good.judge(), 'proved');
  t.is((await good.seen()).others[triesVariable], undefined);
  t.regex(good.said.join(), /the record of upgrades cannot be kept/);
  const failed = await node({ phases: {}, setup });
  t.is(await failed.judge(), 'failed');
  t.true(await failed.has(trialFailedPath));
});

test('stopped while it waits: nothing is judged', async (t) => {
  const { host, seen } = await node({ phases: {} });
  const before = await seen();
  await t.throwsAsync(
    judgeTrial(host, { root: '/', say: () => {}, signal: AbortSignal.abort(new Error('stop')) }),
    {
      message: 'stop',
    },
  );
  t.deepEqual(await seen(), before);
  t.true(await endTry(host, '/'));
});
