/**
 * An installation on a machine on which something goes wrong: every kind of fault in every step, at its first, its
 * middle and its last call. However it ends, the exit code says whether the disk was touched, the message says what
 * to do, nothing stays mounted, nothing stays in /tmp, and the journal tells of it.
 */
import test from 'ava';
import { exitCodeOf, OpsError } from '../../src/errors.ts';
import type { Host } from '../../src/host/ports.ts';
import { mountPoint } from '../../src/install/plan-input.ts';
import { install } from '../../src/install/run.ts';
import { installLogPath } from '../../src/operation/journal.ts';
import type { Event } from '../../src/plan/events.ts';
import {
  type BeforeCall,
  type Call,
  type Fault,
  type FaultName,
  faults,
  watchedHost,
} from '../fakes/faulty-host.ts';
import type { FakeHost } from '../fakes/host.ts';
import { diskSize, machine } from '../steps/machine.ts';
import { disk, facts, liveFiles, request } from './fixtures.ts';

const configUrl = 'https://example.com/config.yaml';
const old = { path: '/dev/vda1', number: 1, start: 2 ** 20, size: 2 ** 20, mounts: [], holders: [] };
const machineFacts = facts({ disks: [disk({ size: diskSize, partitions: [old], content: 'data' })] });
const asked = request({ device: '/dev/vda', configUrl });

/** What is going on when a call is made: the checks, the preflights, or a step. */
const before = ['checks', 'preflights'];

/** What the message says of a disk that is lost, by the step that failed. */
const broken = /not installed and not bootable; run the same command again/;
const unchanged = /nothing was (changed|touched)/i;
const leftBehind = /What could not be put back is listed here/;
const endings: Readonly<Record<string, RegExp>> = {
  'mark-valid': /may have reached the target, so it may or may not be installed; run the same command again/,
  complete: /installation itself is complete/,
};

interface Run {
  readonly host: FakeHost;
  readonly events: readonly Event[];
  readonly calls: readonly { readonly during: string; readonly call: Call }[];
  readonly error: unknown;
}

function watchedMachine(before: BeforeCall): { readonly host: FakeHost; readonly watched: Host } {
  const { host } = machine({
    files: liveFiles,
    http: async () => ({ status: 200, headers: {}, body: Buffer.from('bos:\n  password: correct horse\n') }),
  });
  return { host, watched: watchedHost(host, before) };
}

