/** Remastering closes what it opens, however it ends; of one path, what is removed goes before what is added. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../src/iso/edit/digest-lists.ts';
import type { RemasterJob } from '../../../src/iso/job.ts';
import type { RemasterRequest } from '../../../src/iso/request.ts';
import { watchingOpen } from '../../fakes/opened.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { byXorriso, change, host, imageBy } from './edit-support.ts';

const image = (t: ExecutionContext) => imageBy(t, 'xorriso with a partition of its own');
const wrote = (t: ExecutionContext, content: string | Uint8Array): string => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, content);
  return path;
};
/** Content of this size is read where it lies, not kept in memory. */
const large = () => Buffer.alloc(3 * 2 ** 20, 'large');
const stops = () => Promise.reject(new Error('the pipe is closed'));

const closes = test.macro({
  title: (name) => `closed again: the image and what was put into it, ${name}`,
  exec: async (
    t,
    more: (folder: string) => Partial<RemasterJob>,
    fails: boolean,
    method?: RemasterRequest['method'],
  ) => {
    const watched = watchingOpen(host);
    const work = change(
      image(t),
      { add: [{ source: wrote(t, large()), path: 'large' }], ...(method === undefined ? {} : { method }) },
      { on: watched.host, ...more(temporaryFolder(t)) },
    );
    if (fails) await t.throwsAsync(work);
    else await work;
    t.true(watched.count() > 1);
    t.deepEqual(watched.open, []);
  },
});
test('in place', closes, () => ({}), false);
test('in a new file', closes, (folder) => ({ output: join(folder, 'new.iso') }), false);
test('to a pipe', closes, () => ({ output: { sink: () => Promise.resolve() } }), false);
test('to a pipe that breaks', closes, () => ({ output: { sink: stops } }), true);
test('rebuilt, to a pipe', closes, () => ({ output: { sink: () => Promise.resolve() } }), false, 'rebuild');
test('rebuilt, to a pipe that breaks', closes, () => ({ output: { sink: stops } }), true, 'rebuild');

test('digests of content that lies in a file: the right one, and the file is closed; also when reading fails', async (t) => {
  const path = wrote(t, large());
  const watched = watchingOpen(host);
  const content = { kind: 'file', path, size: 3 * 2 ** 20 } as const;
  t.is(
    await digestOf(watched.host, content, 'sha256'),
    await digestOf(host, { kind: 'bytes', bytes: large() }, 'sha256'),
  );
  t.is(watched.count(), 1);
  t.deepEqual(watched.open, []);
  const broken = {
    ...watched.host,
    files: {
      ...watched.host.files,
      open: async (...asked: Parameters<typeof watched.host.files.open>) => ({
        ...(await watched.host.files.open(...asked)),
        read: () => Promise.reject(new Error('EIO')),
      }),
    },
  };
  await t.throwsAsync(digestOf(broken, content, 'sha256'), { message: 'EIO' });
  t.deepEqual(watched.open, []);
});

test('a path that is removed and added has the new content', async (t) => {
  const iso = image(t);
  await change(iso, { remove: ['vmlinuz'], add: [{ source: wrote(t, 'other kernel'), path: 'vmlinuz' }] });
  t.is(byXorriso(t, iso, 'vmlinuz').toString(), 'other kernel');
});

test('a configuration and a file added to its place: the configuration of its own option stays', async (t) => {
  const iso = image(t);
  const path = 'bos/system/config.yaml';
  await change(iso, {
    add: [{ source: wrote(t, 'hostname: added\n'), path }],
    config: wrote(t, 'hostname: asked\n'),
  });
  t.is(byXorriso(t, iso, path).toString(), 'hostname: asked\n');
});
