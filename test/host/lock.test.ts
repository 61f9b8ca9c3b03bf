import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { type Lock, withLock } from '../../src/host/lock.ts';

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
  await host.files.symlink('999999999', lock.path);
  t.is(await withLock(host, lock, async () => 'taken over'), 'taken over');
});
