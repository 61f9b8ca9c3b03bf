import test from 'ava';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import type { Place } from '../../../../src/runtime/appliers/write-files/write-places.ts';
import { placeOf } from '../../../../src/runtime/appliers/write-files/write-places.ts';

const running = ['/', '/usr', '/proc', '/sys', '/dev', '/run', '/bos'];
const state = ['/home', '/var', '/opt'];
const systemd = ['/dev/shm', '/run/lock'];

/** What is mounted in each phase of an installed system. */
const installed: Readonly<Record<RunPhase, readonly string[]>> = {
  initrd: running,
  boot: [...running, ...state],
  runtime: [...running, ...state, ...systemd],
};
const live: Readonly<Record<RunPhase, readonly string[]>> = {
  initrd: running,
  boot: running,
  runtime: [...running, ...systemd],
};

const kinds = test.macro<[string, readonly Place['kind'][], typeof live?]>({
  exec: (t, path, expected, mounts = installed) => {
    const found = (['initrd', 'boot', 'runtime'] as const).map(
      (phase) =>
        placeOf(path, { phase, hasState: mounts === installed, mounts: new Set(mounts[phase]) }).kind,
    );
    t.deepEqual(found, [...expected]);
  },
  title: (note = '', path) => `initrd, boot, runtime: ${path} ${note}`,
});
test(kinds, '/etc/motd', ['write', 'write', 'write']);
test(kinds, '/etc/variable', ['write', 'write', 'write']);
test(kinds, '/run/x', ['write', 'write', 'write']);
test(kinds, '/tmp/x', ['write', 'write', 'write']);
test(kinds, '/dev/mqueue/x', ['write', 'write', 'write']);
test(kinds, '/var/x', ['later', 'write', 'write']);
test(kinds, '/home/bhojpur/x', ['later', 'write', 'write']);
test(kinds, '/opt/x', ['later', 'write', 'write']);
test('live', kinds, '/var/x', ['write', 'write', 'write'], live);
test(kinds, '/dev/shm/x', ['hidden', 'hidden', 'write']);
test('live', kinds, '/run/lock/x', ['hidden', 'hidden', 'write'], live);
test(kinds, '/run/user/1000/x', ['hidden', 'hidden', 'hidden']);
test(kinds, '/usr/bin/arch', ['read-only', 'read-only', 'read-only']);
test(kinds, '/bos/system/config.yaml', ['read-only', 'read-only', 'read-only']);
test(kinds, '/proc/sys/vm/swappiness', ['in-place', 'in-place', 'in-place']);
test(kinds, '/sys/power/state', ['in-place', 'in-place', 'in-place']);

test('a user who is logged in has a folder that stays', (t) => {
  const mounts = new Set(['/run/user/1000']);
  t.is(placeOf('/run/user/1000/x', { phase: 'runtime', hasState: true, mounts }).kind, 'write');
});

const advice = test.macro({
  exec: (t, path: string, expected: string) => {
    const place = placeOf(path, { phase: 'boot', hasState: true, mounts: new Set() });
    t.true('why' in place && place.why.includes(`write ${expected} instead`), JSON.stringify(place));
  },
  title: (_, path, expected) => `${path}: write ${expected} instead`,
});
test(advice, '/usr/bin/arch', '/usr/local/bin/arch');
test(advice, '/usr/sbin/tool', '/usr/local/sbin/tool');
test(advice, '/usr/lib/systemd/system/a.service', '/etc/systemd/system/a.service');
test(advice, '/usr/lib/sysctl.d/a.conf', '/etc/sysctl.d/a.conf');
test(advice, '/usr/share/x', 'below /usr/local or /opt');
test(advice, '/bos/system/config.yaml', '/var/lib/bhojpur/os/config.yaml');
test(advice, '/bos/x', 'below /usr/local or /opt');
test(advice, '/dev/shm/x', 'it below /run');
test(advice, '/run/user/1000/x', 'it below /home or /run');