/** Installs; `fail` may throw at a call, of which it is told the number and what is going on. */
async function run(fail: (call: Call, during: string) => void = () => {}): Promise<Run> {
  const events: Event[] = [];
  const calls: { during: string; call: Call }[] = [];
  let during = 'checks';
  const { host, watched } = watchedMachine((call) => {
    // The journal has its own test: what happens to it must not matter.
    if (call.what.startsWith('/var/log/bos')) return;
    calls.push({ during, call });
    fail(call, during);
  });
  const emit = (event: Event) => {
    events.push(event);
    if (event.type === 'plan') during = 'preflights';
    if (event.type === 'step-start') during = event.id;
    if (event.type === 'step-end' && !event.ok) during = 'undoing';
  };
  const error = await install(watched, asked, machineFacts, { emit }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { host, events, calls, error };
}

const whole = await run();

test('without a fault it installs, and every step is seen at work', (t) => {
  t.is(whole.error, undefined);
  const during = new Set(whole.calls.map((one) => one.during));
  const [plan] = whole.events;
  if (plan?.type !== 'plan') return t.fail();
  // Links are read back with a call that changes nothing; the folders of a running system need none.
  t.deepEqual(
    plan.steps.map(({ id }) => id).filter((id) => !during.has(id)),
    [],
  );
});

const failing = test.macro({
  exec: async (t, kind: FaultName, during: string, nth: number) => {
    const fault: Fault = faults[kind];
    let seen = 0;
    let happened = false;
    const { host, events, error } = await run((call, now) => {
      if (happened && fault.stays?.(call)) throw fault.error(call);
      if (happened || now !== during || !fault.applies(call)) return;
      seen += 1;
      if (seen <= nth) return;
      happened = true;
      throw fault.error(call);
    });
    t.true(happened);
    const last = events.findLast((event) => event.type === 'step-end');
    const complete = last?.id === 'mark-valid' && last.ok;
    // What is read although it need not be there: swap areas, a serial number, what is behind the end of a file.
    if (error === undefined) return t.true(complete);
    if (!(error instanceof OpsError)) return t.fail(`no message for a person: ${error}`);
    const plan = events.find((event) => event.type === 'plan');
    const destructive = new Set(plan?.steps.filter((step) => step.destructive).map(({ id }) => id));
    const started = events.filter((event) => event.type === 'step-start').map(({ id }) => id);
    const destroyed = started.some((id) => destructive.has(id));
    // What failed may keep its undoing from succeeding, too; then nothing is called unchanged.
    const stuck = error.details.some((line) => /could not be undone/.test(line));
    t.is(exitCodeOf(error), destroyed || stuck ? 5 : started.length > 0 ? 4 : 3, error.message);
    const said = [error.message, error.hint].join(' ');
    t.regex(
      said,
      destroyed ? (endings[complete ? 'complete' : during] ?? broken) : stuck ? leftBehind : unchanged,
    );
    if (destroyed || stuck) t.notRegex(said, unchanged);
    // Whether something is mounted can be unknown only where the kernel does not tell.
    t.notRegex(await host.files.readText('/proc/self/mountinfo'), new RegExp(mountPoint));
    t.deepEqual(Object.keys(host.tree('/tmp')), []);
    t.notRegex(Object.keys(host.tree('/run/bos')).join(), /opsctl-/);
    t.false(await host.files.exists('/run/bos/install.lock'));
    const ended = events.filter((event) => event.type === 'step-end').map(({ id }) => id);
    t.deepEqual(ended, started, 'each step that began has an end');
    const journal = (await host.files.readText(installLogPath)).trimEnd().split('\n');
    t.like(JSON.parse(journal.at(-1) ?? ''), {
      type: 'result',
      ok: false,
      exitCode: exitCodeOf(error),
      message: error.message,
    });
    if (started.length > 0) t.regex(error.details.join('\n'), /opsctl install --report/);
  },
  title: (_, kind: FaultName, during: string, nth: number) => `${kind} at call ${nth + 1} of ${during}`,
});

for (const kind of Object.keys(faults) as FaultName[]) {
  const steps = [...new Set(whole.calls.map((one) => one.during))];
  for (const during of steps) {
    const fault: Fault = faults[kind];
    const count = whole.calls.filter((one) => one.during === during && fault.applies(one.call)).length;
    for (const nth of new Set([0, Math.floor(count / 2), count - 1]))
      if (nth >= 0 && nth < count) test(failing, kind, during, nth);
  }
}

test('what cannot be cleaned up after the last step is no failure of the installation', async (t) => {
  const { host, watched } = watchedMachine(() => {});
  const { remove } = host.files;
  Object.assign(watched.files, {
    remove: (path: string) =>
      path.startsWith('/run/bos/opsctl-install') ? Promise.reject(new Error('EIO: i/o error')) : remove(path),
  });
  const error = await t.throwsAsync(install(watched, asked, machineFacts, { emit: () => {} }), {
    instanceOf: OpsError,
    code: 'release-failed',
  });
  t.regex(error?.hint ?? '', /installation itself is complete/);
});

test('every kind of fault can happen, before the steps or in them', (t) => {
  for (const kind of Object.keys(faults) as FaultName[]) {
    const fault: Fault = faults[kind];
    t.true(
      whole.calls.some(({ call }) => fault.applies(call)),
      kind,
    );
  }
  t.true(before.every((one) => whole.calls.some(({ during }) => during === one)));
});
