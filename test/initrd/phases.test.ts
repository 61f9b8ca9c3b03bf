/**
 * What the initrd does when opsctl is through with the early phases, run by busybox with a fake chroot: only a system
 * with its folders, whose phases ended, is handed to systemd.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { configStatusPath, recordPhases } from '../../src/runtime/status/config-status.ts';
import { temporaryFolder } from '../formats/support.ts';
import { fakeRoot } from '../runtime/fake-root.ts';
import { initrdFunctions } from './functions.ts';

const folders = ['var', 'home', 'opt'];
const ended =
  '{"v":1,"phases":{"initrd":{"at":"x","failed":0,"faults":[]},"boot":{"at":"x","failed":1,"faults":[]}}}';
const half = '{"v":1,"phases":{"initrd":{"at":"x","failed":0,"faults":[{"message":"no \\"boot\\":{"}]}}}';

/** What is said when nothing went wrong. */
const applied = 'applying the configuration\nconfiguration applied; starting the services\nsystemd\n';

interface Ending {
  /** The exit code of opsctl. */
  readonly code: number;
  /** config-status.json as it left it. */
  readonly status?: string;
  readonly mounted?: readonly string[];
  /** Empty for a live system. */
  readonly state?: string;
  readonly ephemeral?: boolean;
}

/** What it says, with the folder of the test taken out; ends with `systemd` when the boot goes on. */
function afterPhases(
  t: ExecutionContext,
  { code, status, mounted = [], state = '/dev/vda3', ephemeral }: Ending,
) {
  const folder = temporaryFolder(t);
  for (const name of ['run', 'proc']) mkdirSync(join(folder, name));
  const lines = mounted.map((name) => `/dev/vda3 ${folder}/newroot/${name} ext4 rw 0 0\n`);
  writeFileSync(join(folder, 'proc/mounts'), `root ${folder}/newroot tmpfs rw 0 0\n${lines.join('')}`);
  if (status !== undefined) writeFileSync(join(folder, 'run/left.json'), status);
  const script = `${initrdFunctions(folder, ['messages', 'medium', 'hand-over'])}
AT=${folder} STATE=${state} EPHEMERAL=${ephemeral ? 'true' : "''"} MODE=${state === '' ? 'live' : 'disk'}
say() { echo "$*"; }
show_file() { cat "$1"; }
rescue() { echo "RESCUE: $1"; echo "$2"; exit 0; }
chroot() { [ ! -f $RUN/left.json ] || mv $RUN/left.json $RUN/config-status.json; return ${code}; }
apply_phases
echo systemd`;
  const said = execFileSync('busybox', ['sh', '-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const hold = join(folder, 'run/dcp-hold');
  return { said, hold: existsSync(hold) ? readFileSync(hold, 'utf8') : undefined };
}

for (const code of [0, 1, 2, 3, 5, 9, 127, 130, 134, 137, 139]) {
  test(`exit code ${code} and no word of the phases: the rescue shell`, (t) => {
    const { said } = afterPhases(t, { code, mounted: folders });
    t.regex(said, /^RESCUE: the configuration was not applied: opsctl ended early \(exit code \d+\)$/m);
    t.notRegex(said, /systemd/);
  });

  test(`exit code ${code} when the folders are not there: the rescue shell`, (t) => {
    const { said } = afterPhases(t, { code, status: ended });
    t.regex(
      said,
      /^RESCUE: the persistent folders of \/dev\/vda3 could not be mounted: \/var is missing\nNothing/m,
    );
    t.notRegex(said, /systemd/);
  });

  test(`exit code ${code} when folders and phases are there: the boot goes on`, (t) => {
    const { said, hold } = afterPhases(t, { code, status: ended, mounted: folders });
    t.regex(said, /^systemd$/m);
    t.notRegex(said, /RESCUE/);
    t.is(hold, undefined);
  });
}

for (const missing of folders) {
  test(`/${missing} alone is missing`, (t) => {
    const mounted = folders.filter((name) => name !== missing);
    const { said } = afterPhases(t, { code: 0, status: ended, mounted });
    t.regex(said, new RegExp(`^RESCUE: .* could not be mounted: /${missing} is missing$`, 'm'));
  });
}

for (const status of ['', '{"v":1,"ph', half])
  test(`ended after ${status.length} bytes of its record`, (t) => {
    t.regex(afterPhases(t, { code: 137, status, mounted: folders }).said, /^RESCUE: the configuration/m);
  });

test('it knows the record that opsctl makes', async (t) => {
  const { host, root } = await fakeRoot(t);
  const phase = { at: '2026-01-01T00:00:00.000Z', durationMs: 1, applied: 1, failed: 0, faults: [] };
  await recordPhases(host, root, { initrd: phase });
  const record = () => readFileSync(join(root, configStatusPath), 'utf8');
  t.regex(afterPhases(t, { code: 0, status: record(), mounted: folders }).said, /RESCUE/);
  await recordPhases(host, root, { boot: phase });
  t.is(afterPhases(t, { code: 0, status: record(), mounted: folders }).said, applied);
});

test('a system that keeps nothing has no such folders, but an identity', (t) => {
  t.regex(afterPhases(t, { code: 0, status: ended, ephemeral: true }).said, /^systemd$/m);
  t.regex(afterPhases(t, { code: 134, ephemeral: true }).said, /^RESCUE: the configuration was not applied/m);
});

test('a live system comes up, and DCP waits', (t) => {
  const crashed = afterPhases(t, { code: 134, state: '' });
  t.regex(crashed.said, /opsctl ended early \(exit code 134\); DCP is not started\nsystemd$/m);
  t.is(
    crashed.hold,
    'DCP is not started: the configuration was not applied: opsctl ended early (exit code 134)\n',
  );
  const whole = afterPhases(t, { code: 0, status: ended, state: '' });
  t.is(whole.said, applied);
  t.is(whole.hold, undefined);
});
