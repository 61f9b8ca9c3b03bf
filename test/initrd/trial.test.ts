/**
 * A boot on trial, as busybox runs it over folders of the test: the watchdog is armed and fed until the trial ends or
 * the limit is over, and what would end in a shell ends in a restart.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tryArgument } from '../../src/boot/trial.ts';
import { trialAlivePath } from '../../src/runtime/takeover/alive.ts';
import { trialEndPath } from '../../src/runtime/trial/judge.ts';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

interface Machine {
  /** The kernel command line. */
  readonly line: string;
  /** Shell, run in place of the initrd's recipe. */
  readonly steps: string;
  readonly nowayout?: '0' | '1';
  /** There is no watchdog, and no module makes one. */
  readonly bare?: boolean;
  /** The kernel notices when it locks up. */
  readonly lockups?: boolean;
  /** After so many seconds the trial ends. */
  readonly endsAt?: number;
  /** The takeover says that it lives: after so many seconds, for how many. */
  readonly signs?: readonly (readonly [at: number, text: string])[];
  /** After so many seconds systemd ends the feeder. */
  readonly stopsAt?: number;
}

/** A minute of the feeder takes no time: its sleep says how much has passed. */
function run(
  t: ExecutionContext,
  { line, steps, nowayout = '0', bare, lockups, endsAt, signs = [], stopsAt }: Machine,
) {
  const folder = temporaryFolder(t);
  for (const name of ['dev', 'run/bos', 'proc/sys/kernel', 'sys/class/watchdog/watchdog0', 'newroot'])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'proc/cmdline'), `${line}\n`);
  writeFileSync(join(folder, 'dev/console'), '');
  if (lockups) writeFileSync(join(folder, 'proc/sys/kernel/softlockup_panic'), '1\n');
  if (!bare) {
    writeFileSync(join(folder, 'dev/watchdog0'), '');
    writeFileSync(join(folder, 'sys/class/watchdog/watchdog0/nowayout'), `${nowayout}\n`);
  }
  const script = `${initrdFunctions(folder, ['messages', 'command-line', 'devices', 'trial'])}
RUN=${folder}/run/bos PROC=${folder}/proc
modprobe() { echo "modprobe $*" >> ${folder}/done; }
reboot() { echo "reboot $*" >> ${folder}/done; exit 0; }
sync() { echo sync >> ${folder}/done; }
seconds=0
sleep() {
  seconds=$((seconds + $1))
  [ "$seconds" -lt ${endsAt ?? 1e6} ] || : > ${folder}/run/bos/trial-ended
  ${signs.map(([at, text]) => `[ "$seconds" -ne ${at} ] || printf '${text}\\n' > ${folder}/run/bos/trial-alive`).join('\n  ')}
  # By number: what the shell calls $$ is the test's.
  [ "$seconds" -lt ${stopsAt ?? 1e6} ] || kill -TERM "$(exec sh -c 'echo $PPID')"
  [ "$seconds" -lt 900 ] || exit 0
}
read_command_line ${folder}/proc/cmdline
${steps}
wait
`;
  execFileSync('busybox', ['sh', '-c', script], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  const text = (path: string) =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8').trim() : '';
  return {
    fed: text('dev/watchdog0'),
    said: text('run/bos/initrd.log'),
    kernelLog: text('dev/kmsg'),
    sysrq: text('proc/sysrq-trigger'),
    panic: text('proc/sys/kernel/panic'),
    lockup: text('proc/sys/kernel/softlockup_panic'),
    done: text('done').split('\n'),
    text,
  };
}
const counted = `${tryArgument}=c bos.upgrade.limit=20`;
const begin = { line: counted, steps: 'begin_trial' };

test('what opsctl makes is what the feeder looks for', (t) => {
  t.is(trialEndPath, '/run/bos/trial-ended');
});

test('fed until the limit, and then no more; when that does not help, the machine is reset', (t) => {
  const { fed, kernelLog, sysrq, panic, said } = run(t, begin);
  t.is(fed, '.'.repeat(10));
  t.regex(kernelLog, /^<2>bos: the trial has not ended within 20 s: restarting$/);
  t.regex(sysrq, /^b+$/);
  t.is(panic, '10');
  t.regex(said, /this start is on trial: a watchdog restarts the machine after 20 s/);
});

