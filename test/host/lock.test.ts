/** One at a time: within a process, and over what processes have left that are gone. */
import { dirname } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { type Lock, withLock } from '../../src/host/lock.ts';
import { fakeHost } from '../fakes/host.ts';
import { runs } from '../properties.ts';

const host = linuxHost();

async function lockOf(patience?: number): Promise<Lock> {
  return {
    path: `${await host.files.makeTempDir('lock-test-')}/run/bos/some.lock`,
    busy: (owner) => new OpsError('refused', 'busy', `busy: ${owner}`),
    ...(patience === undefined ? {} : { patience }),
  };
}

test('a second one is refused while one works, and not after', async (t) => {
  const lock = await lockOf();
  const result = await withLock(host, lock, async () => {
    await t.throwsAsync(
      withLock(host, lock, async () => {}),
      { code: 'busy', message: `busy: ${process.pid}` },
    );
    return 'done';
  });
  t.is(result, 'done');
  t.is(await withLock(host, lock, async () => 'again'), 'again');
});

test('one that may wait gets it when the first has ended', async (t) => {
  const lock = await lockOf(60_000);
  const order: string[] = [];
  let second: Promise<void> | undefined;
  await withLock(host, lock, async () => {
    const waits = new Promise<void>((started) => {
      const clock = {
        ...host.clock,
        sleep: async () => {
          started();
          await new Promise((next) => setImmediate(next));
        },
      };
      second = withLock({ ...host, clock }, lock, async () => void order.push('second'));
    });
    await waits;
    order.push('first');
  });
  await second;
  t.deepEqual(order, ['first', 'second']);
});

test('it is given back on failure, and a dead process holds none', async (t) => {
  const lock = await lockOf();
  await t.throwsAsync(
    withLock(host, lock, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  const own = await host.processes.identify(process.pid);
  for (const owner of [
    '999999999@1.0',
    // Its number belongs to another process by now: this one, which began later, or in another boot.
    `${process.pid}@1.${own?.split('.')[1]}`,
    `${own?.split('.')[0]}.00000000`,
    'what is this',
  ]) {
    await host.files.symlink(owner, lock.path);
    t.is(await withLock(host, lock, async () => owner), owner);
    t.deepEqual(await host.files.list(dirname(lock.path)), []);
  }
});

test('a file in the place of a lock has no owner and is taken away; a folder that cannot be read is said', async (t) => {
  const lock = await lockOf();
  await host.files.makeDir(dirname(lock.path));
  await host.files.write(lock.path, `${process.pid}`);
  t.is(await withLock(host, lock, async () => 'done'), 'done');
  t.deepEqual(await host.files.list(dirname(lock.path)), []);
  await host.files.symlink('999999999@1.0', lock.path);
  const files = {
    ...host.files,
    readLink: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })),
  };
  await t.throwsAsync(
    withLock({ ...host, files }, lock, async () => {}),
    { message: 'EIO' },
  );
});

test('a lock that cannot be removed hides neither what the work came to nor its error', async (t) => {
  const lock = await lockOf();
  const files = { ...host.files, remove: () => Promise.reject(new Error('EROFS')) };
  t.is(await withLock({ ...host, files }, lock, async () => 'done'), 'done');
  await host.files.remove(lock.path);
  await t.throwsAsync(
    withLock({ ...host, files }, lock, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
});

test('property: of several that find the link of one that is gone, one at a time is inside', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (s, count) => {
      const shared = fakeHost({ files: { '/run/x': '' } });
      await shared.files.symlink('7@1', '/run/lock');
      const step = <A extends unknown[], R>(act: (...args: A) => Promise<R>) => s.scheduleFunction(act);
      const { symlink, readLink, remove } = shared.files;
      let inside = 0;
      let entered = 0;
      const pids = Array.from({ length: count }, (_, index) => 100 + index);
      const works = pids.map(async (pid) => {
        const on = {
          ...shared,
          files: { ...shared.files, symlink: step(symlink), readLink: step(readLink), remove: step(remove) },
          processes: {
            ...shared.processes,
            identify: async (of: number) => (pids.includes(of) ? `${of}@2` : undefined),
          },
          clock: { ...shared.clock, monotonic: () => 0, sleep: step(async () => {}) },
          system: { ...shared.system, pid },
        };
        const lock = { path: '/run/lock', busy: () => new OpsError('refused', 'busy', 'busy'), patience: 1 };
        await withLock(on, lock, async () => {
          inside += 1;
          entered += 1;
          t.is(inside, 1);
          await step(async () => {})();
          inside -= 1;
        });
      });
      await s.waitFor(Promise.all(works));
      t.is(entered, count);
      t.deepEqual(await shared.files.list('/run'), ['x']);
    }),
    { numRuns: runs(200) },
  );
});
