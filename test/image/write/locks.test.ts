/** Writing an image beside others: one process a disk, and none while an installation runs. */
import test from 'ava';
import { type PreparedWrite, writeImageTo } from '../../../src/image/write/write.ts';
import { oneInstallation } from '../../../src/install/leftovers.ts';
import type { Event } from '../../../src/plan/events.ts';
import { fakeHost } from '../../fakes/host.ts';

const request = { image: '/disk.img' } as Parameters<typeof writeImageTo>[1];
const prepared = (path: string) =>
  ({
    plan: { v: 1, operation: 'image-write', target: path, steps: [] },
    disk: { path },
  }) as unknown as PreparedWrite;
const { signal } = new AbortController();

test('while an installation runs nothing begins', async (t) => {
  const host = fakeHost();
  const own = await host.processes.identify(host.system.pid);
  await host.files.symlink(own ?? '', oneInstallation.path);
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  await t.throwsAsync(writeImageTo(host, request, prepared('/dev/sdb'), { emit, signal }), {
    code: 'install-running',
  });
  t.deepEqual(events, []);
  t.deepEqual(host.tree('/run/bos'), { [oneInstallation.path.slice('/run/bos/'.length)]: `-> ${own}` });
});

test('a second process is refused the same disk, and not another one', async (t) => {
  const host = fakeHost();
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  const write = (path: string) => writeImageTo(host, request, prepared(path), { emit, signal });
  await write('/dev/sdb');
  t.deepEqual(host.tree('/run/bos'), {}, 'nothing is left');
  const lock = host.effects.findLast(({ kind }) => kind === 'symlink')?.path ?? '';
  t.regex(lock, /^\/run\/bos\/.*sdb/);
  await host.files.symlink((await host.processes.identify(host.system.pid)) ?? '', lock);
  events.length = 0;
  await t.throwsAsync(write('/dev/sdb'), { code: 'write-running' });
  t.deepEqual(events, []);
  await write('/dev/sdc');
  t.true(events.length > 0);
});
