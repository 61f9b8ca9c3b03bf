/** One build at a time in a cache; leftovers of killed ones; room. */
import test from 'ava';
import { withCache } from '../../src/build/cache.ts';
import { folder, hostWith, realHost } from './support.ts';

const { files } = realHost;

test('a second build in the same cache is refused while the first one works, and only then', async (t) => {
  const cache = await folder(t);
  await withCache(realHost, cache, async () => {
    const error = await t.throwsAsync(withCache(realHost, cache, () => Promise.resolve()));
    t.like(error, { kind: 'refused', code: 'cache-busy' });
    t.regex(error?.message ?? '', new RegExp(`process ${process.pid}\\b`));
  });
  t.is(await withCache(realHost, cache, () => Promise.resolve('done')), 'done');
  t.deepEqual(await files.list(cache), []);
});

test('of several at the same moment exactly one works', async (t) => {
  const cache = await folder(t);
  const [gate, decided] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let [working, refused] = [0, 0];
  const count = () => {
    if (working + refused === 5) decided.resolve();
  };
  const builds = [1, 2, 3, 4, 5].map(() =>
    withCache(realHost, cache, () => {
      working += 1;
      count();
      return gate.promise;
    }).catch(() => {
      refused += 1;
      count();
    }),
  );
  // Nobody gives the lock back before each of them has asked for it.
  await decided.promise;
  t.deepEqual([working, refused], [1, 4]);
  gate.resolve();
  await Promise.all(builds);
});

test('the lock of a process that is gone is taken over', async (t) => {
  const cache = await folder(t);
  for (const owner of ['999999999@12', `${process.pid}@12`]) {
    await files.symlink(owner, `${cache}/.lock`);
    t.is(await withCache(realHost, cache, () => Promise.resolve(owner)), owner);
  }
});

test('half made stages of killed builds are removed, results are kept', async (t) => {
  const cache = await folder(t);
  for (const name of ['.partial-base', '.partial-rootfs-123', 'base-00000000000000000000'])
    await files.makeDir(`${cache}/${name}/deep`);
  await withCache(realHost, cache, () => Promise.resolve());
  t.deepEqual(await files.list(cache), ['base-00000000000000000000']);
});

test('a failing build gives the lock back', async (t) => {
  const cache = await folder(t);
  await t.throwsAsync(
    withCache(realHost, cache, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.deepEqual(await files.list(cache), []);
});

const room = test.macro({
  exec: async (t, present: readonly string[], free: number, refused: boolean) => {
    const cache = await folder(t);
    for (const name of present) await files.makeDir(`${cache}/${name}-00000000000000000000`);
    const host = hostWith({ files: { freeSpace: async () => free } });
    const built = withCache(host, cache, () => Promise.resolve('built'));
    if (!refused) return void t.is(await built, 'built');
    const error = await t.throwsAsync(built);
    t.like(error, { kind: 'refused', code: 'no-space' });
    t.regex(error?.message ?? '', new RegExp(`${cache} has ${free / 1e6} MB free; a build needs \\d+ MB`));
  },
  title: (_, present: readonly string[], free: number, refused: boolean) =>
    `${free / 1e6} MB free with ${present.join(' and ') || 'nothing'} there: ${refused ? 'refused' : 'enough'}`,
});
test(room, [], 2_400e6, true);
test(room, [], 2_600e6, false);
test(room, ['base'], 1_100e6, true);
test(room, ['base'], 1_300e6, false);
test(room, ['base', 'iso'], 400e6, true);
test(room, ['base', 'iso'], 600e6, false);

test('a cache folder that may not be written is refused', async (t) => {
  const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES' });
  const host = hostWith({ files: { makeDir: () => Promise.reject(denied) } });
  const error = await t.throwsAsync(withCache(host, '/x', () => Promise.resolve()));
  t.like(error, { kind: 'refused', code: 'folder-not-writable' });
});
