/** What the initrd boots: by the command line, by the verdict on the disks, and where the installer runs then. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Of } from '../../src/host/digest.ts';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

/** What is said and done elsewhere; the rescue shell ends it. */
const stubs = `
say() { echo "said: $*"; }
rescue() { echo "rescue: $*"; exit 0; }
wait_for() { [ "$1" = find_medium ] && [ -z "$no_medium" ]; }
mounted() { false; }
coldplug() { :; }
usleep() { :; }
all_volumes() { :; }
await_disks() { :; }
blocks() { echo vda; }
ext4_uuid() { echo "uuid-of-$1"; }
judge_disks() { STATE=/dev/vda3; }
judge_request() { STATE=/dev/vda3; }
outcome() { echo "mode: $MODE \${STATE_UUID:--} \${REQUESTED_RESCUE:--} \${RESCUE_REASON:--}"; }
`;

function said(t: ExecutionContext, script: string, names = ['messages', 'command-line', 'decide']): string {
  const text = `${initrdFunctions(temporaryFolder(t), names)}VERDICT='' WHY='' no_medium=''${stubs}${script}`;
  return execFileSync('busybox', ['sh', '-c', text], { encoding: 'utf8' }).trim();
}

const says = test.macro((t, script: string, expected: string) => {
  t.is(said(t, script), expected);
});

const choosing = (more: string) => `${more}; choose_mode; outcome`;
test('nothing said: live', says, choosing(':'), 'mode: live - - -');
test('a state partition alone: the disk', says, choosing('STATE_UUID=u'), 'mode: disk u - -');
test('a mode that is said', says, choosing('MODE=install STATE_UUID=u'), 'mode: install u - -');
test('rescue with the tools of the medium', says, choosing('MODE=rescue'), 'mode: live - 1 -');
test('rescue with those of the disk', says, choosing('MODE=shell STATE_UUID=u'), 'mode: disk u 1 -');
test(
  'a mode that is not one',
  says,
  choosing('MODE=moon'),
  'rescue: bos.mode=moon is not a mode Use: live, install, disk, local, rescue.',
);

const byDisks = (verdict: string, fallback = 'install') =>
  `MODE=live FALLBACK=${fallback} VERDICT=${verdict} WHY=''; [ ${verdict} != damaged ] || WHY=torn; decide_by_disks; outcome`;
test('what is valid is started', says, byDisks('valid'), 'said: disks: valid\nmode: disk uuid-of-vda3 - -');
for (const verdict of ['none', 'unfinished']) {
  test(
    `${verdict}: the fallback`,
    says,
    byDisks(verdict, 'live'),
    `said: disks: ${verdict}\nmode: live - - -`,
  );
  test(
    `${verdict}: a rescue shell as the fallback`,
    says,
    byDisks(verdict, 'rescue'),
    `said: disks: ${verdict}\nmode: live - 1 -`,
  );
}
test(
  'what is damaged is never installed over',
  says,
  byDisks('damaged'),
  'said: disks: damaged (torn)\nmode: live - - a damaged installation was found: torn',
);
test(
  'a fallback that is not one',
  says,
  byDisks('none', 'moon'),
  'rescue: bos.fallback_mode=moon is not a mode Use: install, live, rescue.',
);
test(
  'no medium to fall back to',
  says,
  `no_medium=1; ${byDisks('none')}`,
  'rescue: no medium was found bos.fallback_mode needs one to install from.',
);

const repeated = (more: string) => `MODE=install SILENT=1; ${more}; is_repeated && echo yes || echo no`;
test('unattended', says, repeated(':'), 'yes');
test('with questions', says, repeated("SILENT=''"), 'no');
test('always', says, repeated('ALWAYS=1'), 'no');
test('decided by the disks already', says, repeated('FALLBACK=install'), 'no');
test('not installing', says, repeated('MODE=live'), 'no');

const byRequest = (verdict: string) =>
  `MODE=install VERDICT=${verdict} WHY=torn; decide_by_request id; outcome`;
test(
  'installed by this request',
  says,
  byRequest('valid'),
  'said: already installed by this request: starting /dev/vda3 (bos.install.always installs again)\nmode: disk uuid-of-vda3 - -',
);
test(
  'damaged since',
  says,
  byRequest('damaged'),
  'mode: live - - the installation made by this request is damaged: torn',
);
test('not installed by it yet', says, byRequest('none'), 'mode: install - - -');
test(
  'no medium to install from',
  says,
  `no_medium=1; ${byRequest('none')}`,
  'rescue: no medium with Bhojpur OS was found within 60 s Disks seen: vda',
);

