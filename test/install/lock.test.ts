import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { withInstallLock } from '../../src/install/lock.ts';

/** The real files, with /run/bos under a folder of the test. */
async function host(): Promise<Host> {
  const real = linuxHost();
  const root = await real.files.makeTempDir('lock-test-');
  const below = (path: string) => (path.startsWith('/proc/') ? path : `${root}${path}`);
  const files = {
    ...real.files,
    makeDir: (path: string) => real.files.makeDir(below(path)),
    symlink: (to: string, path: string) => real.files.symlink(to, below(path)),
    readLink: (path: string) => real.files.readLink(below(path)),
    remove: (path: string) => real.files.remove(below(path)),
    exists: (path: string) => real.files.exists(below(path)),
  };
  return { ...real, files };
}

test('a second installation is refused while one runs, and not after', async (t) => {
  const machine = await host();
  const result = await withInstallLock(machine, async () => {
    await t.throwsAsync(
      withInstallLock(machine, async () => {}),
      { code: 'install-running' },
    );
    return 'done';
  });
  t.is(result, 'done');
  t.is(await withInstallLock(machine, async () => 'again'), 'again');
});

test('the lock is given back on failure, and a dead process holds none', async (t) => {
  const machine = await host();
  await t.throwsAsync(
    withInstallLock(machine, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  await machine.files.symlink('999999999', '/run/bos/install.lock');
  t.is(await withInstallLock(machine, async () => 'taken over'), 'taken over');
});
