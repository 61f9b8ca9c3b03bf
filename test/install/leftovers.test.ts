/** What an installation that was killed has left, and one that still runs. */
import test from 'ava';
import { leftMounted, oneInstallation, releaseLeft, requireNoOther } from '../../src/install/leftovers.ts';
import { fakeHost } from '../fakes/host.ts';

const mountInfo = '/proc/self/mountinfo';
const mounted = '22 21 254:3 / /run/bos/target rw - ext4 /dev/vda3 rw\n';

/** A machine on which process 4711 has the lock. */
async function busy(setup: Parameters<typeof fakeHost>[0] = {}) {
  const host = fakeHost(setup);
  const owner = '4711@1';
  const { identify } = host.processes;
  Object.assign(host.processes, {
    identify: async (pid: number) => (pid === 4711 ? owner : identify(pid)),
  });
  await host.files.makeDir('/run/bos');
  await host.files.symlink(owner, oneInstallation.path);
  return host;
}

test('while another process installs, nothing else may', async (t) => {
  const error = await t.throwsAsync(requireNoOther(await busy()), { code: 'install-running' });
  t.regex(error?.message ?? '', /process 4711/);
  await t.notThrowsAsync(requireNoOther(fakeHost()));
});

test('what another process has mounted for its installation stays mounted', async (t) => {
  const host = await busy({ files: { [mountInfo]: mounted } });
  await t.throwsAsync(releaseLeft(host), { code: 'install-running' });
  t.is(await leftMounted(host), '/dev/vda3');
  t.deepEqual(host.ran, []);
});