test('fed as long as the takeover says that it lives, and no longer', (t) => {
  t.is(trialAlivePath, '/run/bos/trial-alive');
  const beating = [10, 20, 30, 40].map((at, index) => [at, `${index} 16`] as const);
  // The last sign, at 40 s, counts for 16.
  t.is(run(t, { ...begin, signs: beating }).fed, '.'.repeat(28));
  t.regex(run(t, { ...begin, signs: beating }).kernelLog, /the trial has not ended within 56 s/);
  // The same sign again is none, and one without a number counts for nothing.
  const same = [10, 20, 30].map((at) => [at, '7 16'] as const);
  t.is(run(t, { ...begin, signs: same }).fed, '.'.repeat(13));
  t.is(run(t, { ...begin, signs: [[10, '8']] }).fed, '.'.repeat(10));
  t.is(run(t, { ...begin, signs: [[10, '8 x y']] }).fed, '.'.repeat(10));
});

test('the machine is not reset before the watchdog had its time', (t) => {
  t.is(run(t, { ...begin, endsAt: 20 + 118 }).sysrq, '');
});

test('stopped by the magic close when the trial ends, also after the limit', (t) => {
  t.is(run(t, { ...begin, endsAt: 8 }).fed, '....V');
  t.is(run(t, { ...begin, endsAt: 30 }).fed, `${'.'.repeat(10)}V`);
});

test('a lockup is a panic until the trial ends, once', (t) => {
  const machine = { ...begin, lockups: true };
  t.is(run(t, machine).lockup, '1');
  t.is(run(t, { ...machine, endsAt: 8 }).lockup, '1\n0');
  t.is(run(t, { ...machine, endsAt: 8, nowayout: '1' }).lockup, '1\n0');
});

test('a watchdog that cannot be stopped is fed to the end', (t) => {
  const { fed, sysrq } = run(t, { ...begin, endsAt: 8, nowayout: '1' });
  t.is(fed, '.'.repeat(450));
  t.is(sysrq, '');
});

test('stopped when systemd ends it: a machine that is powered off stays off', (t) => {
  t.is(run(t, { ...begin, stopsAt: 8 }).fed, '....V');
});

test('without a watchdog: softdog is asked for, then the feeder resets the machine by itself', (t) => {
  const { done, said, sysrq } = run(t, { ...begin, bare: true });
  t.true(done.includes('modprobe -q softdog'));
  t.regex(said, /there is no watchdog/);
  t.regex(sysrq, /^b+$/);
});

test('600 seconds when nothing else is said', (t) => {
  t.is(run(t, { line: `${tryArgument}=p`, steps: 'begin_trial' }).fed, '.'.repeat(300));
});

for (const line of ['quiet', 'bos.upgrade.limit=20', `${counted} bos.mode=rescue`, `${tryArgument}=r`])
  test(`not counted, nothing is armed: ${line}`, (t) => {
    const { fed, panic, done, text } = run(t, {
      line,
      steps: 'begin_trial; restart_in_emergency; echo "[$TRY]" > $RUN/try',
    });
    t.deepEqual([fed, panic, done, text('run/bos/try')], ['', '', [''], '[]']);
    t.is(text('run/systemd/system/emergency.service.d/trial.conf'), '');
  });

test('rescue on a trial restarts, and says why; otherwise it opens a shell', (t) => {
  const { said, done } = run(t, { line: counted, steps: "rescue 'the disk is gone' 'look'" });
  t.regex(said, /FAILED: the disk is gone$/m);
  t.regex(said, /The machine restarts in 10 s/);
  t.deepEqual(done, ['sync', 'reboot -f']);
  t.notRegex(said, /root shell/);
});

test('emergency mode on a trial restarts', (t) => {
  const { text } = run(t, { line: counted, steps: 'restart_in_emergency' });
  t.regex(
    text('run/systemd/system/emergency.service.d/trial.conf'),
    /^ExecStart=\nExecStart=-\/bin\/sh .*systemctl --force reboot'$/m,
  );
  t.regex(text('run/systemd/system.conf.d/bos-trial.conf'), /^CrashReboot=yes$/m);
});
