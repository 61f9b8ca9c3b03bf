/** What a person sees while the initrd works: a line at each stage, and seconds where it waits. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

/** Runs it with two consoles, whose texts it returns; they must be the same. */
function shown(t: ExecutionContext, names: readonly string[], script: string): string[] {
  const folder = temporaryFolder(t);
  for (const name of ['dev', 'run', 'sys/class/tty/console'])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'sys/class/tty/console/active'), 'tty0 ttyS0\n');
  writeFileSync(join(folder, 'clock'), '100');
  const text = `${initrdFunctions(folder, ['messages', ...names])}
say() { for c in $CONSOLES; do echo "bos: $*" >> "$DEV/$c"; done; }
coldplug() { :; }
volumes() { :; }
mounted() { false; }
is_complete() { true; }
mount_state() { :; }
mount_var() { :; }
uptime_s() { cat ${folder}/clock; }
# A look takes a second, and there are four of them in one.
usleep() { ticks=$((\${ticks:-0} + 1)); [ $((ticks % 4)) != 0 ] || echo $(($(uptime_s) + 1)) > ${folder}/clock; }
rescue() { say "RESCUE: $1"; exit 0; }
LIMIT=60 STATE='' STATE_UUID='' MEDIUM=''
find_consoles
${script}`;
  execFileSync('busybox', ['sh', '-c', text], { encoding: 'utf8' });
  const [screen, serial] = ['tty0', 'ttyS0'].map((name) => readFileSync(join(folder, 'dev', name), 'utf8'));
  t.is(screen, serial);
  return (screen ?? '').replaceAll(folder, '').trimEnd().split('\n');
}

const says = test.macro((t, names: readonly string[], script: string, expected: readonly string[]) => {
  t.deepEqual(shown(t, names, script), [...expected]);
});

const after = (seconds: number) => `there() { [ "$(uptime_s)" -ge $((100 + ${seconds})) ]; }`;
const waiting = ['devices'];
test('what is there at once: one line', says, waiting, `${after(0)}; wait_for there 'the medium'`, [
  'bos: looking for the medium',
]);
test('seconds, every five of them', says, waiting, `${after(12)}; wait_for there 'the medium'`, [
  'bos: looking for the medium',
  'bos: waiting for the medium: 5 s of at most 60 s',
  'bos: waiting for the medium: 10 s of at most 60 s',
]);
test(
  'until the limit',
  says,
  waiting,
  `LIMIT=6; ${after(99)}; wait_for there 'a disk' || say "gone after $(($(uptime_s) - 100)) s"`,
  ['bos: looking for a disk', 'bos: waiting for a disk: 5 s of at most 6 s', 'bos: gone after 7 s'],
);
test(
  'no limit at all: one look',
  says,
  waiting,
  `LIMIT=0; ${after(1)}; wait_for there 'a disk' || say "gone after $(($(uptime_s) - 100)) s"`,
  ['bos: looking for a disk', 'bos: gone after 0 s'],
);
test(
  'a drive that takes eleven seconds for each look',
  says,
  waiting,
  `there() { echo $(($(uptime_s) + 11)) > $RUN/../clock; [ "$(uptime_s)" -ge 130 ]; }; wait_for there 'the medium'`,
  [
    'bos: looking for the medium',
    'bos: waiting for the medium: 11 s of at most 60 s',
    'bos: waiting for the medium: 22 s of at most 60 s',
  ],
);

const source = ['devices', 'decide', 'source'];
test('a medium', says, source, 'MODE=live; find_medium() { MEDIUM=/dev/sr0; }; find_source', [
  'bos: looking for the medium',
  'bos: medium found: /dev/sr0',
]);
test('a medium that came with the kernel', says, source, 'MODE=live; find_medium() { :; }; find_source', [
  'bos: looking for the medium',
  'bos: medium found: in memory, loaded with the kernel',
]);
test(
  'an installation',
  says,
  source,
  'MODE=disk STATE_UUID=u; find_state() { STATE=/dev/vda3 SEEN=1; }; read_mark() { :; }; find_source',
  ['bos: looking for the state partition (UUID u)', 'bos: installation found: /dev/vda3'],
);
test(
  'a file system that is named',
  says,
  source,
  'MODE=local ROOT=UUID=u; find_state() { STATE=/dev/sda1; }; find_source',
  ['bos: looking for UUID=u', 'bos: file system found: /dev/sda1'],
);

test('what takes long is told every five seconds, and ends with its own code', (t) => {
  const script = `sleep() { [ -e $RUN/ended ] && return 1; n=$((\${n:-0} + 1)); [ "$n" -lt 13 ] || : > $RUN/ended; }
long() { while [ ! -e $RUN/ended ]; do usleep 10000; done; return 7; }
patiently 'checking the file system on /dev/vda3' long > /dev/null
say "code $?"`;
  t.deepEqual(shown(t, [], script), [
    'bos: checking the file system on /dev/vda3: 5 s',
    'bos: checking the file system on /dev/vda3: 10 s',
    'bos: code 7',
  ]);
});
test('what is quick is not told', says, [], `patiently 'checking' true && say done`, ['bos: done']);

test('the first line comes before anything is looked for, and each stage has one', (t) => {
  const init = readFileSync(new URL('../../os/initrd/init', import.meta.url), 'utf8');
  const order = [
    'find_consoles',
    'say "starting',
    'read_command_line',
    'find_source',
    'say "system found',
    'apply_phases',
  ];
  const places = order.map((text) => init.indexOf(`\n${text}`));
  t.false(places.includes(-1));
  t.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});