const byFile = (set: string, file?: string) => `RUN=$RUN/run; ${
  file === undefined
    ? ''
    : `mkdir -p $RUN/medium/bos/system; printf %s '${file}' > $RUN/medium/bos/system/config.yaml;`
}
judge_request() { echo "judged: $1"; VERDICT=valid STATE=/dev/vda3; }
MODE=install; ${set}; ! is_left_to_file || decide_by_file 0123456789abcdef; outcome`;
const silent = 'bos: {install: {silent: true}}';
const itsId = (file: string) => sha256Of(Buffer.from(`0123456789abcdef\n${file}`)).slice(0, 16);
const installing = 'mode: install - - -';
const startsTheDisk = (file: string) =>
  `judged: ${itsId(file)}\nsaid: already installed by this request: starting /dev/vda3 (bos.install.always installs again)\nmode: disk uuid-of-vda3 - -`;
test("installed by the medium's own file", says, byFile(':', silent), startsTheDisk(silent));
for (const file of [
  'bos:\n  install:\n    silent: true\n',
  '# nothing is silent\n',
  '{"bos": {"install": {"silent": true}}}',
])
  test(
    `the file is not read, only recognized: ${JSON.stringify(file)}`,
    says,
    byFile(':', file),
    startsTheDisk(file),
  );
test('a medium without a file', says, byFile(':'), installing);
test('a file that does not make it silent', says, byFile(':', 'hostname: a'), installing);
test('the command line says to ask', says, byFile('ASKING=1', silent), installing);
test('the command line says always', says, byFile('ALWAYS=1', silent), installing);
test('the command line is the request', says, byFile('SILENT=1', silent), installing);
test(
  'a medium with a file that starts something else',
  says,
  byFile('MODE=live', silent),
  'mode: live - - -',
);

const ttys = test.macro((t, script: string, expected: string) => {
  t.is(
    said(t, `CONSOLES="tty0 ttyS0"; ${script}; installer_ttys`, ['messages', 'command-line', 'installer']),
    expected,
  );
});
test('the installer asks on every console', ttys, ':', 'tty1\nttyS0');
test('unattended, on the last one', ttys, 'SILENT=1', 'console');
test('on the terminal that is named', ttys, 'SILENT=1 INSTALL_TTY=/dev/ttyS1,9600', 'ttyS1');
test('on one that is to be found out', ttys, 'INSTALL_TTY=auto', 'tty1\nttyS0');

test('what was booted is written down so that opsctl can read it', (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'run'));
  const record = (set: string, mode: string) => {
    const script = `${initrdFunctions(folder, ['hand-over'])}
mounted() { true; }
MEDIUM=/dev/sr0 ESP=/dev/vda2 VERSION=6.1 OS=1.0 DCP='a"b\\' REQUEST=0f EPHEMERAL='' ${set}
record_boot ${mode}`;
    execFileSync('busybox', ['sh', '-c', script]);
    return JSON.parse(readFileSync(join(folder, 'run/boot.json'), 'utf8'));
  };
  const both = {
    ...{ v: 1, medium: '/dev/sr0', mediumRoot: `${folder}/run/medium` },
    ...{ kernel: '6.1', os: '1.0', dcp: 'a"b\\', request: '0f', try: '', ephemeral: false },
  };
  // An ESP that was looked at is not that of a live system.
  t.deepEqual(record("STATE=''", 'live'), { ...both, mode: 'live', state: '', esp: '' });
  const onDisk = record('STATE=/dev/vda3', 'disk');
  t.deepEqual(onDisk, { ...both, mode: 'disk', state: '/dev/vda3', esp: '/dev/vda2' });
  // What dcp.service starts is of this deployment, whatever the links on the disk say.
  const link = () => readlinkSync(join(folder, 'run/dcp'));
  record("STATE=/dev/vda3 DCP='v1.28.9'", 'disk');
  t.is(link(), '/bos/system/dcp/v1.28.9');
  record("STATE=/dev/vda3 DCP=''", 'disk');
  t.throws(link, { code: 'ENOENT' });
});

test('the versions that are there are listed', (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['b', 'a c']) writeFileSync(join(folder, name), '');
  const functions = initrdFunctions(folder, ['source']);
  const list = (path: string) =>
    execFileSync('busybox', ['sh', '-c', `${functions}names_in ${path}`], { encoding: 'utf8' });
  t.is(list(folder), 'a c b\n');
  t.is(list(`${folder}/gone`), '\n');
});
